import type { DeploymentRow } from '../../../shared/domain/deployments.ts'
import type { SlotId } from '../../../shared/domain/slots.ts'
import type { SlotRow, VersionRow } from '../../../shared/ipc/desk-view.ts'
import {
  openAssignDialog,
  openCanaryDialog,
  openFilesCanaryDialog,
  openRearmDialog,
  openReasonDialog,
  openReplayTab,
  openVoidDialog,
  assignSlot,
  backToLive,
  closePosition,
  compareVersion,
  deployStored,
  dismissCandidate,
  kill,
  pauseSlot,
  pauseStrategy,
  promoteCandidate,
  reloadCandidate,
  reloadFiles,
  resumeSlot,
  resumeStrategy,
  rollBack,
  showDifferences,
  toggleFreeze,
  togglePause,
  toggleSingleKeys,
} from '../../data/actions.ts'
import type { DeskModel } from '../../data/desk-model.ts'
import { TABS, type Tab } from '../../data/ui-store.ts'
import { sentence, shortLabel } from '../../ui/format.ts'
import type { Action } from './match.ts'

/** What the list of commands depends on. */
export interface PaletteState {
  readonly trading: string
  readonly deploys: string
  readonly versions: readonly VersionRow[]
  readonly deployments: readonly DeploymentRow[]
  readonly slotIds: readonly SlotId[]
  readonly slots: Readonly<Record<string, SlotRow>>
  readonly paths: readonly string[]
  /** Strategies that have a version or a file. */
  readonly strategies: readonly string[]
  /** File in the editor. */
  readonly active: string | null
  /** The candidate that waits to be named. */
  readonly candidate: DeploymentRow | null
  readonly singleKeys: boolean
}

export interface Group {
  readonly heading: string
  readonly actions: readonly Action[]
}

const TAB_ALIASES: Readonly<Record<Tab, readonly string[]>> = {
  editor: ['code', 'strategy'],
  replay: ['backtest', 'tape'],
  positions: ['open', 'held'],
  orders: ['fills'],
  trades: ['history', 'settled'],
  log: ['events', 'journal'],
  attribution: ['figures', 'records', 'csv', 'sharpe', 'versions'],
  differences: ['decisions', 'diff'],
}

function go(model: DeskModel, { active, singleKeys }: PaletteState): Action[] {
  const show = (tab: Tab) => () => model.ui.setState({ tab })
  return [
    ...TABS.map((tab, index): Action => {
      const shared = { aliases: TAB_ALIASES[tab], risk: 'view' } as const
      return tab === 'differences'
        ? { ...shared, name: 'Show decision differences', keys: 'D', run: () => showDifferences(model) }
        : { ...shared, name: `Show ${sentence(tab)}`, keys: `Alt ${index + 1}`, run: show(tab) }
    }),
    { name: 'Back to live chart', aliases: ['now'], keys: 'Esc', risk: 'view', run: () => void backToLive(model) },
    {
      name: singleKeys ? 'Turn single keys off' : 'Turn single keys on',
      aliases: ['settings', 'shortcuts', 'keyboard'],
      risk: 'view',
      run: () => toggleSingleKeys(model),
    },
    {
      name: 'About Baton and licences',
      aliases: ['help', 'version'],
      risk: 'view',
      run: () => model.ui.setState({ aboutOpen: true }),
    },
    ...(active === null
      ? []
      : ([
          { name: `Save ${active} and deploy`, keys: 'Ctrl S', risk: 'money', run: () => void model.save(active) },
        ] satisfies Action[])),
  ]
}

function brakes(model: DeskModel, state: PaletteState): Action[] {
  const { trading, deploys, slotIds, slots, strategies } = state
  const killed = trading === 'killed'
  return [
    ...(deploys === 'frozen'
      ? []
      : ([
          { name: 'Freeze deployments', keys: 'F', risk: 'brake', run: () => toggleFreeze(model) },
          { name: 'Freeze deployments with a reason…', risk: 'brake', run: () => openReasonDialog(model, 'freeze') },
        ] satisfies Action[])),
    ...(killed || trading === 'paused'
      ? []
      : ([
          { name: 'Pause trading', keys: 'P', risk: 'brake', run: () => togglePause(model) },
          { name: 'Pause trading with a reason…', risk: 'brake', run: () => openReasonDialog(model, 'pause') },
        ] satisfies Action[])),
    ...strategies.map(
      (strategy): Action => ({
        name: `Pause strategy ${strategy}`,
        risk: 'brake',
        run: () => pauseStrategy(model, strategy),
      }),
    ),
    ...slotIds
      .filter((id) => slots[id]?.status !== 'paused')
      .map((id): Action => ({ name: `Pause ${id}`, risk: 'brake', run: () => pauseSlot(model, id) })),
  ]
}

