import type { ReactNode } from 'react'
import { Group, Panel, Separator, useDefaultLayout } from 'react-resizable-panels'

export interface SplitPart {
  readonly id: string
  readonly size: string
  readonly min: string
  readonly content: ReactNode
}

/** The library makes an id a test id too; these keep clear of the desk's own. */
function panelId(id: string): string {
  return `part-${id}`
}

/** Panels side by side or one above the other; sizes are remembered under `id`. */
export function Split(props: { id: string; direction: 'horizontal' | 'vertical'; parts: readonly SplitPart[] }) {
  const layout = useDefaultLayout({
    id: `baton.${props.id}`,
    panelIds: props.parts.map((part) => panelId(part.id)),
    storage: window.localStorage,
  })
  return (
    <Group
      id={`split-${props.id}`}
      orientation={props.direction}
      defaultLayout={layout.defaultLayout}
      onLayoutChanged={layout.onLayoutChanged}
      className="split"
    >
      {props.parts.flatMap((part, index) => [
        ...(index === 0
          ? []
          : [<Separator key={`before-${part.id}`} className="separator" aria-label={`Resize ${part.id}`} />]),
        <Panel key={part.id} id={panelId(part.id)} defaultSize={part.size} minSize={part.min} className="split-part">
          {part.content}
        </Panel>,
      ])}
    </Group>
  )
}
