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
  const [confirmation, setConfirmation] = useState('')
  const [reason, setReason] = useState('')
  const ready = confirmation === 'REARM' && reason.trim() !== ''
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!ready) return
    onClose()
    void model.command({ kind: 'rearm', confirm: 'REARM', reason: reason.trim() })
  }
  return (
    <form onSubmit={submit}>
      <Field label="Type REARM" value={confirmation} onChange={setConfirmation} placeholder="REARM" mono />
      <Field label="Reason" value={reason} onChange={setReason} placeholder="What was wrong, and how it was fixed" />
      <Buttons action="Re-arm" disabled={!ready} onCancel={onClose} />
    </form>
  )
}

function ReasonForm({
  request,
  onClose,
}: {
  request: Extract<DialogRequest, { kind: 'reason' }>
  onClose: () => void
}) {
  const model = useDeskModel()
  const [reason, setReason] = useState('')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (reason.trim() === '') return
    onClose()
    void model.command(request.command(reason.trim()))
  }
  return (
    <form onSubmit={submit}>
      <Field label="Reason" value={reason} onChange={setReason} />
      <Buttons action={request.action} disabled={reason.trim() === ''} onCancel={onClose} />
    </form>
  )
}

/** Slots and share of the stake of a canary; without a choice the desk picks the slots. */
function CanaryForm({
  request,
  onClose,
}: {
  request: Extract<DialogRequest, { kind: 'canary' }>
  onClose: () => void
}) {
  const model = useDeskModel()
  const slots = useDesk((state) => state.slots)
  const ids = useDesk((state) => state.slotIds).filter((id) => slots[id]?.strategy === request.strategy)
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [stake, setStake] = useState('100')
  const percent = Number(stake)
  const ready = percent > 0 && percent <= 100
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!ready) return
    onClose()
    const part = { as: 'canary', stakePercent: percent } as const
    void model.command(request.command(chosen.length === 0 ? part : { ...part, slots: [...chosen] }))
  }
  return (
    <form onSubmit={submit}>
      <div className="field">
        <span className="dim">Slots{chosen.length === 0 ? ': picked by the desk' : ''}</span>
        <fieldset className="filter wraps" aria-label="Slots">
          {ids.map((id) => (
            <button
              key={id}
              type="button"
              aria-pressed={chosen.includes(id)}
              onClick={() => setChosen(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id])}
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

/** Assigns a slot; the desk then deploys the strategy if it has no live version. */
function AssignForm({ strategy, onClose }: { strategy: string; onClose: () => void }) {
  const model = useDeskModel()
  const slots = useDesk((state) => state.slots)
  const ids = useDesk((state) => state.slotIds).filter(
    (id) => slots[id]?.strategy !== strategy && slots[id]?.status !== 'unlisted',
  )
  const [chosen, setChosen] = useState<SlotId | null>(null)
  const current = chosen === null ? null : (slots[chosen]?.strategy ?? null)
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
          : current === null
            ? `${chosen} has no strategy.`
            : `${chosen} is assigned to ${current}, which keeps its open positions there until they settle.`}
      </p>
      <Buttons action={`Assign to ${strategy}`} disabled={chosen === null} onCancel={onClose} />
    </form>
  )
}

const TITLES = { rearm: 'Re-arm the desk', assign: 'Assign a slot' } as const
const EXPLAIN = {
  rearm: 'Orders are sent again from the next cycle on. Positions owned by the desk are held to settlement.',
  assign: 'A strategy trades the slots that are assigned to it. Each slot has one strategy.',
} as const

function DialogForm({ request, onClose }: { request: DialogRequest; onClose: () => void }) {
  switch (request.kind) {
    case 'rearm':
      return <RearmForm onClose={onClose} />
    case 'assign':
      return <AssignForm strategy={request.strategy} onClose={onClose} />
    case 'canary':
      return <CanaryForm request={request} onClose={onClose} />
    case 'reason':
      return <ReasonForm request={request} onClose={onClose} />
  }
}

function SingleKeys() {
  const model = useDeskModel()
  const on = useUi((state) => state.singleKeys)
  return (
    <label className="check-field">
      <input type="checkbox" checked={on} onChange={() => toggleSingleKeys(model)} data-testid="single-keys" />
      Single keys, while the top bar or the slots have the focus: F freezes, P pauses, D lists differences, M changes
      the candles
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

/** The dialog of the current request, and the one about Baton. */
export function Dialogs() {
  const model = useDeskModel()
  const request = useUi((state) => state.dialog)
  const about = useUi((state) => state.aboutOpen)
  const close = (): void => model.ui.setState({ dialog: null })
  return (
    <>
      <Dialog
        open={request !== null}
        onClose={close}
        testId="ask"
        title={request === null ? '' : 'title' in request ? request.title : TITLES[request.kind]}
        explain={request === null ? '' : 'explain' in request ? request.explain : EXPLAIN[request.kind]}
      >
        {request === null ? null : <DialogForm request={request} onClose={close} />}
      </Dialog>
      {about ? <About onClose={() => model.ui.setState({ aboutOpen: false })} /> : null}
    </>
  )
}
