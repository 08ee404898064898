import type { Comparison } from '../attribution/compare.ts'
import type { OverfitGauge } from '../attribution/overfit.ts'
import type { TradeFilter, TradeRecord } from '../attribution/records.ts'
import type { Dimension } from '../attribution/trade-columns.ts'
import type {
  DeploymentState,
  DeploysState,
  OrderState,
  PositionState,
  TradingState,
  VersionState,
} from '../domain/lifecycles.ts'
import type { Price, Shares, Usd } from '../domain/money.ts'
import type { CandleFrame, Side } from '../domain/slots.ts'
import type { CommandInput, CommandOutcome } from './commands.ts'

/**
 * What a desk's window and the desk say to each other. The renderer sees only `Desk`; it does not know whether a
 * preload bridge or a WebSocket is behind it. All of it survives structured clone and JSON. Money, shares and prices
 * are integers in micro-units, times are milliseconds UTC.
 */

export type Market = 'simulated' | 'paper' | 'live'
export type FeedKind = 'simulated' | 'tape' | 'binance'

/** Slots that are to trade and in which nothing can be decided now. */
export interface SlotOutage {
  /** A fault stopped the version, none of the strategy is live, or prices are missing or old. */
  readonly kind: 'faulted' | 'no-version' | 'no-prices'
  /** Null where prices are missing. */
  readonly strategy: string | null
  /** The version that was stopped. */
  readonly version: VersionRef | null
  readonly slots: readonly string[]
  readonly reason: string
}

export interface DeskStatus {
  readonly market: Market
  readonly feed: FeedKind
  /** Sentences that must stay in sight: SIMULATED prices, interpolated path, estimated settlement. */
  readonly notices: readonly string[]
  readonly trading: TradingState
  /** Why trading is paused or killed; absent while it runs. */
  readonly tradingReason: string | null
  /** What is wrong now and concerns the desk as a whole, in sentences, the gravest first; empty when all is well. */
  readonly alerts: readonly string[]
  /** Empty while every slot that is to trade can decide. */
  readonly outages: readonly SlotOutage[]
  readonly deploys: DeploysState
  readonly deploysReason: string | null
  readonly deploysUntil: number | null
  readonly cycle: { readonly count: number; readonly lastMs: number; readonly missed: number; readonly at: number }
  /** The desk's own time: real, or the virtual time of a run. */
  readonly now: number
  /** Virtual seconds a real second; null = as fast as it goes. */
  readonly speed: number | null
  readonly startedAt: number
  readonly pnlToday: Usd
  readonly feesToday: Usd
  readonly atStake: Usd
  readonly stakeCap: Usd
  readonly cash: Usd
  readonly lockedPayouts: Usd
  readonly ledgerBalanced: boolean
  readonly feedConnected: boolean
  readonly homeFolder: string
}

export interface VersionRef {
  readonly hash: string
  readonly strategy: string
  /** `snipe v7 · 3fa9c1` */
  readonly label: string
  /** Running number of the strategy's versions; picks the colour. */
  readonly number: number
}

export interface Quote {
  readonly bid: Price | null
  readonly ask: Price | null
  readonly bidShares: Shares
  readonly askShares: Shares
}

export interface SlotPosition {
  readonly id: string
  readonly side: Side
  readonly shares: Shares
  readonly cost: Usd
  /** Value at the mark; null when there is nothing to mark it by. */
  readonly markValue: Usd | null
  readonly state: PositionState
  /** Its window ended long ago and prices for its outcome are missing: it may be voided by hand. */
  readonly unsettleable: boolean
  /** `desk` or a version's hash. */
  readonly owner: string
  readonly ownerLabel: string
  readonly openedByLabel: string
}

export type SlotStatus = 'live' | 'warming' | 'stale' | 'paused' | 'faulted' | 'unassigned' | 'unlisted'

