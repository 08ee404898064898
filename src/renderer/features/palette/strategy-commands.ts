import type { VersionRow } from '../../../shared/ipc/desk-view.ts'
import {
  deployStored,
  dismissCandidate,
  openAssignDialog,
  openCanaryDialog,
  openFilesCanaryDialog,
  promoteCandidate,
  reloadCandidate,
  reloadFiles,
  resumeStrategy,
  rollBack,
} from '../../data/actions.ts'
import type { DeskModel } from '../../data/desk-model.ts'
import { shortLabel } from '../../ui/format.ts'
import type { Action } from './match.ts'
import type { PaletteState } from './palette-state.ts'

/** Commands for each strategy: reload, assign, resume, roll back. */
export function strategyCommands(model: DeskModel, { strategies, versions }: PaletteState): Action[] {
  return strategies.flatMap((strategy): Action[] => {
    const before = versions.find((row) => row.strategy === strategy && row.isBefore)
    return [
      {
        name: `Reload ${strategy}`,
        aliases: ['deploy', 'try again', 'retry'],
        risk: 'money',
        confirm: `deploy the current ${strategy}.ts`,
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
        confirm: `allow entries of ${strategy}`,
        run: () => resumeStrategy(model, strategy),
      },
      ...(before === undefined
        ? []
        : ([
            {
              name: `Roll back ${strategy} to the previous version, ${shortLabel(before)}`,
              aliases: ['rollback', 'revert', 'undo'],
              risk: 'money',
              confirm: `roll back ${strategy} to ${shortLabel(before)}`,
              run: () => rollBack(model, strategy, before.hash),
            },
          ] satisfies Action[])),
    ]
  })
}

/** Rolls back to a version that was once kept, or deploys another. */
export function versionCommands(model: DeskModel, row: VersionRow): Action[] {
  if (row.state === 'live' || row.state === 'canary' || row.state === 'rejected') return []
  return row.kept
    ? [
        {
          name: `Roll back to ${row.label}`,
          aliases: ['rollback', 'revert'],
          risk: 'money',
          confirm: `roll back to ${row.strategy} ${shortLabel(row)}`,
          run: () => rollBack(model, row.strategy, row.hash),
        },
      ]
    : [
        {
          name: `Deploy ${row.label}`,
          risk: 'money',
          confirm: `deploy ${row.strategy} ${shortLabel(row)} through every step`,
          run: () => deployStored(model, row),
        },
      ]
}

/** Commands for the waiting candidate and for canaries. */
export function candidateCommands(model: DeskModel, { candidate, deployments }: PaletteState): Action[] {
  const waiting: Action[] =
    candidate === null || candidate.version === null
      ? []
      : [
          {
            name: `Reload candidate ${candidate.version.label}`,
            aliases: ['go live', 'deploy'],
            keys: 'Ctrl ⇧Enter',
            risk: 'money',
            confirm: `make ${candidate.strategy} ${shortLabel(candidate.version)} live`,
            run: () => reloadCandidate(model, candidate),
          },
          {
            name: `Dismiss candidate ${candidate.version.label}`,
            risk: 'money',
            confirm: `dismiss ${candidate.strategy} ${shortLabel(candidate.version)}`,
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
        confirm: `let ${row.version?.label} trade all slots of ${row.strategy}`,
        run: () => promoteCandidate(model, row),
      },
      {
        name: `Dismiss canary ${row.version?.label}`,
        risk: 'money',
        confirm: `return the slots of ${row.version?.label} to the live version`,
        run: () => dismissCandidate(model, row),
      },
    ])
  return [...waiting, ...canaries]
}
