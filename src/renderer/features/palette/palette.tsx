import { Command } from 'cmdk'
import { useMemo } from 'react'
import type { SlotRow } from '../../../shared/ipc/contract.ts'
import {
  askCanary,
  askCanaryOfFiles,
  askRearm,
  askReason,
  askReplay,
  backToLive,
  closePosition,
  compareVersion,
  dismissCandidate,
  kill,
  promoteCandidate,
  reloadCandidate,
  rollBack,
  showDifferences,
  toggleFreeze,
  togglePause,
  waitingCandidate,
} from '../../data/actions.ts'
import { useDesk, useFiles, useSession, useUi } from '../../data/hooks.ts'
import type { Session } from '../../data/session.ts'
import { TABS, type Tab } from '../../data/ui-store.ts'
import { sentence } from '../../ui/format.ts'

interface Action {
  readonly name: string
  readonly keys?: string
  readonly run: () => void
}

function deskActions(session: Session, state: { trading: string; deploys: string }): readonly Action[] {
  const killed = state.trading === 'killed'
  return [
    {
      name: state.deploys === 'frozen' ? 'Unfreeze deployments' : 'Freeze deployments',
      keys: 'F',
      run: () => toggleFreeze(session),
    },
    { name: 'Freeze deployments with a reason…', run: () => askReason(session, 'freeze') },
    ...(killed
      ? [{ name: 'Re-arm…', run: () => askRearm(session) }]
      : [
          {
            name: state.trading === 'paused' ? 'Resume trading' : 'Pause trading',
            keys: 'P',
            run: () => togglePause(session),
          },
          { name: 'Pause trading with a reason…', run: () => askReason(session, 'pause') },
          { name: 'Kill, hold positions', keys: '⇧Esc', run: () => kill(session) },
        ]),
    { name: 'Kill and flatten positions', run: () => kill(session, 'flatten') },
  ]
}

function goActions(session: Session, active: string | null): readonly Action[] {
  const show = (tab: Tab) => () => session.ui.setState({ tab })
  return [
    ...(active === null
      ? []
      : [{ name: `Save ${active} and deploy`, keys: 'Ctrl S', run: () => void session.save(active) }]),
    ...TABS.map((tab, index) =>
      tab === 'differences'
        ? { name: 'Show decision differences', keys: 'D', run: () => showDifferences(session) }
        : { name: `Show ${sentence(tab)}`, keys: `Alt ${index + 1}`, run: show(tab) },
    ),
    { name: 'Back to live chart', keys: 'Esc', run: () => void backToLive(session) },
    { name: 'About Baton and licences', run: () => session.ui.setState({ aboutOpen: true }) },
  ]
}

function Group({ heading, actions, onDone }: { heading: string; actions: readonly Action[]; onDone: () => void }) {
  if (actions.length === 0) return null
  return (
    <Command.Group heading={heading}>
      {actions.map((action) => (
        <Command.Item
          key={action.name}
          value={action.name}
          onSelect={() => {
            onDone()
            action.run()
          }}
        >
          <span>{action.name}</span>
          {action.keys === undefined ? null : <kbd className="keys">{action.keys}</kbd>}
        </Command.Item>
      ))}
    </Command.Group>
  )
}

/** A position that is still open can be sold. */
function positionActions(session: Session, slot: SlotRow | undefined): readonly Action[] {
  const position = slot?.position ?? null
  if (slot === undefined || position === null || position.state !== 'open') return []
  return [{ name: `Close ${position.side} position in ${slot.slot}`, run: () => closePosition(session, position.id) }]
}

