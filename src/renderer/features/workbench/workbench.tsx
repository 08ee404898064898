import { Tabs } from 'radix-ui'
import type { ReactNode } from 'react'
import { useDesk, useDeskModel, useReplay, useShownDeployment, useUi } from '../../data/hooks.ts'
import { TABS, type Tab } from '../../data/ui-store.ts'
import { count, progress } from '../../ui/format.ts'

const TAB_NAMES: Readonly<Record<Tab, string>> = {
  editor: 'Editor',
  replay: 'Replay',
  positions: 'Positions',
  orders: 'Orders',
  trades: 'Trades',
  attribution: 'Attribution',
  log: 'Log',
  differences: 'Differences',
}

/** Tabs below the chart. The editor stays mounted while another tab is shown, so that no text is lost. */
export function Workbench({ content, aside }: { content: Readonly<Record<Tab, ReactNode>>; aside: ReactNode }) {
  const model = useDeskModel()
  const tab = useUi((state) => state.tab)
  const positions = useDesk((state) =>
    state.slotIds.reduce((sum, id) => {
      const row = state.slots[id]
      return sum + (row?.awaiting.length ?? 0) + (row?.position == null ? 0 : 1)
    }, 0),
  )
  const openOrders = useDesk((state) => state.slotIds.reduce((sum, id) => sum + (state.slots[id]?.openOrders ?? 0), 0))
  const differences = useShownDeployment()?.proof?.differences ?? 0
  const replayProgress = useReplay((state) => state.runs.find((run) => run.state === 'running')?.progress ?? null)
  const notes: Readonly<Partial<Record<Tab, string>>> = {
    ...(replayProgress === null ? {} : { replay: progress(replayProgress) }),
    ...(positions === 0 ? {} : { positions: count(positions) }),
    ...(openOrders === 0 ? {} : { orders: count(openOrders) }),
    ...(differences === 0 ? {} : { differences: count(differences) }),
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
            // It is the last tab, so that showing and hiding it moves no other.
            name === 'differences' && differences === 0 && tab !== name ? null : (
              <Tabs.Trigger key={name} value={name} className="tab" aria-keyshortcuts={`Alt+${index + 1}`}>
                {TAB_NAMES[name]}
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
