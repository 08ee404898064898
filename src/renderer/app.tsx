import type { ReactNode } from 'react'
import { Attribution } from './features/attribution/attribution.tsx'
import { ConnectionBand, ConnectingScreen } from './features/connection/connection.tsx'
import { Deployments } from './features/deployments/deployments.tsx'
import { Dialogs } from './features/dialogs/dialogs.tsx'
import { Differences } from './features/differences/differences.tsx'
import { Editor, EditorStatus } from './features/editor/editor.tsx'
import { Keys } from './features/keys/keys.tsx'
import { Market } from './features/market/market.tsx'
import { KilledBand, Notices, OutageBands } from './features/notices/notices.tsx'
import { Palette } from './features/palette/palette.tsx'
import { Profit } from './features/profit/profit.tsx'
import { Replay } from './features/replay/replay.tsx'
import { Slots } from './features/slots/slots.tsx'
import { Log } from './features/tables/log.tsx'
import { Orders } from './features/tables/orders.tsx'
import { Positions } from './features/tables/positions.tsx'
import { Trades } from './features/tables/trades.tsx'
import { TopBar } from './features/top-bar/top-bar.tsx'
import { Versions } from './features/versions/versions.tsx'
import { Workbench } from './features/workbench/workbench.tsx'
import { Boundary } from './ui/boundary.tsx'
import { Split } from './ui/split.tsx'
import { TooltipProvider } from './ui/tooltip.tsx'

const part = (what: string, content: ReactNode) => <Boundary what={what}>{content}</Boundary>

const TAB_CONTENT = {
  editor: part('The editor', <Editor />),
  replay: part('The replay', <Replay />),
  positions: <Positions />,
  orders: <Orders />,
  trades: <Trades />,
  attribution: part('Attribution', <Attribution />),
  log: <Log />,
  differences: part('The differences', <Differences />),
}

function Center() {
  return (
    <Split
      id="center"
      direction="vertical"
      parts={[
        { id: 'chart', size: '56%', min: '160px', content: part('The market', <Market />) },
        {
          id: 'workbench',
          size: '44%',
          min: '96px',
          content: <Workbench content={TAB_CONTENT} aside={<EditorStatus />} />,
        },
      ]}
    />
  )
}

function Right() {
  return (
    <Split
      id="right"
      direction="vertical"
      parts={[
        { id: 'deployments', size: '50%', min: '120px', content: part('Deployments', <Deployments />) },
        { id: 'versions', size: '28%', min: '90px', content: part('Versions', <Versions />) },
        { id: 'profit', size: '22%', min: '90px', content: part('Profit', <Profit />) },
      ]}
    />
  )
}

/** The desk: brakes and state above, slots left, market and workbench in the middle, versions right. */
export function App() {
  return (
    <TooltipProvider delayDuration={500}>
      <Keys />
      <TopBar />
      <KilledBand />
      <OutageBands />
      <ConnectionBand />
      <Notices />
      <main className="desk">
        <Split
          id="desk"
          direction="horizontal"
          parts={[
            { id: 'slots', size: '268px', min: '252px', content: part('Slots', <Slots />) },
            { id: 'middle', size: '54%', min: '480px', content: <Center /> },
            { id: 'side', size: '332px', min: '308px', content: <Right /> },
          ]}
        />
      </main>
      <ConnectingScreen />
      <Palette />
      <Dialogs />
    </TooltipProvider>
  )
}