export interface SlotRow {
  readonly slot: string
  readonly asset: string
  readonly timeframe: '5m' | '15m'
  readonly status: SlotStatus
  readonly statusReason: string | null
  readonly windowId: string
  readonly windowStart: number
  readonly windowEnd: number
  /** The settlement source's price at the start, once reported. */
  readonly strike: number | null
  readonly strikeIsEstimate: boolean
  readonly spot: number | null
  readonly spotAt: number | null
  /** ln(spot / strike) in basis points; null without both. */
  readonly moveBp: number | null
  readonly up: Quote
  readonly down: Quote
  /** Price grid of the market now. */
  readonly tick: Price
  readonly position: SlotPosition | null
  /** Of earlier windows whose outcome is awaited, oldest first. */
  readonly awaiting: readonly SlotPosition[]
  readonly openOrders: number
  readonly unknownOrders: number
  readonly strategy: string | null
  readonly version: VersionRef | null
  /** Why the last decision held, entered or exited, or why the engine refused it. */
  readonly lastWhy: string | null
  readonly lastDecisionAt: number | null
  readonly regime: string | null
}

export interface VersionRow extends VersionRef {
  readonly state: VersionState
  /** A deployment of it was kept: only then can it be rolled back to. */
  readonly kept: boolean
  /** It is what a rollback that names no version brings back. */
  readonly isBefore: boolean
  readonly firstLiveAt: number | null
  /** Of the trades that it opened and kept to their end: the same figures as in its attribution. */
  readonly own: {
    readonly trades: number
    readonly wins: number
    /** wins / trades; null without a trade. */
    readonly winRate: number | null
    /** Mean cost of a share with its fees; null without a trade. */
    readonly breakEven: number | null
    readonly pnl: Usd
  }
  /** Trades that it opened or took over and that changed their owner, with its part of their profit. */
  readonly handed: { readonly trades: number; readonly pnl: Usd }
  /** Trades that it opened, whoever had them at their end, and all that came of them. */
  readonly trades: number
  readonly wins: number
  readonly pnl: Usd
  readonly fees: Usd
  readonly openPositions: number
  readonly decisions: number
  readonly faults: number
  /** Rules that people overrode to make it live, oldest first. */
  readonly overrides: readonly PolicyOverride[]
}

export type StepName = 'compile' | 'check' | 'prove' | 'policy' | 'stage' | 'swap' | 'canary' | 'probation'

export interface Diagnostic {
  /** Path below the strategies folder, `snipe.ts`. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  readonly message: string
}

export interface DeploymentStep {
  readonly name: StepName
  readonly state: 'running' | 'done' | 'failed'
  readonly ms: number | null
  /** What the step looked at: `3 modules`, `types, contract, globals`. */
  readonly note: string
}

/** What a version did over a stretch of tape. Profit is what settled there, after fees. */
export interface ReplayStats {
  readonly decisions: number
  readonly orders: number
  readonly fills: number
  /** Settled positions. */
  readonly trades: number
  readonly wins: number
  readonly winRate: number | null
  /** Win rate at which the prices and fees paid earn nothing. */
  readonly breakEven: number | null
  /** Cash spent on entries, fees not included. */
  readonly stake: Usd
  readonly pnl: Usd
  readonly fees: Usd
  /** Mean profit of a trade over its standard deviation, in money; its sign is that of the profit. Null with too few. */
  readonly sharpe: number | null
  /** Largest fall of realised profit from a peak. */
  readonly maxDrawdown: Usd
  /** Most orders within one minute. */
  readonly peakOrdersPerMinute: number
  readonly faults: number
  /** Intents that the engine said no to. */
  readonly refused: number
  readonly openPositions: number
}

/** One bound of the proof. It gates safety, never profit. */
export interface ProofGate {
  readonly name: 'faults' | 'orders a minute' | 'stake an order' | 'drawdown'
  readonly value: number
  readonly bound: number
  readonly unit: 'count' | 'usd'
  readonly passed: boolean
}

