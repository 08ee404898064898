import { messageOf } from '../../shared/domain/base.ts'
import type { CommandInput } from '../../shared/domain/commands.ts'
import type { CandleFrame, SlotId } from '../../shared/domain/slots.ts'
import type { DeskClient, DeskPush } from '../../shared/ipc/connection.ts'
import type { DeskSnapshot } from '../../shared/ipc/desk-view.ts'
import type { VersionSource } from '../../shared/ipc/files.ts'
import { type AttributionActions, createAttributionActions } from './attribution-actions.ts'
import type { BrowserServices } from './browser-services.ts'
import { type ChartActions, createChartActions } from './chart-actions.ts'
import { DeskConnection } from './desk-connection.ts'
import type { DeskState } from './desk-store.ts'
import { FileActions } from './file-actions.ts'
import { strategyIn } from './files-store.ts'
import { createThrottle } from './frame.ts'
import { createLedgerActions, type LedgerActions } from './ledger-actions.ts'
import { ProofActions } from './proof-actions.ts'
import { ReplayActions } from './replay-actions.ts'
import { createStores, type DeskStores } from './stores.ts'
import type { Toast } from './ui-store.ts'
import { createColourAssigner } from './version-colours.ts'

const SINGLE_KEYS = 'singleKeys'
/** Shortest time between two fetches of attribution. */
const ATTRIBUTION_EVERY_MS = 2_000

/** One window's model of its desk: the stores, and the actions that change them. */
export interface DeskModel extends DeskStores {
  readonly attributionActions: AttributionActions
  readonly ledgerActions: LedgerActions
  readonly fileActions: FileActions
  readonly proofActions: ProofActions
  readonly replayActions: ReplayActions
  /**
   * Sends a command and shows its outcome.
   * @param undo command that reverses it, offered beside a successful outcome for some seconds
   */
  command(input: CommandInput, undo?: CommandInput): Promise<void>
  /** Ends the browser session of this browser, or of every browser; null in a desktop window, which has none. */
  readonly signOut: ((all: boolean) => Promise<void>) | null
  /** Turns single-letter keys on or off; survives a reload. */
  setSingleKeys(on: boolean): void
  showChart(slot: SlotId, frame?: CandleFrame): void
  source(hash: string): Promise<VersionSource | null>
  notify(tone: Toast['tone'], text: string): void
  save(path: string): Promise<void>
}

interface Actions {
  readonly attributionActions: AttributionActions
  readonly ledgerActions: LedgerActions
  readonly fileActions: FileActions
  readonly proofActions: ProofActions
  readonly replayActions: ReplayActions
  readonly chartActions: ChartActions
}

type Notify = (tone: Toast['tone'], text: string, undo?: CommandInput) => void

function createNotify({ ui }: DeskStores): Notify {
  let id = 0
  return (tone, text, undo) => {
    id += 1
    ui.setState({ toast: { id, tone, text, undo } })
  }
}

function createActions(client: DeskClient, stores: DeskStores, browser: BrowserServices, notify: Notify): Actions {
  const { desk, chart, ledger, attribution, files, ui, proof, replay } = stores
  const { monotonic, after } = browser
  const chartActions = createChartActions(client, chart, after)
  return {
    chartActions,
    fileActions: new FileActions(client, files),
    ledgerActions: createLedgerActions(client, ledger, after),
    attributionActions: createAttributionActions({ client, desk, store: attribution }),
    proofActions: new ProofActions({ client, desk, ui, store: proof, monotonic }),
    replayActions: new ReplayActions({
      client,
      store: replay,
      chart,
      showChart: (slot) => chartActions.show(slot),
      notify,
      monotonic,
      after,
    }),
  }
}

