import { compareVersion, openReplayTab } from '../../data/actions.ts'
import type { DeskModel } from '../../data/desk-model.ts'
import { signOutCommands, stopCommands, tradingCommands, viewCommands } from './desk-commands.ts'
import type { Action } from './match.ts'
import type { PaletteState } from './palette-state.ts'
import { slotCommands } from './slot-commands.ts'
import { candidateCommands, strategyCommands, versionCommands } from './strategy-commands.ts'

export interface Group {
  readonly heading: string
  readonly actions: readonly Action[]
}

/** All commands in groups. Those that affect money are in the last one, whatever the query. */
export function commandGroups(model: DeskModel, state: PaletteState): readonly Group[] {
  const { slotIds, paths, versions, strategies } = state
  const view = viewCommands(model, state)
  const money = [
    ...view.filter((action) => action.risk === 'money'),
    ...candidateCommands(model, state),
    ...strategyCommands(model, state),
    ...versions.flatMap((row) => versionCommands(model, row)),
    ...slotCommands(model, state),
    ...tradingCommands(model, state),
  ]
  return [
    { heading: 'Show', actions: view.filter((action) => action.risk === 'view') },
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
    { heading: 'Stop', actions: [...stopCommands(model, state), ...signOutCommands(model)] },
    { heading: 'Money and live code: Enter twice', actions: money },
  ]
}
