import type { CommandInput } from '../../shared/domain/commands.ts'
import type { CandleFrame, SlotId } from '../../shared/domain/slots.ts'
import { parseSlot } from '../../shared/domain/slots.ts'
import type { DeskClient, DeskPush } from '../../shared/ipc/connection.ts'
import type { VersionSource } from '../../shared/ipc/files.ts'
import { COLOURS } from '../ui/version-style.ts'
import { type AttributionActions, createAttributionActions } from './attribution-actions.ts'
import { type AttributionStore, createAttributionStore } from './attribution-store.ts'
import { applyToChart, type ChartStore, createChartStore } from './chart-store.ts'
import { type ClockStore, createClockStore, deskTime } from './clock-store.ts'
import { applyPushes, applySnapshot, createDeskStore, type DeskStore } from './desk-store.ts'
import { createFileActions, type FileActions } from './file-actions.ts'
import { createFilesStore, type FilesStore, strategyIn } from './files-store.ts'
import { createBatcher, createThrottle, type Schedule } from './frame.ts'
import { createLedgerStore, type LedgerStore } from './ledger-store.ts'
import { createProofActions, type ProofActions } from './proof-actions.ts'
import { createProofStore, type ProofStore } from './proof-store.ts'
import { createReplayActions, type ReplayActions } from './replay-actions.ts'
import { createReplayStore, type ReplayStore } from './replay-store.ts'
import { backoffMs, type SocketDeskClient } from './socket-client.ts'
import { createUiStore, type Toast, type UiStore } from './ui-store.ts'

const SINGLE_KEYS = 'singleKeys'
const VERSION_COLOURS = 'versionColours'
/** Silence after which a connected desk counts as stale: more than two cycles. */
const STALE_AFTER_MS = 12_000

/** One window's model with its desk: the stores, and everything that may change them. */
export interface DeskModel {
  readonly desk: DeskStore
  readonly chart: ChartStore
  readonly ledger: LedgerStore
  readonly attribution: AttributionStore
  readonly attributionActions: AttributionActions
  readonly ledgerActions: {
    /** Lists the trades of one version alone; null = of all. */
    tradesVersion(hash: string | null): void
  }
  readonly files: FilesStore
  readonly ui: UiStore
  readonly clock: ClockStore
  readonly proof: ProofStore
  readonly replay: ReplayStore
  readonly fileActions: FileActions
  readonly proofActions: ProofActions
  readonly replayActions: ReplayActions
  /**
   * Sends a command and shows the desk's answer.
   * @param undo what takes it back, offered beside the answer for some seconds
   */
  command(input: CommandInput, undo?: CommandInput): Promise<void>
  /** Ends the model of this browser, or of every browser; null where there is none. */
  readonly signOut: ((all: boolean) => Promise<void>) | null
  /** Whether keys that are one letter act; remembered over a reload. */
  setSingleKeys(on: boolean): void
  showChart(slot: SlotId, frame?: CandleFrame): void
  source(hash: string): Promise<VersionSource | null>
  notify(tone: Toast['tone'], text: string): void
  save(path: string): Promise<void>
}

