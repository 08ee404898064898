import { useEffect } from 'react'
import type { CommandInput } from '../../../shared/domain/commands.ts'
import type { SlotOutage } from '../../../shared/ipc/desk-view.ts'
import { kill, reloadFiles, rollBack } from '../../data/actions.ts'
import { useDesk, useDeskModel, useUi } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { sentence, shortLabel } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'

const SHOWN_MS = 8_000

function Undo({ command }: { command: CommandInput }) {
  const model = useDeskModel()
  return (
    <Button small onClick={() => void model.command(command)} testId="undo">
      Undo
    </Button>
  )
}

/** Answer of the desk to the last command; a refusal stays until it is dismissed. */
function Answer() {
  const model = useDeskModel()
  const notice = useUi((state) => state.notice)
  useEffect(() => {
    if (notice === null || notice.tone !== 'done') return
    const timer = window.setTimeout(() => model.ui.setState({ notice: null }), SHOWN_MS)
    return () => window.clearTimeout(timer)
  }, [notice, model])
  return (
    <output className={`answer ${notice?.tone ?? ''}`} data-testid="answer">
      {notice === null ? null : (
        <>
          <Icon name={notice.tone === 'done' ? 'check' : 'warn'} />
          <span className="answer-text" title={notice.text}>
            {notice.text}
          </span>
          {notice.undo === undefined ? null : <Undo command={notice.undo} />}
          <button
            type="button"
            className="quiet"
            aria-label="Dismiss"
            onClick={() => model.ui.setState({ notice: null })}
          >
            <Icon name="cross" />
          </button>
        </>
      )}
    </output>
  )
}

/** The gravest of what is wrong now, and how many more there are; all of it on hover. */
function Alerts({ alerts }: { alerts: readonly string[] }) {
  const [first] = alerts
  if (first === undefined) return null
  return (
    <span className="attention alert-text" role="alert" data-testid="alerts" title={alerts.join('\n')}>
      {alerts.length === 1 ? '' : `1 of ${alerts.length}: `}
      {sentence(first)}
    </span>
  )
}

/** True where the desk holds entries by itself: the alert says so already. */
function isHeld(alerts: readonly string[], reason: string | null): boolean {
  return reason !== null && alerts.some((alert) => alert.endsWith(reason))
}

/** What must stay in sight: which figures are simulated or estimated, and why trading stands still. */
export function Notices() {
  const notices = useDesk((state) => state.status?.notices)
  const trading = useDesk((state) => state.status?.trading)
  const reason = useDesk((state) => state.status?.tradingReason)
  const alerts = useDesk((state) => state.status?.alerts)
  const balanced = useDesk((state) => state.status === null || state.status.ledgerBalanced)
  const text = (notices ?? []).join(' · ')
  return (
    <div className="notices" data-testid="notices">
      <Alerts alerts={alerts ?? []} />
      {trading === 'paused' && !isHeld(alerts ?? [], reason ?? null) ? (
        <span className="attention">
          Paused: {reason ?? 'no reason given'}. No new entries; open positions are managed.
        </span>
      ) : null}
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
  const model = useDeskModel()
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
        <Button small onClick={() => kill(model, 'flatten')}>
          Flatten positions
        </Button>
      )}
      <span>Re-arm at the top right.</span>
    </div>
  )
}

/** Where in the sources a fault came from, as its message says it. */
function placeOf(reason: string): { readonly file: string; readonly line: number; readonly column: number } | null {
  const found = /(\S+\.ts):(\d+):(\d+)/.exec(reason)
  return found === null ? null : { file: found[1] ?? '', line: Number(found[2]), column: Number(found[3]) }
}

function Outage({ outage }: { outage: SlotOutage }) {
  const model = useDeskModel()
  const { kind, strategy, slots, reason } = outage
  const before = useDesk((state) => state.versions.find((row) => row.strategy === strategy && row.isBefore))
  const place = placeOf(reason)
  return (
    <div className="outage-band" role="alert" data-testid="outage">
      <Icon name="warn" />
      <strong title={slots.join(', ')}>
        {slots.length === 1 ? slots[0] : `${slots.length} slots`} {kind === 'faulted' ? 'faulted' : 'not traded'}
      </strong>
      <span className="killed-text" title={reason}>
        {sentence(reason)}
      </span>
      {place === null ? null : (
        <Button
          small
          onClick={() => {
            model.ui.setState({ tab: 'editor', compare: null })
            model.fileActions.open(place.file, { line: place.line, column: place.column })
          }}
        >
          Open {place.file}:{place.line}
        </Button>
      )}
      {kind !== 'faulted' || strategy === null || before === undefined ? null : (
        <Button small onClick={() => rollBack(model, strategy, before.hash)}>
          Roll back to {shortLabel(before)}
        </Button>
      )}
      {kind !== 'no-version' || strategy === null ? null : (
        <Button small onClick={() => reloadFiles(model, strategy)}>
          Try again
        </Button>
      )}
    </div>
  )
}

/** Slots in which nothing can be decided, why, and what can be done about it at once. */
export function OutageBands() {
  const outages = useDesk((state) => state.status?.outages)
  return (outages ?? [])
    .filter(({ kind }) => kind !== 'no-prices')
    .map((outage) => <Outage key={`${outage.kind} ${outage.strategy}`} outage={outage} />)
}