/** A candidate's replay over recent tape, beside the live version's on the same tape. */
export interface ProofRow {
  /** `insufficient`: too little tape to judge; nothing was guessed. */
  readonly verdict: 'running' | 'passed' | 'failed' | 'insufficient'
  /** One sentence: what it rests on, or what is missing. */
  readonly reason: string
  /** 0 … 1 of the tape. */
  readonly progress: number
  readonly from: number | null
  readonly to: number | null
  readonly slots: readonly string[]
  readonly notices: readonly string[]
  readonly candidate: ReplayStats | null
  readonly live: ReplayStats | null
  readonly liveVersion: VersionRef | null
  readonly gates: readonly ProofGate[]
  /** Moments at which candidate and live version acted differently; `proof.diff` lists them. */
  readonly differences: number
  /** Hashes of this strategy that were ever proved or replayed, this one included. */
  readonly trials: number
  /** Windows that settled on the tape, by slot and by the regime they began in. */
  readonly coverage: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** Something that holds a sound candidate back. */
export interface PolicyBar {
  readonly rule: 'reload' | 'shadow' | 'canary' | 'freeze' | 'venue' | 'cooldown' | 'tilt' | 'regime' | 'quiet'
  /** The figure, its bound, and what one may do about it. */
  readonly message: string
  /** When it passes by itself, at the latest; null: nobody can tell. */
  readonly until: number | null
}

/** A person's word against the rules; it stays beside the version's figures for ever. */
export interface PolicyOverride {
  readonly ts: number
  readonly by: string
  readonly reason: string
  readonly rules: readonly string[]
}

/** What the policy step says of a deployment. */
export interface PolicyRow {
  /** What it waits for now. */
  readonly waits: readonly PolicyBar[]
  /** When it is given up if it still waits. */
  readonly waitsUntil: number | null
  readonly override: PolicyOverride | null
  /** Regime of each of its slots as it was let through. */
  readonly regimes: Readonly<Record<string, string | null>>
}

export interface ProbationBound {
  readonly name: 'faults' | 'late answers' | 'rejected orders' | 'drawdown' | 'win rate'
  /** `chance`: probability, by the proof, of as few wins or fewer; its bound is the least. */
  readonly unit: 'count' | 'usd' | 'chance'
  readonly value: number
  readonly bound: number
  readonly passed: boolean
}

/** A candidate that runs beside the live version with paper fills since it began. */
export interface ShadowRow {
  readonly since: number
  /** Market time up to which it has been played. */
  readonly reached: number
  /** What it, and the live version, would have done since; null before the first look. */
  readonly candidate: ReplayStats | null
  readonly live: ReplayStats | null
  /** Moments at which the two acted differently. */
  readonly differences: number
  /** Why nothing is known yet. */
  readonly reason: string | null
}

/** The part that a version had of its strategy before it got all of it. */
export interface CanaryRow {
  readonly since: number
  readonly slots: readonly string[]
  /** Of what it wants to stake, this much is staked. */
  readonly stakePercent: number
}

/** The first windows of a version that has gone live. */
export interface ProbationRow {
  readonly verdict: 'running' | 'passed' | 'failed'
  readonly reason: string
  readonly since: number
  readonly until: number
  readonly windows: number
  readonly windowsNeeded: number
  readonly trades: number
  readonly wins: number
  readonly pnl: Usd
  readonly bounds: readonly ProbationBound[]
}

export interface DecisionAct {
  readonly kind: 'enter' | 'exit' | 'cancel' | 'fault'
  readonly side: Side | null
  readonly limit: Price | null
  readonly stake: Usd | null
  readonly why: string
}

/** A moment at which two versions acted differently on the same tape; null = held. */
export interface DecisionDifference {
  readonly ts: number
  readonly slot: string
  readonly candidate: DecisionAct | null
  readonly live: DecisionAct | null
}

export interface ReplayTrade {
  readonly slot: string
  readonly windowId: string
  readonly side: Side
  readonly openedAt: number
  readonly settledAt: number | null
  readonly shares: Shares
  readonly cost: Usd
  readonly fees: Usd
  readonly pnl: Usd | null
  readonly outcome: Side | null
  readonly regime: string
  readonly why: string
}

/** One replay asked for by hand. Kept in memory; the newest twenty. */
export interface ReplayRow {
  readonly id: string
  readonly strategy: string
  readonly version: VersionRef
  readonly tape: string
  readonly state: 'running' | 'done' | 'partial' | 'failed'
  readonly startedAt: number
  readonly endedAt: number | null
  /** 0 … 1 of the tape. */
  readonly progress: number
  readonly from: number
  readonly to: number
  /** How far it has come, market time. */
  readonly reached: number
  readonly slots: readonly string[]
  readonly notices: readonly string[]
  readonly stats: ReplayStats | null
  /** The live version on the same tape and slots; null where none is live. */
  readonly live: { readonly version: VersionRef; readonly stats: ReplayStats | null } | null
  readonly decisionsPerSecond: number | null
  /** Why it failed or ended early. */
  readonly reason: string | null
}

/** Something that can be replayed: the desk's own recording, or an imported tape. */
export interface TapeEntry {
  /** `own`, or the name of an imported tape. */
  readonly id: string
  readonly title: string
  readonly from: number
  readonly to: number
  readonly bytes: number
  readonly assets: readonly string[]
  readonly slots: readonly string[]
  /** What must be known of results on it. */
  readonly notices: readonly string[]
}

export type ReplayStart = { readonly ok: true; readonly id: string } | { readonly ok: false; readonly error: string }

export interface DeploymentRow {
  readonly id: string
  readonly strategy: string
  readonly version: VersionRef | null
  readonly from: VersionRef | null
  readonly trigger: 'start' | 'save' | 'reload' | 'rollback'
  readonly by: string
  readonly state: DeploymentState
  readonly startedAt: number
  readonly endedAt: number | null
  /** Steps passed so far; a step that a deployment does not have is absent. */
  readonly steps: readonly DeploymentStep[]
  readonly reason: string | null
  readonly diagnostics: readonly Diagnostic[]
  /** Real milliseconds from noticing the change to the commit of the swap. */
  readonly saveToLiveMs: number | null
  /** Real milliseconds the loop was held. */
  readonly swapMs: number | null
  readonly swappedAt: number | null
  readonly handoffs: number
  /** Null until the proof begins, and for a deployment that has none. */
  readonly proof: ProofRow | null
  readonly policy: PolicyRow | null
  readonly probation: ProbationRow | null
  /** Null unless it ran as a shadow. */
  readonly shadow: ShadowRow | null
  /** Null unless it was a canary. */
  readonly canary: CanaryRow | null
}

export interface OrderRow {
  readonly id: string
  readonly slot: string
  readonly windowId: string
  readonly kind: 'enter' | 'exit'
  readonly side: Side
  readonly state: OrderState
  readonly limit: Price
  readonly stake: Usd
  readonly filledShares: Shares
  /** Of these, what the chain refused: it was moved back. */
  readonly failedShares: Shares
  readonly filledCost: Usd
  readonly fee: Usd
  readonly version: VersionRef | null
  readonly owner: string
  readonly why: string
  readonly createdAt: number
}

export interface TradeRow {
  readonly positionId: string
  readonly slot: string
  readonly windowId: string
  readonly side: Side
  readonly shares: Shares
  readonly cost: Usd
  readonly fees: Usd
  readonly payout: Usd | null
  readonly pnl: Usd | null
  readonly state: PositionState
  readonly outcome: Side | null
  readonly openedAt: number
  readonly settledAt: number | null
  readonly openedBy: VersionRef
  readonly ownedBy: string
  readonly ownerLabel: string
  readonly regime: string
}

export interface EventRow {
  readonly seq: number
  readonly ts: number
  readonly level: 'info' | 'warn' | 'error'
  /** Machine-readable kind: `refused`, `fault`, `deployment`, `command`, `feed`. */
  readonly kind: string
  readonly slot: string | null
  readonly message: string
}

/** [openTime, open, high, low, close, volume] */
export type CandleTuple = readonly [number, number, number, number, number, number]

export interface TradeMark {
  readonly ts: number
  readonly side: Side
  readonly kind: 'enter' | 'exit' | 'win' | 'loss'
  readonly version: VersionRef
  readonly text: string
}

export interface DeploymentLine {
  readonly ts: number
  readonly version: VersionRef
}

export interface ChartData {
  readonly slot: string
  readonly frame: CandleFrame
  readonly candles: readonly CandleTuple[]
  readonly marks: readonly TradeMark[]
  readonly lines: readonly DeploymentLine[]
}

/** Cumulated profit of one version, a point a settled trade. */
/** How each version's profit came about, with what happened meanwhile. */
export interface ProfitHistory {
  readonly series: readonly PnlSeries[]
  readonly deployments: readonly DeploymentLine[]
  /** Times for which deployments were frozen; null = they still are. */
  readonly freezes: readonly { readonly from: number; readonly to: number | null }[]
}

export interface PnlSeries {
  readonly version: VersionRef
  readonly points: readonly { readonly ts: number; readonly pnl: Usd }[]
}

export interface FileEntry {
  readonly path: string
  readonly hash: string
  readonly bytes: number
}

export interface FileText extends FileEntry {
  readonly text: string
}

export type WriteResult =
  | { readonly ok: true; readonly hash: string }
  | { readonly ok: false; readonly error: string; readonly currentHash: string | null }

export interface VersionSource {
  readonly version: VersionRef
  readonly files: readonly { readonly path: string; readonly text: string }[]
}

/** A version's record, or a part of it, as the desk shows it. */
export interface AttributionRow extends TradeRecord {
  /** Null where it is not grouped by version, and for the desk itself. */
  readonly version: VersionRef | null
  readonly life: {
    readonly entries: number
    readonly filled: number
    readonly missed: number
    readonly fillRate: number | null
    readonly liveMs: number
    readonly decisions: number
    readonly faults: number
  } | null
  /** What the record says, in plain words. */
  readonly sentence: string
}

export interface DeskSnapshot {
  readonly status: DeskStatus
  readonly slots: readonly SlotRow[]
  readonly versions: readonly VersionRow[]
  /** Newest first, at most 50. */
  readonly deployments: readonly DeploymentRow[]
  /** Newest first, at most 200. */
  readonly events: readonly EventRow[]
}

/** Everything a window may ask. Expected refusals come back as values; a rejection is a broken desk. */
export interface DeskCalls {
  'desk.snapshot': (input: Record<string, never>) => DeskSnapshot
  'desk.command': (input: CommandInput) => CommandOutcome
  'chart.get': (input: { slot: string; frame: CandleFrame }) => ChartData
  'trades.list': (input: { limit: number; version?: string | undefined }) => readonly TradeRow[]
  'orders.list': (input: { limit: number }) => readonly OrderRow[]
  'attribution.records': (input: {
    by: Dimension[]
    filter: TradeFilter
  }) => readonly AttributionRow[] | Promise<readonly AttributionRow[]>
  /** What came before a change against what came after it, by the versions' hashes. */
  'attribution.compare': (input: {
    before: string
    after: string
    /** Moment of the change: what the earlier one did after it, or the later one before, does not count. */
    at: number | null
    by: 'trades' | 'time'
  }) => Comparison | Promise<Comparison>
  'attribution.profit': (input: Record<string, never>) => ProfitHistory | Promise<ProfitHistory>
  'attribution.gauge': (input: { strategy: string }) => OverfitGauge | Promise<OverfitGauge>
  'files.list': (input: Record<string, never>) => readonly FileEntry[]
  'files.read': (input: { path: string }) => FileText | null
  'files.write': (input: { path: string; text: string; baseHash: string | null }) => WriteResult
  'versions.source': (input: { hash: string }) => VersionSource | null
  'proof.diff': (input: { id: string }) => readonly DecisionDifference[]
  'tapes.list': (input: Record<string, never>) => readonly TapeEntry[]
  /** Replays what the files of a strategy say now. `hours`: only the newest part of the tape. */
  'replay.start': (input: {
    strategy: string
    tape: string
    slots: readonly string[] | null
    hours: number | null
    params: Readonly<Record<string, number | string | boolean>> | null
  }) => ReplayStart | Promise<ReplayStart>
  'replay.cancel': (input: { id: string }) => { readonly ok: boolean }
  /** Newest first. */
  'replay.list': (input: Record<string, never>) => readonly ReplayRow[]
  /** Newest first, at most 1,000. */
  'replay.trades': (input: { id: string }) => readonly ReplayTrade[]
  /** The tape's own candles around the replay's trades in one slot. */
  'replay.chart': (input: { id: string; slot: string; frame: CandleFrame }) => ChartData | Promise<ChartData>
  /** Declaration file of the module `baton`, for the editor. */
  'editor.types': (input: Record<string, never>) => { readonly text: string }
}

export type CallName = keyof DeskCalls
export type CallInput<N extends CallName> = Parameters<DeskCalls[N]>[0]
export type CallOutput<N extends CallName> = Awaited<ReturnType<DeskCalls[N]>>

/** What the desk tells every window without being asked; rows replace the row of the same key. */
export type DeskPush =
  | { readonly kind: 'status'; readonly status: DeskStatus }
  | { readonly kind: 'slots'; readonly rows: readonly SlotRow[] }
  | { readonly kind: 'versions'; readonly rows: readonly VersionRow[] }
  | { readonly kind: 'deployment'; readonly row: DeploymentRow }
  | { readonly kind: 'event'; readonly row: EventRow }
  | { readonly kind: 'mark'; readonly slot: string; readonly mark: TradeMark }
  | { readonly kind: 'line'; readonly slots: readonly string[]; readonly line: DeploymentLine }
  | { readonly kind: 'candle'; readonly asset: string; readonly frame: CandleFrame; readonly candle: CandleTuple }
  | { readonly kind: 'file'; readonly entry: FileEntry }
  | { readonly kind: 'replay'; readonly row: ReplayRow }
  /** Differences found since the last push of the same deployment. */
  | { readonly kind: 'diff'; readonly deployment: string; readonly items: readonly DecisionDifference[] }

/** The one interface between a window and a desk. */
export interface Desk {
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>>
  /** Subscribes to pushes; the disposer ends it. */
  onPush(listener: (push: DeskPush) => void): () => void
  /** Told on every change of the connection to the desk, and once at the start. */
  onConnection(listener: (state: 'connecting' | 'connected' | 'lost') => void): () => void
}

/** What the preload bridge exposes as `window.baton`. */
export interface DeskBridge {
  call(name: string, input: unknown): Promise<unknown>
  onPush(listener: (push: unknown) => void): () => void
}

/** How the desk answers a call over IPC: failures are data. */
export type CallReply = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string }

/** Frames of the browser desk's WebSocket (`/ws`), one JSON text each. */
export type ClientFrame = { readonly t: 'call'; readonly id: number; readonly name: string; readonly input: unknown }
export type ServerFrame =
  | { readonly t: 'reply'; readonly id: number; readonly value: unknown }
  | { readonly t: 'failure'; readonly id: number; readonly error: string }
  | { readonly t: 'push'; readonly push: DeskPush }