/** Time and frames, passed in so that a model can be tested without a browser. */
export interface BrowserServices {
  readonly schedule: Schedule
  readonly monotonic: () => number
  readonly after: (delayMs: number, run: () => void) => () => void
  readonly every: (periodMs: number, run: () => void) => () => void
  /** What this browser remembers over a reload, by name. */
  readonly memory: { get(name: string): string | null; set(name: string, value: string): void }
  /** Ends the model of this browser, or of every browser; null in a window that no browser is signed in for. */
  readonly signOut: ((all: boolean) => Promise<void>) | null
  /** Tells whoever does not look at the window just now. */
  readonly alarm: (text: string) => void
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What was kept of an earlier window; anything else counts as nothing. */
function rememberedColours(text: string | null): Readonly<Record<string, number>> {
  try {
    const parsed: unknown = JSON.parse(text ?? '{}')
    const entries = Object.entries(typeof parsed === 'object' && parsed !== null ? parsed : {})
    return Object.fromEntries(entries.filter((entry): entry is [string, number] => Number.isInteger(entry[1])))
  } catch {
    return {}
  }
}

function isSocketDesk(desk: DeskClient): desk is SocketDeskClient {
  return 'onSignedOut' in desk
}

/** Starts the model: subscribes, takes the first snapshot and keeps the stores up to date until the page goes. */
export function startDeskModel(desk: DeskClient, options: BrowserServices): DeskModel {
  const store = createDeskStore()
  const chart = createChartStore()
  const ledger = createLedgerStore()
  const files = createFilesStore()
  const ui = createUiStore(options.memory.get(SINGLE_KEYS) !== 'off')
  const clock = createClockStore()
  const fileActions = createFileActions(desk, files)
  let lastPushAt = options.monotonic()
  let statusReceivedAt = lastPushAt
  let noticeId = 0
  let snapshotAttempt = 0

  const notify = (tone: Toast['tone'], text: string, undo?: CommandInput): void => {
    noticeId += 1
    ui.setState({ notice: { id: noticeId, tone, text, undo } })
  }

  const alarm = (text: string): void => {
    notify('failed', text)
    options.alarm(text)
  }

  const tick = (): void => {
    const { status } = store.getState()
    if (status === null) return
    const now = deskTime(status, options.monotonic() - statusReceivedAt, clock.getState().now)
    if (now !== clock.getState().now) clock.setState({ now })
  }

  const fetchTrades = async (): Promise<void> => {
    const { tradesVersion } = ledger.getState()
    const trades = await desk.call('trades.list', { limit: 200, version: tradesVersion ?? undefined })
    if (ledger.getState().tradesVersion === tradesVersion) ledger.setState({ trades })
  }

  const fetchLedger = createThrottle(
    1_000,
    () => {
      void Promise.all([
        desk.call('orders.list', { limit: 200 }).then((orders) => ledger.setState({ orders })),
        fetchTrades(),
        desk.call('attribution.profit', {}).then((pnl) => ledger.setState({ pnl })),
      ]).catch(() => {
        // What was shown stays; the next change or the next connection asks again.
      })
    },
    options.after,
  )
  const attribution = createAttributionStore()
  const attributionActions = createAttributionActions({ desk, rows: store, store: attribution })
  const fetchRecords = createThrottle(2_000, () => attributionActions.refresh(), options.after)

  const fetchChart = createThrottle(
    300,
    () => {
      const { slot, frame } = chart.getState()
      if (slot === null) return
      desk.call('chart.get', { slot, frame }).then(
        (data) => {
          const shown = chart.getState()
          if (shown.slot === slot && shown.frame === frame) chart.setState({ data, error: null })
        },
        (error: unknown) => chart.setState({ error: messageOf(error) }),
      )
    },
    options.after,
  )

  const showChart = (slot: SlotId, frame: CandleFrame = chart.getState().frame): void => {
    const shown = chart.getState()
    const own = parseSlot(slot)?.timeframe ?? '5m'
    const wanted: CandleFrame = frame === '1m' ? '1m' : own
    if (shown.slot === slot && shown.frame === wanted) return
    chart.setState({ slot, frame: wanted, data: null, error: null })
    fetchChart()
  }

  const proof = createProofStore()
  const replay = createReplayStore()
  const { monotonic } = options
  const proofActions = createProofActions({ desk, rows: store, ui, store: proof, monotonic })
  const replayActions = createReplayActions({
    desk,
    store: replay,
    chart,
    showChart,
    notify,
    monotonic,
    after: options.after,
  })

  COLOURS.restore(rememberedColours(options.memory.get(VERSION_COLOURS)))
  const colour = (): void => {
    const { versions } = store.getState()
    const oldestFirst = versions.toSorted(
      (a, b) => (a.firstLiveAt ?? Number.MAX_VALUE) - (b.firstLiveAt ?? Number.MAX_VALUE) || a.number - b.number,
    )
    if (COLOURS.update(oldestFirst)) ui.setState((state) => ({ colours: state.colours + 1 }))
    options.memory.set(VERSION_COLOURS, JSON.stringify(COLOURS.remembered()))
  }

  const takeSnapshot = (): void => {
    desk.call('desk.snapshot', {}).then(
      (snapshot) => {
        snapshotAttempt = 0
        lastPushAt = options.monotonic()
        statusReceivedAt = lastPushAt
        store.setState((state) => applySnapshot(state, snapshot), true)
        colour()
        tick()
        fetchLedger()
        fetchRecords()
        const first = snapshot.slots.find((row) => row.status !== 'unlisted') ?? snapshot.slots[0]
        if (chart.getState().slot === null && first !== undefined) showChart(first.slot)
        else fetchChart()
        void fileActions.loadAll(first?.strategy ?? null)
        proofActions.refresh()
        replayActions.refresh()
      },
      () => {
        if (store.getState().link === 'signed-out') return
        store.setState({ link: 'lost' })
        options.after(backoffMs(snapshotAttempt), takeSnapshot)
        snapshotAttempt += 1
      },
    )
  }

  const receive = createBatcher<DeskPush>(options.schedule, (pushes) => {
    // Before the first snapshot there is nothing that a push could be merged into.
    if (store.getState().snapshots === 0) return
    const before = store.getState()
    store.setState((state) => applyPushes(state, pushes), true)
    const after = store.getState()
    if (after.ledgerRevision !== before.ledgerRevision) fetchLedger()
    if (after.versions !== before.versions) {
      fetchRecords()
      colour()
    }
    // What is under way now matters more than an earlier deployment somebody looked up.
    if (after.deployments[0]?.id !== before.deployments[0]?.id) ui.setState({ deployment: null })
    proofActions.receive(pushes)
    replayActions.receive(pushes)
    const { data } = chart.getState()
    if (data !== null) {
      const merged = applyToChart(data, pushes)
      if (merged.data !== data) chart.setState({ data: merged.data })
      if (merged.gap) fetchChart()
    }
    fileActions.receive(pushes)
    for (const push of pushes) if (push.kind === 'event' && push.row.kind === 'alarm') alarm(push.row.message)
    tick()
  })

  desk.onPush((push) => {
    lastPushAt = options.monotonic()
    if (push.kind === 'status') statusReceivedAt = lastPushAt
    receive(push)
  })
  let connectedOnce = false
  desk.onConnection((state) => {
    if (state === 'connected') {
      if (connectedOnce) store.setState({ link: 'connecting' })
      connectedOnce = true
      takeSnapshot()
    } else if (store.getState().link !== 'signed-out') store.setState({ link: state })
  })
  if (isSocketDesk(desk)) desk.onSignedOut(() => store.setState({ link: 'signed-out' }))
  options.every(250, () => {
    tick()
    const quietMs = options.monotonic() - lastPushAt
    if (store.getState().link === 'connected' && quietMs > STALE_AFTER_MS) store.setState({ link: 'stale' })
  })

  const { signOut } = options
  /** What becomes of a file that was saved, where it is not deployed at once. */
  const afterSave = (path: string): string => {
    const { status, slots } = store.getState()
    const file = files.getState().files[path]
    const strategy = file === undefined ? null : strategyIn(file)
    if (strategy !== null && !Object.values(slots).some((row) => row.strategy === strategy))
      return `No slot is assigned to ${strategy}, so nothing of it is deployed: assign one.`
    if (status?.market === 'live') return 'It is a candidate now: with real money, Deploy starts it.'
    return status?.deploys === 'frozen' ? 'It is checked and proved, and waits until deployments are unfrozen.' : ''
  }

  return {
    desk: store,
    chart,
    ledger,
    files,
    ui,
    clock,
    proof,
    replay,
    attribution,
    attributionActions,
    ledgerActions: {
      tradesVersion(hash) {
        ledger.setState({ tradesVersion: hash, trades: null })
        fetchTrades().catch(() => {
          // The next change or the next connection asks again.
        })
      },
    },
    fileActions,
    proofActions,
    replayActions,
    notify,
    showChart,
    signOut:
      signOut === null
        ? null
        : async (all) => {
            try {
              await signOut(all)
            } catch (error) {
              notify('failed', `Nobody was signed out: ${messageOf(error)}.`)
            }
          },
    setSingleKeys(on) {
      options.memory.set(SINGLE_KEYS, on ? 'on' : 'off')
      ui.setState({ singleKeys: on })
    },
    async command(input, undo) {
      try {
        const outcome = await desk.call('desk.command', input)
        notify(outcome.outcome, outcome.message, outcome.outcome === 'done' ? undo : undefined)
      } catch (error) {
        notify('failed', `The desk did not answer ${input.kind}: ${messageOf(error)}. What was running goes on.`)
      }
    },
    source(hash) {
      return desk.call('versions.source', { hash })
    },
    async save(path) {
      const result = await fileActions.save(path)
      notify(result.tone, result.saved ? `${result.text} ${afterSave(path)}`.trim() : result.text)
    },
  }
}
