import type { DeploymentRow } from '../../src/shared/domain/deployments.ts'
import { NO_SHARES, NO_USD, price, shares, usd, usdOf } from '../../src/shared/domain/money.ts'
import type { DecisionDifference, ProofRow } from '../../src/shared/domain/proofs.ts'
import type { ReplayRow, ReplayStats, ReplayTrade, TapeEntry } from '../../src/shared/domain/replays.ts'
import type { VersionRef } from '../../src/shared/domain/versions.ts'
import type { DeskSnapshot, DeskStatus, SlotPosition, SlotRow, VersionRow } from '../../src/shared/ipc/desk-view.ts'
import { assetOf, deploymentId, positionId, slotId, versionHash, windowId } from '../support/ids.ts'

/** Default rows for tests; `change` replaces fields. */
const START = Date.UTC(2026, 0, 5, 10, 0)

export function versionRef(number: number, strategy = 'snipe'): VersionRef {
  const hash = `${number}`.padStart(6, '0').repeat(2)
  return { hash: versionHash(hash), strategy, number, label: `${strategy} v${number} · ${hash.slice(0, 6)}` }
}

export function versionRow(number: number, change: Partial<VersionRow> = {}): VersionRow {
  return {
    ...versionRef(number, change.strategy),
    state: 'retired',
    kept: true,
    isBefore: false,
    firstLiveAt: START + number,
    own: { trades: 0, wins: 0, winRate: null, breakEven: null, pnl: NO_USD },
    handed: { trades: 0, pnl: NO_USD },
    trades: 0,
    wins: 0,
    pnl: NO_USD,
    fees: NO_USD,
    openPositions: 0,
    decisions: 0,
    faults: 0,
    overrides: [],
    ...change,
  }
}

export function status(change: Partial<DeskStatus> = {}): DeskStatus {
  return {
    market: 'simulated',
    feed: 'simulated',
    notices: ['Prices are SIMULATED'],
    trading: 'running',
    tradingReason: null,
    pausedByHold: false,
    alerts: [],
    outages: [],
    deploys: 'open',
    deploysReason: null,
    deploysUntil: null,
    cycle: { count: 1, lastMs: 1, missed: 0, at: START },
    now: START,
    speed: 1,
    startedAt: START,
    pnlToday: NO_USD,
    feesToday: NO_USD,
    atStake: NO_USD,
    stakeCap: usdOf(80),
    cash: usdOf(1_000),
    lockedPayouts: NO_USD,
    ledgerBalanced: true,
    feedConnected: true,
    homeFolder: '/home/trader/baton',
    ...change,
  }
}

export function slotPosition(change: Partial<SlotPosition> = {}): SlotPosition {
  const version = versionRef(1)
  return {
    id: positionId('P-1'),
    side: 'up',
    shares: shares(6_000_000),
    cost: usd(4_000_000),
    markValue: null,
    state: 'open',
    unsettleable: false,
    owner: version.hash,
    ownerLabel: version.label,
    openedByLabel: version.label,
    ...change,
  }
}

export function slotRow(slot: string, change: Partial<SlotRow> = {}): SlotRow {
  const quote = { bid: price(490_000), ask: price(500_000), bidShares: NO_SHARES, askShares: NO_SHARES }
  return {
    slot: slotId(slot),
    asset: assetOf(slot.slice(0, slot.lastIndexOf('-'))),
    timeframe: slot.endsWith('-15m') ? '15m' : '5m',
    status: 'live',
    statusReason: null,
    windowId: windowId('w'),
    windowStart: START,
    windowEnd: START + 300_000,
    strike: 100,
    strikeIsEstimate: false,
    spot: 100,
    spotAt: START,
    moveBp: 0,
    up: quote,
    down: quote,
    tick: price(10_000),
    position: null,
    awaiting: [],
    openOrders: 0,
    unknownOrders: 0,
    strategy: 'snipe',
    version: versionRef(1),
    lastWhy: null,
    lastDecisionAt: null,
    source: null,
    regime: null,
    ...change,
  }
}

