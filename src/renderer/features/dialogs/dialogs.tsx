import { type FormEvent, useId, useState } from 'react'
import type { SlotId } from '../../../shared/domain/slots.ts'
import { assignSlot, toggleSingleKeys } from '../../data/actions.ts'
import { useDesk, useDeskModel, useUi } from '../../data/hooks.ts'
import type { DialogRequest } from '../../data/ui-store.ts'
import { Dialog } from '../../ui/dialog.tsx'

function Field(props: {
  label: string
  value: string
  onChange: (value: string) => void
  placeholder?: string
  mono?: boolean
}) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      <input
        id={id}
        className={props.mono === true ? 'mono' : undefined}
        value={props.value}
        placeholder={props.placeholder}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </div>
  )
}

function Buttons({ action, disabled, onCancel }: { action: string; disabled: boolean; onCancel: () => void }) {
  return (
    <div className="dialog-buttons">
      <button type="button" className="button plain" onClick={onCancel}>
        Cancel
      </button>
      <button type="submit" className="button primary" disabled={disabled}>
        {action}
      </button>
    </div>
  )
}

function RearmForm({ onClose }: { onClose: () => void }) {
  const model = useDeskModel()
  const [word, setWord] = useState('')
  const [reason, setReason] = useState('')
  const ready = word === 'REARM' && reason.trim() !== ''
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!ready) return
    onClose()
    void model.command({ kind: 'rearm', confirm: 'REARM', reason: reason.trim() })
  }
  return (
    <form onSubmit={submit}>
      <Field label="Type REARM" value={word} onChange={setWord} placeholder="REARM" mono />
      <Field
        label="Reason"
        value={reason}
        onChange={setReason}
        placeholder="What was wrong, and why it is not any more"
      />
      <Buttons action="Re-arm" disabled={!ready} onCancel={onClose} />
    </form>
  )
}

function ReasonForm({ ask, onClose }: { ask: Extract<DialogRequest, { kind: 'reason' }>; onClose: () => void }) {
  const model = useDeskModel()
  const [reason, setReason] = useState('')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (reason.trim() === '') return
    onClose()
    void model.command(ask.command(reason.trim()))
  }
  return (
    <form onSubmit={submit}>
      <Field label="Reason" value={reason} onChange={setReason} />
      <Buttons action={ask.action} disabled={reason.trim() === ''} onCancel={onClose} />
    </form>
  )
}

/** Which slots, and how much of the stake: none chosen leaves the slots to the desk. */
function CanaryForm({ ask, onClose }: { ask: Extract<DialogRequest, { kind: 'canary' }>; onClose: () => void }) {
  const model = useDeskModel()
  const slots = useDesk((state) => state.slots)
  const ids = useDesk((state) => state.slotIds).filter((id) => slots[id]?.strategy === ask.strategy)
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [stake, setStake] = useState('100')
  const percent = Number(stake)
  const ready = percent > 0 && percent <= 100
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!ready) return
    onClose()
    const part = { as: 'canary', stakePercent: percent } as const
    void model.command(ask.command(chosen.length === 0 ? part : { ...part, slots: [...chosen] }))
  }
  return (
    <form onSubmit={submit}>
      <div className="field">
        <span className="dim">Slots{chosen.length === 0 ? ': the desk picks a part of them' : ''}</span>
        <fieldset className="filter wraps" aria-label="Slots">
          {ids.map((id) => (
            <button
              key={id}
              type="button"
              aria-pressed={chosen.includes(id)}
              onClick={() => setChosen(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id])}
            >
              {id}
            </button>
          ))}
        </fieldset>
      </div>
      <Field label="Percent of the stake" value={stake} onChange={setStake} mono />
      <Buttons action="Start canary" disabled={!ready} onCancel={onClose} />
    </form>
  )
}