/** Connects the desk's snapshots and pushes to the stores. */
function connect(client: DeskClient, stores: DeskStores, browser: BrowserServices, actions: Actions, notify: Notify) {
  const { chartActions, ledgerActions, attributionActions, fileActions, proofActions, replayActions } = actions
  const refreshAttribution = createThrottle(ATTRIBUTION_EVERY_MS, () => attributionActions.refresh(), browser.after)
  const assignColours = createColourAssigner(stores, browser.memory)

  const onSnapshot = ({ slots }: DeskSnapshot): void => {
    assignColours()
    ledgerActions.refresh()
    refreshAttribution()
    const first = slots.find((row) => row.status !== 'unlisted') ?? slots[0]
    if (stores.chart.getState().slot === null && first !== undefined) chartActions.show(first.slot)
    else chartActions.refresh()
    void fileActions.loadAll(first?.strategy ?? null)
    proofActions.refresh()
    replayActions.refresh()
  }

  const onPushes = (pushes: readonly DeskPush[], before: DeskState, after: DeskState): void => {
    if (after.ledgerRevision !== before.ledgerRevision) ledgerActions.refresh()
    if (after.versions !== before.versions) {
      refreshAttribution()
      assignColours()
    }
    // A new deployment replaces an earlier one that was picked from the list.
    if (after.deployments[0]?.id !== before.deployments[0]?.id) stores.ui.setState({ deployment: null })
    proofActions.receive(pushes)
    replayActions.receive(pushes)
    chartActions.receive(pushes)
    fileActions.receive(pushes)
    for (const push of pushes) {
      if (push.kind !== 'event' || push.row.kind !== 'alarm') continue
      notify('failed', push.row.message)
      browser.notifySystem(push.row.message)
    }
  }

  new DeskConnection({ client, browser, store: stores.desk, clock: stores.clock, onSnapshot, onPushes }).start()
}

/** Why a saved file is not deployed at once; empty where it is. */
function deploymentNote({ desk, files }: DeskStores, path: string): string {
  const { status, slots } = desk.getState()
  const file = files.getState().files[path]
  const strategy = file === undefined ? null : strategyIn(file)
  if (strategy !== null && !Object.values(slots).some((row) => row.strategy === strategy))
    return `It is not deployed: no slot is assigned to ${strategy}.`
  if (status?.market === 'live') return 'It is a candidate now; with real money it is deployed only by hand.'
  return status?.deploys === 'frozen' ? 'It is checked and proved, and waits until deployments are unfrozen.' : ''
}

/** Creates the stores, connects them to the desk and keeps them up to date until the page is closed. */
export function startDeskModel(client: DeskClient, browser: BrowserServices): DeskModel {
  const stores = createStores(browser.memory.get(SINGLE_KEYS) !== 'off')
  const notify = createNotify(stores)
  const { chartActions, ...actions } = createActions(client, stores, browser, notify)
  connect(client, stores, browser, { chartActions, ...actions }, notify)
  const { signOut } = browser
  return {
    ...stores,
    ...actions,
    notify,
    showChart: (slot, frame) => chartActions.show(slot, frame),
    signOut:
      signOut === null
        ? null
        : async (all) => {
            try {
              await signOut(all)
            } catch (error) {
              notify('failed', `Signing out failed: ${messageOf(error)}.`)
            }
          },
    setSingleKeys(on) {
      browser.memory.set(SINGLE_KEYS, on ? 'on' : 'off')
      stores.ui.setState({ singleKeys: on })
    },
    async command(input, undo) {
      try {
        const { outcome, message } = await client.call('desk.command', input)
        notify(outcome, message, outcome === 'done' ? undo : undefined)
      } catch (error) {
        notify('failed', `The desk did not answer ${input.kind}: ${messageOf(error)}. Trading is not affected.`)
      }
    },
    source: (hash) => client.call('versions.source', { hash }),
    async save(path) {
      const result = await actions.fileActions.save(path)
      notify(result.tone, result.saved ? `${result.text} ${deploymentNote(stores, path)}`.trim() : result.text)
    },
  }
}
