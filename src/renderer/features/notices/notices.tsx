import { useEffect } from 'react'
import type { CommandInput } from '../../../shared/domain/commands.ts'
import type { SlotOutage } from '../../../shared/ipc/desk-view.ts'
import { kill, reloadFiles, rollBack } from '../../data/actions.ts'
import { useDesk, useDeskModel, useUi } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { sentence, shortLabel } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'

/** How long the outcome of a successful command is shown. */
const SHOWN_MS = 8_000

function Undo({ command }: { command: CommandInput }) {
  const model = useDeskModel()
  return (
    <Button small onClick={() => void model.command(command)} testId="undo">
      Undo
    </Button>
  )
}

/** Outcome of the last command; a refusal or failure stays until it is dismissed. */
function CommandOutcome() {
  const model = useDeskModel()
  const toast = useUi((state) => state.toast)
  useEffect(() => {
    if (toast === null || toast.tone !== 'done') return
    const timer = window.setTimeout(() => model.ui.setState({ toast: null }), SHOWN_MS)
    return () => window.clearTimeout(timer)
  }, [toast, model])
  return (
    <output className={`answer ${toast?.tone ?? ''}`} data-testid="answer">
      {toast === null ? null : (
        <>
          <Icon name={toast.tone === 'done' ? 'check' : 'warn'} />
          <span className="answer-text" title={toast.text}>
            {toast.text}
          </span>
          {toast.undo === undefined ? null : <Undo command={toast.undo} />}
          <button
            type="button"
            className="icon-button"
            aria-label="Dismiss"
            onClick={() => model.ui.setState({ toast: null })}
          >
            <Icon name="cross" />
          </button>
        </>
      )}
    </output>
  )
}

/** The first alert and the number of alerts; the tooltip has all of them. */
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

/** Alerts, why trading is paused, which data is simulated or estimated, and the outcome of the last command. */
export function Notices() {
  const notices = useDesk((state) => state.status?.notices)
  const trading = useDesk((state) => state.status?.trading)
  const reason = useDesk((state) => state.status?.tradingReason)
  const pausedByHold = useDesk((state) => state.status?.pausedByHold)
  const alerts = useDesk((state) => state.status?.alerts)
  const balanced = useDesk((state) => state.status === null || state.status.ledgerBalanced)
  const text = (notices ?? []).join(' · ')
  return (
    <div className="notices" data-testid="notices">
      <Alerts alerts={alerts ?? []} />
      {trading === 'paused' && pausedByHold !== true ? (
        <span className="attention">
          Paused: {reason ?? 'no reason given'}. No new entries; open positions are managed.
        </span>
      ) : null}
      {balanced ? null : <span className="down">The ledger does not balance. Kill the desk and run baton audit.</span>}
      <span className="notices-text" title={text}>
        {text}
      </span>
      <CommandOutcome />
    </div>
  )
}

export function KilledBand() {
  const model = useDeskModel()
  const killed = useDesk((state) => state.status?.trading === 'killed')
  const reason = useDesk((state) => state.status?.tradingReason)
  const open = useDesk((state) => state.slotIds.filter((id) => state.slots[id]?.position != null).length)
  if (!killed) return null
  return (
    <div className="killed-band" role="alert" data-testid="killed-band">
      <strong>KILLED</strong>
      <span className="band-text">
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

function Outage({ outage }: { outage: SlotOutage }) {
  const model = useDeskModel()
  const { kind, strategy, slots, reason, place } = outage
  const before = useDesk((state) => state.versions.find((row) => row.strategy === strategy && row.isBefore))
  return (
    <div className="outage-band" role="alert" data-testid="outage">
      <Icon name="warn" />
      <strong title={slots.join(', ')}>
        {slots.length === 1 ? slots[0] : `${slots.length} slots`} {kind === 'faulted' ? 'faulted' : 'not traded'}
      </strong>
      <span className="band-text" title={reason}>
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

/** Slots in which no version decides, with the reason and a remedy. */
export function OutageBands() {
  const outages = useDesk((state) => state.status?.outages)
  return (outages ?? [])
    .filter(({ kind }) => kind !== 'no-prices')
    .map((outage) => <Outage key={`${outage.kind} ${outage.strategy}`} outage={outage} />)
}
