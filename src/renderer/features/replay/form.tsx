import { type KeyboardEvent, type ReactNode, useId, useMemo } from 'react'
import type { TapeEntry } from '../../../shared/domain/replays.ts'
import { useChart, useDesk, useDeskModel, useReplay } from '../../data/hooks.ts'
import type { ReplayField } from '../../data/replay-form.ts'
import { Button } from '../../ui/button.tsx'
import { span, stretch } from '../../ui/format.ts'

function FormRow(props: { label: string; field: ReplayField; children: (id: string, invalid: boolean) => ReactNode }) {
  const id = useId()
  const invalid = useReplay((state) => state.problem?.field === props.field)
  return (
    <div className="form-row">
      <label htmlFor={id}>{props.label}</label>
      {props.children(id, invalid)}
    </div>
  )
}

function useStrategies(): readonly string[] {
  const versions = useDesk((state) => state.versions)
  const deployments = useDesk((state) => state.deployments)
  const slots = useDesk((state) => state.slots)
  return useMemo(() => {
    const assigned = Object.values(slots).flatMap((row) => row.strategy ?? [])
    return [...new Set([...versions, ...deployments].map((row) => row.strategy).concat(assigned))].sort()
  }, [versions, deployments, slots])
}

/** The strategy in the form, else the one of the slot on the chart, else the first. */
function useDefaultStrategy(strategies: readonly string[]): string | null {
  const chosen = useReplay((state) => state.form.strategy)
  const slot = useChart((state) => state.slot)
  const own = useDesk((state) => (slot === null ? null : (state.slots[slot]?.strategy ?? null)))
  return chosen ?? own ?? strategies[0] ?? null
}

function TapeSpan({ tape }: { tape: TapeEntry | undefined }) {
  if (tape === undefined) return <p className="form-hint">No tape.</p>
  const text = span(tape.from, tape.to)
  const length = stretch(tape.to - tape.from)
  return (
    <p
      className="form-hint"
      title={`${length}, ${text} UTC${tape.notices.length === 0 ? '' : `. ${tape.notices.join(' ')}`}`}
    >
      {text}
    </p>
  )
}

function StrategyField({ strategies, value }: { strategies: readonly string[]; value: string | null }) {
  const { replayActions } = useDeskModel()
  return (
    <FormRow label="Strategy" field="strategy">
      {(id, invalid) => (
        <select
          id={id}
          value={value ?? ''}
          aria-invalid={invalid}
          onChange={(event) => replayActions.edit({ strategy: event.target.value })}
        >
          {strategies.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
    </FormRow>
  )
}

function TapeField() {
  const { replayActions } = useDeskModel()
  const chosen = useReplay((state) => state.form.tape)
  const tapes = useReplay((state) => state.tapes)
  return (
    <FormRow label="Tape" field="tape">
      {(id, invalid) => (
        <select
          id={id}
          value={chosen ?? ''}
          aria-invalid={invalid}
          disabled={(tapes?.length ?? 0) === 0}
          onChange={(event) => replayActions.edit({ tape: event.target.value })}
        >
          {tapes === null || tapes.length === 0 ? (
            <option value="">{tapes === null ? 'loading…' : 'no tape yet'}</option>
          ) : null}
          {tapes?.map((entry) => (
            <option key={entry.id} value={entry.id} title={span(entry.from, entry.to)}>
              {entry.title}
            </option>
          ))}
        </select>
      )}
    </FormRow>
  )
}

function SlotsField() {
  const { replayActions } = useDeskModel()
  const value = useReplay((state) => state.form.slots)
  const slot = useChart((state) => state.slot)
  return (
    <FormRow label="Slots" field="slots">
      {(id, invalid) => (
        <select
          id={id}
          value={value}
          aria-invalid={invalid}
          onChange={(event) => replayActions.edit({ slots: event.target.value === 'one' ? 'one' : 'all' })}
        >
          <option value="all">all slots of the tape</option>
          <option value="one">only {slot ?? 'the chosen one'}</option>
        </select>
      )}
    </FormRow>
  )
}

function HoursField() {
  const { replayActions } = useDeskModel()
  const value = useReplay((state) => state.form.hours)
  return (
    <FormRow label="Hours" field="hours">
      {(id, invalid) => (
        <input
          id={id}
          className="figure"
          inputMode="decimal"
          value={value}
          placeholder="all, or newest N"
          autoComplete="off"
          aria-invalid={invalid}
          onChange={(event) => replayActions.edit({ hours: event.target.value })}
        />
      )}
    </FormRow>
  )
}

function ParamsField() {
  const { replayActions } = useDeskModel()
  const value = useReplay((state) => state.form.params)
  return (
    <FormRow label="Params" field="params">
      {(id, invalid) => (
        <textarea
          id={id}
          className="mono"
          rows={2}
          value={value}
          placeholder={'as in the file\nor {"minEdge": 1}'}
          spellCheck={false}
          aria-invalid={invalid}
          onChange={(event) => replayActions.edit({ params: event.target.value })}
        />
      )}
    </FormRow>
  )
}

/** Starts a replay, or cancels the running one. */
function RunButton({ running, disabled, onRun }: { running: string | null; disabled: boolean; onRun: () => void }) {
  const { replayActions } = useDeskModel()
  const starting = useReplay((state) => state.starting)
  const cancelling = useReplay((state) => state.cancelling !== null)
  return running === null ? (
    <Button small tone="primary" keys="Ctrl Enter" disabled={starting || disabled} onClick={onRun}>
      {starting ? 'Starting…' : 'Run'}
    </Button>
  ) : (
    <Button small keys="Ctrl ." disabled={cancelling} onClick={() => void replayActions.cancel(running)}>
      {cancelling ? 'Cancelling…' : 'Cancel'}
    </Button>
  )
}

/**
 * Form for a replay of a strategy's current files on a tape.
 * @param running id of the running replay
 */
export function ReplayForm({ running }: { running: string | null }) {
  const { replayActions } = useDeskModel()
  const form = useReplay((state) => state.form)
  const problem = useReplay((state) => state.problem)
  const tape = useReplay((state) => state.tapes?.find((entry) => entry.id === state.form.tape))
  const strategies = useStrategies()
  const strategy = useDefaultStrategy(strategies)

  const start = (): void => {
    if (form.strategy === null) replayActions.edit({ strategy })
    void replayActions.start()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!event.ctrlKey && !event.metaKey) return
    if (event.key === 'Enter' && !event.shiftKey && running === null) start()
    else if (event.key === '.' && running !== null) void replayActions.cancel(running)
    else return
    event.preventDefault()
  }

  return (
    <form
      className="replay-form"
      aria-label="New replay"
      onSubmit={(event) => event.preventDefault()}
      onKeyDown={onKeyDown}
      data-testid="replay-form"
    >
      <StrategyField strategies={strategies} value={strategy} />
      <TapeField />
      <TapeSpan tape={tape} />
      <SlotsField />
      <HoursField />
      <ParamsField />
      <div className="form-actions">
        <RunButton running={running} disabled={tape === undefined} onRun={start} />
      </div>
      <p className="form-problem down" role="alert">
        {problem?.text ?? ''}
      </p>
    </form>
  )
}
