import type { ReactNode } from 'react'
import { Attribution } from './features/attribution/attribution.tsx'
import { ConnectingScreen, ConnectionBand } from './features/connection/connection.tsx'
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

const isolated = (name: string, content: ReactNode) => <Boundary name={name}>{content}</Boundary>

const TAB_CONTENT = {
  editor: isolated('The editor', <Editor />),
  replay: isolated('The replay', <Replay />),
  positions: <Positions />,
  orders: <Orders />,
  trades: <Trades />,
  attribution: isolated('Attribution', <Attribution />),
  log: <Log />,
  differences: isolated('The differences', <Differences />),
}

function MiddleColumn() {
  return (
    <Split
      id="center"
      direction="vertical"
      parts={[
        { id: 'chart', size: '56%', min: '160px', content: isolated('The market', <Market />) },
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

function RightColumn() {
  return (
    <Split
      id="right"
      direction="vertical"
      parts={[
        { id: 'deployments', size: '50%', min: '120px', content: isolated('Deployments', <Deployments />) },
        { id: 'versions', size: '28%', min: '90px', content: isolated('Versions', <Versions />) },
        { id: 'profit', size: '22%', min: '90px', content: isolated('Profit', <Profit />) },
      ]}
    />
  )
}

/** The window: state and controls at the top, slots left, market and workbench in the middle, versions right. */
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
            { id: 'slots', size: '268px', min: '252px', content: isolated('Slots', <Slots />) },
            { id: 'middle', size: '54%', min: '480px', content: <MiddleColumn /> },
            { id: 'side', size: '332px', min: '308px', content: <RightColumn /> },
          ]}
        />
      </main>
      <ConnectingScreen />
      <Palette />
      <Dialogs />
    </TooltipProvider>
  )
}
