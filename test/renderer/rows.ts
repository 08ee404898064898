import { NO_SHARES, NO_USD, price, shares, usd, usdOf } from '../../src/shared/domain/money.ts'
import type {
  DeploymentRow,
  DeskSnapshot,
  DeskStatus,
  SlotPosition,
  SlotRow,
  VersionRef,
  VersionRow,
} from '../../src/shared/ipc/contract.ts'

/** Rows as a desk would send them, for tests of the window. */
const START = Date.UTC(2026, 0, 5, 10, 0)

export function versionRef(number: number, strategy = 'snipe'): VersionRef {
  const hash = `${number}`.padStart(6, '0').repeat(2)
  return { hash, strategy, number, label: `${strategy} v${number} · ${hash.slice(0, 6)}` }
}

export function versionRow(number: number, change: Partial<VersionRow> = {}): VersionRow {
  return {
    ...versionRef(number, change.strategy),
    state: 'retired',
    firstLiveAt: START + number,
    trades: 0,
    wins: 0,
    winRate: null,
    breakEven: null,
    pnl: NO_USD,
    fees: NO_USD,
    openPositions: 0,
    decisions: 0,
    faults: 0,
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
    id: 'p1',
    side: 'up',
    shares: shares(6_000_000),
    cost: usd(4_000_000),
    markValue: null,
    state: 'open',
    owner: version.hash,
    ownerLabel: version.label,
    openedByLabel: version.label,
    ...change,
  }
}

export function slotRow(slot: string, change: Partial<SlotRow> = {}): SlotRow {
  const quote = { bid: price(490_000), ask: price(500_000), bidShares: NO_SHARES, askShares: NO_SHARES }
  return {
    slot,
    asset: slot.slice(0, slot.lastIndexOf('-')),
    timeframe: slot.endsWith('-15m') ? '15m' : '5m',
    status: 'live',
    statusReason: null,
    windowId: 'w',
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
    openOrders: 0,
    unknownOrders: 0,
    strategy: 'snipe',
    version: versionRef(1),
    lastWhy: null,
    lastDecisionAt: null,
    regime: null,
    ...change,
  }
}

export function deploymentRow(id: string, change: Partial<DeploymentRow> = {}): DeploymentRow {
  return {
    id,
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
