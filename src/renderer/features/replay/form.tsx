import { type KeyboardEvent, type ReactNode, useId, useMemo } from 'react'
import type { TapeEntry } from '../../../shared/domain/replays.ts'
import { useChart, useDesk, useReplay, useDeskModel } from '../../data/hooks.ts'
import type { ReplayField } from '../../data/replay-form.ts'
import { Button } from '../../ui/button.tsx'
import { span, stretch } from '../../ui/format.ts'

function Row(props: { label: string; field: ReplayField; children: (id: string, invalid: boolean) => ReactNode }) {
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

function About({ tape }: { tape: TapeEntry | undefined }) {
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

/** What is to be replayed: a strategy's files as they are now, on a tape. */
export function ReplayForm({ running }: { running: string | null }) {
  const model = useDeskModel()
  const { replayActions } = model
  const form = useReplay((state) => state.form)
  const tapes = useReplay((state) => state.tapes)
  const problem = useReplay((state) => state.problem)
  const starting = useReplay((state) => state.starting)
  const cancelling = useReplay((state) => state.cancelling !== null)
  const slot = useChart((state) => state.slot)
  const strategies = useStrategies()
  const strategy = useDefaultStrategy(strategies)
  const tape = tapes?.find((entry) => entry.id === form.tape)

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
      <Row label="Strategy" field="strategy">
        {(id, invalid) => (
          <select
            id={id}
            value={strategy ?? ''}
            aria-invalid={invalid}
            onChange={(event) => replayActions.edit({ strategy: event.target.value })}
          >
            {strategies.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </Row>
      <Row label="Tape" field="tape">
        {(id, invalid) => (
          <select
            id={id}
            value={form.tape ?? ''}
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
      </Row>
      <About tape={tape} />
      <Row label="Slots" field="slots">
        {(id, invalid) => (
          <select
            id={id}
            value={form.slots}
            aria-invalid={invalid}
            onChange={(event) => replayActions.edit({ slots: event.target.value === 'one' ? 'one' : 'all' })}
          >
            <option value="all">all of its slots</option>
            <option value="one">only {slot ?? 'the chosen one'}</option>
          </select>
        )}
      </Row>
      <Row label="Hours" field="hours">
        {(id, invalid) => (
          <input
            id={id}
            className="figure"
            inputMode="decimal"
            value={form.hours}
            placeholder="all, or newest N"
            autoComplete="off"
            aria-invalid={invalid}
            onChange={(event) => replayActions.edit({ hours: event.target.value })}
          />
        )}
      </Row>
      <Row label="Params" field="params">
        {(id, invalid) => (
          <textarea
            id={id}
            className="mono"
            rows={2}
            value={form.params}
            placeholder={'as in the file\nor {"minEdge": 1}'}
            spellCheck={false}
            aria-invalid={invalid}
            onChange={(event) => replayActions.edit({ params: event.target.value })}
          />
        )}
      </Row>
      <div className="form-actions">
        {running === null ? (
          <Button small tone="primary" keys="Ctrl Enter" disabled={starting || tape === undefined} onClick={start}>
            {starting ? 'Starting…' : 'Run'}
          </Button>
        ) : (
          <Button small keys="Ctrl ." disabled={cancelling} onClick={() => void replayActions.cancel(running)}>
            {cancelling ? 'Cancelling…' : 'Cancel'}
          </Button>
        )}
      </div>
      <p className="form-problem down" role="alert">
        {problem?.text ?? ''}
      </p>
    </form>
  )
}
