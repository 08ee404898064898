import { Tabs } from 'radix-ui'
import type { ReactNode } from 'react'
import { useDesk, useReplay, useDeskModel, useShownDeployment, useUi } from '../../data/hooks.ts'
import { TABS, type Tab } from '../../data/ui-store.ts'
import { count, progress } from '../../ui/format.ts'

const NAMES: Readonly<Record<Tab, string>> = {
  editor: 'Editor',
  replay: 'Replay',
  positions: 'Positions',
  orders: 'Orders',
  trades: 'Trades',
  attribution: 'Attribution',
  log: 'Log',
  differences: 'Differences',
}

/** Tabs below the chart. The editor stays alive behind the others, so that nothing typed is lost. */
export function Workbench({ content, aside }: { content: Readonly<Record<Tab, ReactNode>>; aside: ReactNode }) {
  const model = useDeskModel()
  const tab = useUi((state) => state.tab)
  const held = useDesk((state) =>
    state.slotIds.reduce((sum, id) => {
      const row = state.slots[id]
      return sum + (row?.awaiting.length ?? 0) + (row?.position == null ? 0 : 1)
    }, 0),
  )
  const open = useDesk((state) => state.slotIds.reduce((sum, id) => sum + (state.slots[id]?.openOrders ?? 0), 0))
  const differ = useShownDeployment()?.proof?.differences ?? 0
  const replayed = useReplay((state) => state.runs.find((run) => run.state === 'running')?.progress ?? null)
  const notes: Readonly<Partial<Record<Tab, string>>> = {
    ...(replayed === null ? {} : { replay: progress(replayed) }),
    ...(held === 0 ? {} : { positions: count(held) }),
    ...(open === 0 ? {} : { orders: count(open) }),
    ...(differ === 0 ? {} : { differences: count(differ) }),
  }
  return (
    <Tabs.Root
      className="workbench"
      value={tab}
      onValueChange={(value) => {
        const next = TABS.find((name) => name === value)
        if (next !== undefined) model.ui.setState({ tab: next })
      }}
      data-testid="workbench"
    >
      <div className="tab-bar">
        <Tabs.List className="tabs" aria-label="Workbench">
          {TABS.map((name, index) =>
            // Last, so that its coming and going moves no other tab.
            name === 'differences' && differ === 0 && tab !== name ? null : (
              <Tabs.Trigger key={name} value={name} className="tab" aria-keyshortcuts={`Alt+${index + 1}`}>
                {NAMES[name]}
                {notes[name] === undefined ? null : <span className="tab-count figure">{notes[name]}</span>}
              </Tabs.Trigger>
            ),
          )}
        </Tabs.List>
        <div className="tab-aside">{aside}</div>
      </div>
      {TABS.map((name) => (
        <Tabs.Content
          key={name}
          value={name}
          className="tab-content"
          forceMount={name === 'editor' ? true : undefined}
          tabIndex={-1}
        >
          {content[name]}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  )
}
