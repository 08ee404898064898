import type { ReactNode } from 'react'
import { Group, Panel, Separator, useDefaultLayout } from 'react-resizable-panels'

export interface SplitPart {
  readonly id: string
  readonly size: string
  readonly min: string
  readonly content: ReactNode
}

/** The library also uses the id as a test id; the prefix keeps it distinct from the test ids of the panels. */
function panelId(id: string): string {
  return `part-${id}`
}

/** Resizable panels side by side or above each other; sizes are stored under `id`. */
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