/** Browsers that are signed in stay so, also over a restart of the desk, until somebody says this. */
function signOuts({ signOut }: DeskModel): Action[] {
  if (signOut === null) return []
  const aliases = ['log out', 'model', 'token']
  return [
    {
      name: 'Sign this browser out',
      aliases,
      risk: 'brake',
      again: 'sign this browser out',
      run: () => void signOut(false),
    },
    {
      name: 'Sign every browser out',
      aliases,
      risk: 'brake',
      again: 'sign every browser out, this one too',
      run: () => void signOut(true),
    },
  ]
}

function strategyActions(model: DeskModel, { strategies, versions }: PaletteState): Action[] {
  return strategies.flatMap((strategy): Action[] => {
    const before = versions.find((row) => row.strategy === strategy && row.isBefore)
    return [
      {
        name: `Reload ${strategy}`,
        aliases: ['deploy', 'try again', 'retry'],
        risk: 'money',
        again: `deploy ${strategy}.ts as it is`,
        run: () => reloadFiles(model, strategy),
      },
      { name: `Reload ${strategy} as a canary…`, risk: 'money', run: () => openFilesCanaryDialog(model, strategy) },
      {
        name: `Assign a slot to ${strategy}…`,
        aliases: ['give'],
        risk: 'money',
        run: () => openAssignDialog(model, strategy),
      },
      {
        name: `Resume strategy ${strategy}`,
        risk: 'money',
        again: `let ${strategy} enter again`,
        run: () => resumeStrategy(model, strategy),
      },
      ...(before === undefined
        ? []
        : ([
            {
              name: `Roll back ${strategy} to the version before, ${shortLabel(before)}`,
              aliases: ['rollback', 'revert', 'undo'],
              risk: 'money',
              again: `roll back ${strategy} to ${shortLabel(before)}`,
              run: () => rollBack(model, strategy, before.hash),
            },
          ] satisfies Action[])),
    ]
  })
}

/** What can be done with a version that is not live: back to one that was kept, a deployment of any other. */
function versionAction(model: DeskModel, row: VersionRow): Action[] {
  if (row.state === 'live' || row.state === 'canary' || row.state === 'rejected') return []
  return row.kept
    ? [
        {
          name: `Roll back to ${row.label}`,
          aliases: ['rollback', 'revert'],
          risk: 'money',
          again: `roll back to ${row.strategy} ${shortLabel(row)}`,
          run: () => rollBack(model, row.strategy, row.hash),
        },
      ]
    : [
        {
          name: `Deploy ${row.label}`,
          risk: 'money',
          again: `deploy ${row.strategy} ${shortLabel(row)}, with every check`,
          run: () => deployStored(model, row),
        },
      ]
}

function candidateActions(model: DeskModel, { candidate, deployments }: PaletteState): Action[] {
  const waiting: Action[] =
    candidate === null || candidate.version === null
      ? []
      : [
          {
            name: `Reload candidate ${candidate.version.label}`,
            aliases: ['go live', 'deploy'],
            keys: 'Ctrl ⇧Enter',
            risk: 'money',
            again: `let ${candidate.strategy} ${shortLabel(candidate.version)} go live`,
            run: () => reloadCandidate(model, candidate),
          },
          {
            name: `Dismiss candidate ${candidate.version.label}`,
            risk: 'money',
            again: `give up ${candidate.strategy} ${shortLabel(candidate.version)}`,
            run: () => dismissCandidate(model, candidate),
          },
          {
            name: `Candidate ${candidate.version.label} as a canary…`,
            risk: 'money',
            run: () => openCanaryDialog(model, candidate),
          },
        ]
  const canaries = deployments
    .filter((row) => row.state === 'canary')
    .flatMap((row): Action[] => [
      {
        name: `Promote canary ${row.version?.label}`,
        risk: 'money',
        again: `give ${row.version?.label} all of ${row.strategy}`,
        run: () => promoteCandidate(model, row),
      },
      {
        name: `Dismiss canary ${row.version?.label}`,
        risk: 'money',
        again: `take the slots of ${row.version?.label} back`,
        run: () => dismissCandidate(model, row),
      },
    ])
  return [...waiting, ...canaries]
}