export function deploymentRow(id: string, change: Partial<DeploymentRow> = {}): DeploymentRow {
  return {
    id: deploymentId(id),
    strategy: 'snipe',
    version: versionRef(2),
    from: versionRef(1),
    trigger: 'save',
    by: 'desk',
    state: 'kept',
    startedAt: START,
    endedAt: START,
    steps: [],
    reason: null,
    diagnostics: [],
    saveToLiveMs: null,
    swapMs: null,
    swappedAt: null,
    handoffs: 0,
    proof: null,
    policy: null,
    probation: null,
    shadow: null,
    canary: null,
    ...change,
  }
}

export function replayStats(change: Partial<ReplayStats> = {}): ReplayStats {
  return {
    decisions: 0,
    orders: 0,
    fills: 0,
    trades: 0,
    wins: 0,
    winRate: null,
    breakEven: null,
    stake: NO_USD,
    pnl: NO_USD,
    fees: NO_USD,
    sharpe: null,
    maxDrawdown: NO_USD,
    peakOrdersPerMinute: 0,
    faults: 0,
    refused: 0,
    openPositions: 0,
    ...change,
  }
}

export function proofRow(change: Partial<ProofRow> = {}): ProofRow {
  return {
    verdict: 'passed',
    reason: '24 h of tape',
    progress: 1,
    from: START,
    to: START + 86_400_000,
    slots: [slotId('BTC-5m')],
    notices: [],
    candidate: replayStats(),
    live: replayStats(),
    liveVersion: versionRef(1),
    gates: [],
    differences: 0,
    trials: 1,
    coverage: {},
    ...change,
  }
}

export function difference(minute: number, change: Partial<DecisionDifference> = {}): DecisionDifference {
  return {
    ts: START + minute * 60_000,
    slot: slotId('BTC-5m'),
    candidate: { kind: 'enter', side: 'up', limit: price(620_000), stake: usdOf(5), why: 'edge' },
    live: null,
    ...change,
  }
}

export function replayRow(id: string, change: Partial<ReplayRow> = {}): ReplayRow {
  return {
    id,
    strategy: 'snipe',
    version: versionRef(2),
    tape: 'own',
    state: 'running',
    startedAt: START,
    endedAt: null,
    progress: 0,
    from: START,
    to: START + 86_400_000,
    reached: START,
    slots: [slotId('BTC-5m'), slotId('ETH-5m')],
    notices: [],
    stats: null,
    live: null,
    decisionsPerSecond: null,
    reason: null,
    ...change,
  }
}

export function replayTrade(window: string, change: Partial<ReplayTrade> = {}): ReplayTrade {
  return {
    slot: slotId('BTC-5m'),
    windowId: windowId(window),
    side: 'up',
    openedAt: START,
    settledAt: START + 60_000,
    shares: shares(6_000_000),
    cost: usd(4_000_000),
    fees: NO_USD,
    pnl: usd(2_000_000),
    outcome: 'up',
    regime: 'quiet-trend',
    why: 'edge',
    ...change,
  }
}

export function tapeEntry(id: string, change: Partial<TapeEntry> = {}): TapeEntry {
  return {
    id,
    title: 'own recording',
    from: START,
    to: START + 86_400_000,
    bytes: 1,
    assets: [assetOf('BTC'), assetOf('ETH')],
    slots: [slotId('BTC-5m'), slotId('ETH-5m')],
    notices: [],
    ...change,
  }
}

export function snapshot(change: Partial<DeskSnapshot> = {}): DeskSnapshot {
  return {
    status: status(),
    slots: [slotRow('BTC-5m'), slotRow('ETH-5m')],
    versions: [versionRow(1, { state: 'live' })],
    deployments: [deploymentRow('d1')],
    events: [],
    ...change,
  }
}