function Lists({ onDone }: { onDone: () => void }) {
  const session = useSession()
  const trading = useDesk((state) => state.status?.trading ?? 'running')
  const deploys = useDesk((state) => state.status?.deploys ?? 'open')
  const versions = useDesk((state) => state.versions)
  const slotIds = useDesk((state) => state.slotIds)
  const slots = useDesk((state) => state.slots)
  const paths = useFiles((state) => state.paths)
  const active = useFiles((state) => state.active)
  const deployments = useDesk((state) => state.deployments)
  const picked = useUi((state) => state.deployment)
  const candidate = waitingCandidate(deployments, picked)
  const strategies = useMemo(() => [...new Set(versions.map((row) => row.strategy))].sort(), [versions])

  const candidateActions: Action[] =
    candidate === null || candidate.version === null
      ? []
      : [
          {
            name: `Reload candidate ${candidate.version.label}`,
            keys: 'Ctrl ⇧Enter',
            run: () => reloadCandidate(session, candidate),
          },
          {
            name: `Dismiss candidate ${candidate.version.label}`,
            run: () => dismissCandidate(session, candidate),
          },
          { name: `Candidate ${candidate.version.label} as a canary…`, run: () => askCanary(session, candidate) },
        ]
  const canaryActions: Action[] = deployments
    .filter((row) => row.state === 'canary')
    .flatMap((row) => [
      { name: `Promote canary ${row.version?.label}`, run: () => promoteCandidate(session, row) },
      { name: `Dismiss canary ${row.version?.label}`, run: () => dismissCandidate(session, row) },
    ])
  const strategyActions: Action[] = strategies.flatMap((strategy) => [
    { name: `Replay ${strategy}`, run: () => askReplay(session, strategy) },
    { name: `Reload ${strategy}`, run: () => void session.command({ kind: 'reload', strategy }) },
    { name: `Reload ${strategy} as a canary…`, run: () => askCanaryOfFiles(session, strategy) },
    { name: `Roll back ${strategy} to the version before`, run: () => rollBack(session, strategy) },
    {
      name: `Pause strategy ${strategy}`,
      run: () => void session.command({ kind: 'pause', strategy, reason: 'paused at the desk' }),
    },
    { name: `Resume strategy ${strategy}`, run: () => void session.command({ kind: 'resume', strategy }) },
  ])
  const versionActions: Action[] = versions.flatMap((row) => [
    { name: `Show source of ${row.label}`, run: () => compareVersion(session, row) },
    ...(row.state === 'retired' || row.state === 'faulted'
      ? [{ name: `Roll back to ${row.label}`, run: () => rollBack(session, row.strategy, row.hash) }]
      : []),
  ])
  const slotActions: Action[] = slotIds.flatMap((id) => [
    { name: `Show ${id}`, run: () => session.showChart(id) },
    ...positionActions(session, slots[id]),
    ...strategies
      .filter((strategy) => strategy !== slots[id]?.strategy)
      .map((strategy) => ({
        name: `Give ${id} to ${strategy}`,
        run: () => void session.command({ kind: 'assign', slot: id, strategy, reason: 'reassigned at the desk' }),
      })),
    slots[id]?.status === 'paused'
      ? { name: `Resume ${id}`, run: () => void session.command({ kind: 'resume', slot: id }) }
      : {
          name: `Pause ${id}`,
          run: () => void session.command({ kind: 'pause', slot: id, reason: 'paused at the desk' }),
        },
  ])
  const fileActions: Action[] = paths.map((path) => ({
    name: `Open ${path}`,
    run: () => {
      session.ui.setState({ tab: 'editor', compare: null })
      session.filesActions.open(path)
    },
  }))
  return (
    <>
      <Group heading="Desk" actions={deskActions(session, { trading, deploys })} onDone={onDone} />
      <Group heading="Go" actions={goActions(session, active)} onDone={onDone} />
      <Group
        heading="Strategies"
        actions={[...candidateActions, ...canaryActions, ...strategyActions]}
        onDone={onDone}
      />
      <Group heading="Slots" actions={slotActions} onDone={onDone} />
      <Group heading="Files" actions={fileActions} onDone={onDone} />
      <Group heading="Versions" actions={versionActions} onDone={onDone} />
    </>
  )
}

/** Every command by name. */
export function Palette() {
  const session = useSession()
  const open = useUi((state) => state.paletteOpen)
  const close = (): void => session.ui.setState({ paletteOpen: false })
  return (
    <Command.Dialog
      open={open}
      onOpenChange={(next) => session.ui.setState({ paletteOpen: next })}
      label="Commands"
      overlayClassName="overlay"
      contentClassName="palette"
    >
      <Command.Input placeholder="Type a command, a slot, a file or a version" />
      <Command.List>
        <Command.Empty>No such command.</Command.Empty>
        <Lists onDone={close} />
      </Command.List>
    </Command.Dialog>
  )
}
