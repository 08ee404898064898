import {
  backToLive,
  kill,
  openRearmDialog,
  openReasonDialog,
  pauseSlot,
  pauseStrategy,
  showDifferences,
  toggleFreeze,
  togglePause,
  toggleSingleKeys,
} from '../../data/actions.ts'
import type { DeskModel } from '../../data/desk-model.ts'
import { TABS, type Tab } from '../../data/ui-store.ts'
import { sentence } from '../../ui/format.ts'
import type { Action } from './match.ts'
import type { PaletteState } from './palette-state.ts'

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

/** Commands that show something, and saving the file in the editor. */
export function viewCommands(model: DeskModel, { active, singleKeys }: PaletteState): Action[] {
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

/** Commands that freeze deployments or pause entries. */
export function stopCommands(model: DeskModel, state: PaletteState): Action[] {
  const { trading, deploys, slotIds, slots, strategies } = state
  const killed = trading === 'killed'
  return [
    ...(deploys === 'frozen'
      ? []
      : ([
          { name: 'Freeze deployments', keys: 'F', risk: 'stop', run: () => toggleFreeze(model) },
          { name: 'Freeze deployments with a reason…', risk: 'stop', run: () => openReasonDialog(model, 'freeze') },
        ] satisfies Action[])),
    ...(killed || trading === 'paused'
      ? []
      : ([
          { name: 'Pause trading', keys: 'P', risk: 'stop', run: () => togglePause(model) },
          { name: 'Pause trading with a reason…', risk: 'stop', run: () => openReasonDialog(model, 'pause') },
        ] satisfies Action[])),
    ...strategies.map(
      (strategy): Action => ({
        name: `Pause strategy ${strategy}`,
        risk: 'stop',
        run: () => pauseStrategy(model, strategy),
      }),
    ),
    ...slotIds
      .filter((id) => slots[id]?.status !== 'paused')
      .map((id): Action => ({ name: `Pause ${id}`, risk: 'stop', run: () => pauseSlot(model, id) })),
  ]
}

/** Browser sessions survive a restart of the desk; these commands end them. */
export function signOutCommands({ signOut }: DeskModel): Action[] {
  if (signOut === null) return []
  const aliases = ['log out', 'session', 'token']
  return [
    {
      name: 'Sign this browser out',
      aliases,
      risk: 'stop',
      confirm: 'sign this browser out',
      run: () => void signOut(false),
    },
    {
      name: 'Sign every browser out',
      aliases,
      risk: 'stop',
      confirm: 'sign every browser out, this one too',
      run: () => void signOut(true),
    },
  ]
}

/** Commands that unfreeze, resume, re-arm or kill the desk. */
export function tradingCommands(model: DeskModel, { trading, deploys }: PaletteState): Action[] {
  return [
    ...(deploys === 'frozen'
      ? ([
          {
            name: 'Unfreeze deployments',
            keys: 'F',
            risk: 'money',
            confirm: 'allow deployments again',
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
            confirm: 'allow entries again',
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
            confirm: 'kill and hold positions',
            run: () => kill(model),
          },
        ] satisfies Action[])),
    {
      name: 'Kill and flatten positions',
      aliases: ['stop', 'sell'],
      risk: 'money',
      confirm: 'kill and sell every position',
      run: () => kill(model, 'flatten'),
    },
  ]
}