/** Which slot a strategy gets; the desk deploys it there at once where nothing of it is live. */
function AssignForm({ strategy, onClose }: { strategy: string; onClose: () => void }) {
  const model = useDeskModel()
  const slots = useDesk((state) => state.slots)
  const ids = useDesk((state) => state.slotIds).filter(
    (id) => slots[id]?.strategy !== strategy && slots[id]?.status !== 'unlisted',
  )
  const [chosen, setChosen] = useState<SlotId | null>(null)
  const now = chosen === null ? null : (slots[chosen]?.strategy ?? null)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (chosen === null) return
    onClose()
    assignSlot(model, chosen, strategy)
  }
  return (
    <form onSubmit={submit}>
      <fieldset className="filter wraps dialog-choice" aria-label="Slot">
        {ids.map((id) => (
          <button key={id} type="button" aria-pressed={chosen === id} onClick={() => setChosen(id)}>
            {id}
          </button>
        ))}
      </fieldset>
      <p className="dim field" role="status">
        {chosen === null
          ? 'Choose a slot.'
          : now === null
            ? `${chosen} has no strategy now.`
            : `${chosen} is assigned to ${now} now; what ${now} has open there stays with it until it has settled.`}
      </p>
      <Buttons action={`Assign to ${strategy}`} disabled={chosen === null} onCancel={onClose} />
    </form>
  )
}

const TITLES = { rearm: 'Re-arm the desk', assign: 'Assign a slot' } as const
const EXPLAIN = {
  rearm: 'Orders may leave again, from the next cycle on. Positions that the desk holds stay with it to settlement.',
  assign: 'A strategy trades the slots that are assigned to it, each slot one strategy.',
} as const

function DialogForm({ ask, onClose }: { ask: DialogRequest; onClose: () => void }) {
  switch (ask.kind) {
    case 'rearm':
      return <RearmForm onClose={onClose} />
    case 'assign':
      return <AssignForm strategy={ask.strategy} onClose={onClose} />
    case 'canary':
      return <CanaryForm ask={ask} onClose={onClose} />
    case 'reason':
      return <ReasonForm ask={ask} onClose={onClose} />
  }
}

function SingleKeys() {
  const model = useDeskModel()
  const on = useUi((state) => state.singleKeys)
  return (
    <label className="check-field">
      <input type="checkbox" checked={on} onChange={() => toggleSingleKeys(model)} data-testid="single-keys" />
      Single keys: F freezes, P pauses, D lists differences, M changes the candles, where the top bar or the slots have
      the focus
    </label>
  )
}

function About({ onClose }: { onClose: () => void }) {
  const home = useDesk((state) => state.status?.homeFolder)
  return (
    <Dialog
      open
      onClose={onClose}
      title="Baton"
      testId="about"
      explain={
        <>
          <p>
            A trading desk whose bot never stops to take new code. {home === undefined ? '' : `Home folder: ${home}`}
          </p>
          <p>
            Charts: TradingView Lightweight Charts™, Copyright © 2025 TradingView, Inc., https://www.tradingview.com,
            Apache License 2.0. Editor: Monaco, MIT. Fonts: Inter and JetBrains Mono, SIL Open Font License 1.1.
          </p>
        </>
      }
    >
      <SingleKeys />
    </Dialog>
  )
}

/** Dialogs that ask for words before something that cannot be undone by a key. */
export function Dialogs() {
  const model = useDeskModel()
  const ask = useUi((state) => state.ask)
  const about = useUi((state) => state.aboutOpen)
  const close = (): void => model.ui.setState({ ask: null })
  return (
    <>
      <Dialog
        open={ask !== null}
        onClose={close}
        testId="ask"
        title={ask === null ? '' : 'title' in ask ? ask.title : TITLES[ask.kind]}
        explain={ask === null ? '' : 'explain' in ask ? ask.explain : EXPLAIN[ask.kind]}
      >
        {ask === null ? null : <DialogForm ask={ask} onClose={close} />}
      </Dialog>
      {about ? <About onClose={() => model.ui.setState({ aboutOpen: false })} /> : null}
    </>
  )
}
