import { useEffect } from 'react'
import { kill } from '../../data/actions.ts'
import { useDesk, useSession, useUi } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { sentence } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'

const SHOWN_MS = 8_000

/** Answer of the desk to the last command; a refusal stays until it is dismissed. */
function Answer() {
  const session = useSession()
  const notice = useUi((state) => state.notice)
  useEffect(() => {
    if (notice === null || notice.tone !== 'done') return
    const timer = window.setTimeout(() => session.ui.setState({ notice: null }), SHOWN_MS)
    return () => window.clearTimeout(timer)
  }, [notice, session])
  return (
    <output className={`answer ${notice?.tone ?? ''}`} data-testid="answer">
      {notice === null ? null : (
        <>
          <Icon name={notice.tone === 'done' ? 'check' : 'warn'} />
          <span className="answer-text">{notice.text}</span>
          <button
            type="button"
            className="quiet"
            aria-label="Dismiss"
            onClick={() => session.ui.setState({ notice: null })}
          >
            <Icon name="cross" />
          </button>
        </>
      )}
    </output>
  )
}

/** What must stay in sight: which figures are simulated or estimated, and why trading stands still. */
export function Notices() {
  const notices = useDesk((state) => state.status?.notices)
  const trading = useDesk((state) => state.status?.trading)
  const reason = useDesk((state) => state.status?.tradingReason)
  const connected = useDesk((state) => state.status === null || state.status.feedConnected)
  const balanced = useDesk((state) => state.status === null || state.status.ledgerBalanced)
  const text = (notices ?? []).join(' · ')
  return (
    <div className="notices" data-testid="notices">
      {trading === 'paused' ? (
        <span className="attention">
          Paused: {reason ?? 'no reason given'}. No new entries; open positions are managed.
        </span>
      ) : null}
      {connected ? null : <span className="attention">Feed not connected: no entries until prices arrive again.</span>}
      {balanced ? null : <span className="down">The ledger does not balance. Kill, and run baton audit.</span>}
      <span className="notices-text" title={text}>
        {text}
      </span>
      <Answer />
    </div>
  )
}

/** Unmistakable while the desk is killed, on every screen. */
export function KilledBand() {
  const session = useSession()
  const killed = useDesk((state) => state.status?.trading === 'killed')
  const reason = useDesk((state) => state.status?.tradingReason)
  const open = useDesk((state) => state.slotIds.filter((id) => state.slots[id]?.position != null).length)
  if (!killed) return null
  return (
    <div className="killed-band" role="alert" data-testid="killed-band">
      <strong>KILLED</strong>
      <span className="killed-text">
        No order leaves this desk. {reason === null || reason === undefined ? '' : `${sentence(reason)}. `}
        {open === 0
          ? 'No position is open.'
          : `${open} ${open === 1 ? 'position is' : 'positions are'} held to settlement.`}
      </span>
      {open === 0 ? null : (
        <Button small onClick={() => kill(session, 'flatten')}>
          Flatten positions
        </Button>
      )}
      <span>Re-arm at the top right.</span>
    </div>
  )
}