function slotMoney(model: DeskModel, { slotIds, slots, strategies }: PaletteState): Action[] {
  return slotIds.flatMap((id): Action[] => {
    const row = slots[id]
    const position = row?.position ?? null
    return [
      ...(row?.awaiting ?? [])
        .filter(({ unsettleable }) => unsettleable)
        .map(
          ({ id: held }): Action => ({
            name: `Void ${held} in ${id}…`,
            aliases: ['write off', 'no outcome'],
            risk: 'money',
            run: () => openVoidDialog(model, held, id),
          }),
        ),
      ...(position?.state === 'open'
        ? ([
            {
              name: `Close ${position.side} position in ${id}`,
              aliases: ['sell', 'exit'],
              risk: 'money',
              again: `sell the ${position.side} shares of ${id} at the bid`,
              run: () => closePosition(model, position.id),
            },
          ] satisfies Action[])
        : []),
      ...strategies
        .filter((strategy) => strategy !== row?.strategy)
        .map(
          (strategy): Action => ({
            name: `Assign ${id} to ${strategy}`,
            aliases: ['give'],
            risk: 'money',
            again: `assign ${id} to ${strategy}`,
            run: () => assignSlot(model, id, strategy),
          }),
        ),
      ...(row?.status === 'paused'
        ? ([
            { name: `Resume ${id}`, risk: 'money', again: `let ${id} enter again`, run: () => resumeSlot(model, id) },
          ] satisfies Action[])
        : []),
    ]
  })
}

function deskMoney(model: DeskModel, { trading, deploys }: PaletteState): Action[] {
  return [
    ...(deploys === 'frozen'
      ? ([
          {
            name: 'Unfreeze deployments',
            keys: 'F',
            risk: 'money',
            again: 'let deployments through again',
            run: () => toggleFreeze(model),
          },
        ] satisfies Action[])
      : []),
    ...(trading === 'paused'
      ? ([
          {
            name: 'Resume trading',
            keys: 'P',
            risk: 'money',
            again: 'allow entries again',
            run: () => togglePause(model),
          },
        ] satisfies Action[])
      : []),
    ...(trading === 'killed'
      ? ([{ name: 'Re-arm…', aliases: ['rearm'], risk: 'money', run: () => openRearmDialog(model) }] satisfies Action[])
      : ([
          {
            name: 'Kill, hold positions',
            keys: '⇧Esc',
            aliases: ['stop'],
            risk: 'money',
            again: 'kill and hold positions',
            run: () => kill(model),
          },
        ] satisfies Action[])),
    {
      name: 'Kill and flatten positions',
      aliases: ['stop', 'sell'],
      risk: 'money',
      again: 'kill and sell every position',
      run: () => kill(model, 'flatten'),
    },
  ]
}

/** Every command in groups; those that touch money are in the last, whatever is typed. */
export function commandGroups(model: DeskModel, state: PaletteState): readonly Group[] {
  const { slotIds, paths, versions, strategies } = state
  const all = go(model, state)
  const money = [
    ...all.filter((action) => action.risk === 'money'),
    ...candidateActions(model, state),
    ...strategyActions(model, state),
    ...versions.flatMap((row) => versionAction(model, row)),
    ...slotMoney(model, state),
    ...deskMoney(model, state),
  ]
  return [
    { heading: 'Go', actions: all.filter((action) => action.risk === 'view') },
    {
      heading: 'Slots',
      actions: slotIds.map((id) => ({ name: `Show ${id}`, risk: 'view', run: () => model.showChart(id) })),
    },
    {
      heading: 'Files and versions',
      actions: [
        ...paths.map(
          (path): Action => ({
            name: `Open ${path}`,
            risk: 'view',
            run: () => {
              model.ui.setState({ tab: 'editor', compare: null })
              model.fileActions.open(path)
            },
          }),
        ),
        ...strategies.map(
          (strategy): Action => ({
            name: `Replay ${strategy}`,
            aliases: ['backtest'],
            risk: 'view',
            run: () => openReplayTab(model, strategy),
          }),
        ),
        ...versions.map(
          (row): Action => ({
            name: `Show source of ${row.label}`,
            aliases: ['diff', 'compare', 'version'],
            risk: 'view',
            run: () => compareVersion(model, row),
          }),
        ),
      ],
    },
    { heading: 'Stop something', actions: [...brakes(model, state), ...signOuts(model)] },
    { heading: 'Money and live code: Enter twice', actions: money },
  ]
}
