import { CandlePathSource } from '../../engine/market/candle-path.ts'
import { readSimSnapshot, SIMULATED_ASSETS, SimPrices } from '../../engine/market/sim-prices.ts'
import type { MarketData } from '../../engine/venue/market-data.ts'
import type { Config } from '../../shared/config.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { FeedEvent, TickSource } from '../../shared/domain/feed.ts'
import type { FeedKind, Market } from '../../shared/domain/market.ts'
import { parseSlot, type Slot, type SlotId } from '../../shared/domain/slots.ts'
import { HOUR, isoUtc, SECOND, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { reportNotices } from '../../shared/file-report.ts'
import type { DeskClock } from '../platform/desk-clock.ts'
import { systemRandom } from '../platform/system.ts'
import { BinanceFeed } from '../venues/binance/feed.ts'
import { PolymarketData } from '../venues/polymarket/data.ts'
import { DEFAULT_TIMINGS } from '../venues/polymarket/options.ts'
import type { ApiCredentials } from '../venues/polymarket/polybolt.ts'
import { loadCandles } from '../venues/tape/candle-files.ts'
import { checkHosts, WAY_OUT } from './paper-hosts.ts'
import { type ChosenSlots, choosePaperSlots, chooseSlots, listedAssets, paperCandidates } from './slot-choice.ts'

/** Default start of simulated runs in virtual time, a Monday; fixed, so that runs are reproducible. */
const SIMULATED_START = Date.UTC(2026, 0, 5)
/** Part of a tape before the default start, used as history for the strategies. */
const TAPE_WARM_UP_MS = 2 * HOUR

export interface FeedRequest {
  readonly market: Market
  readonly kind: FeedKind
  readonly tapes: readonly string[]
  readonly seed: number
  /** True for virtual time, which starts at a fixed time; real time starts now. */
  readonly virtual: boolean
  readonly from: UnixMs | undefined
  readonly forMs: number | undefined
  readonly slots: string | undefined
  /** Result of the previous feed's `save`; undefined the first time. */
  readonly resume: unknown
  readonly config: Config
  readonly clock: DeskClock
  /** For settlement prices of Polymarket; null without any. */
  readonly credentials: ApiCredentials | null
  /** Called with every frame of a venue as received. */
  readonly onFrame: (text: string) => void
  /** Called when hosts of the paper market cannot be used, with the reason: true = try again. Absent: the error is final. */
  readonly tryAgain?: ((reason: string) => Promise<boolean>) | undefined
}

/** What happened at a venue, in words, for people. */
export interface VenueReport {
  readonly level: 'info' | 'warn'
  readonly detail: string
}

/** A feed that is ready to deliver prices. */
export interface OpenFeed {
  readonly market: Market
  readonly slots: readonly Slot[]
  readonly unlisted: ReadonlySet<SlotId>
  /** Source from which prices are pulled in order; null for a feed that pushes. */
  readonly source: TickSource | null
  readonly from: UnixMs
  readonly until: UnixMs
  /** Notices to display permanently. */
  readonly notices: readonly string[]
  /** Name of the substitute for the settlement source. */
  readonly settlement: string
  /** For a feed that pushes: delivers events received so far, then all later ones. Null for a pulled feed. */
  readonly listen: ((listener: (event: FeedEvent) => void) => void) | null
  /** Real books, strikes and outcomes of a venue; null or absent where books are simulated. */
  readonly data?: MarketData | null
  /** Passes on what the market data has reported so far, then all that follows; absent where there is none. */
  readonly onReport?: (listener: (report: VenueReport) => void) => void
  /** True when the feed generates its prices, so that nothing happens while no desk runs. */
  readonly makesPrices: boolean
  /** State to persist across restarts, as JSON-compatible data; undefined without any. */
  readonly save: () => unknown
  readonly stop: () => Promise<void>
}

const FOREVER = unixMs(Number.MAX_SAFE_INTEGER)
const ESTIMATED =
  'Settlement is estimated from this feed, not taken from the official source: some outcomes would differ.'
const SIMULATED_BOOKS = 'Order books and fills are SIMULATED around the price.'

export async function openFeed(request: FeedRequest): Promise<Result<OpenFeed>> {
  if (request.market === 'live') return err('this build cannot open the live market')
  if (request.market === 'paper') return openPaper(request)
  switch (request.kind) {
    case 'simulated':
      return openSimulated(request)
    case 'tape':
      return openTape(request)
    case 'binance':
      return openBinance(request)
  }
}

function openSimulated(request: FeedRequest): Result<OpenFeed> {
  const chosen = chooseSlots(request, SIMULATED_ASSETS)
  if (!chosen.ok) return chosen
  const assets = listedAssets(chosen.value)
  const start = request.from ?? (request.virtual ? unixMs(SIMULATED_START) : request.clock.now())
  const simulated = new SimPrices(assets, request.seed, start, readSimSnapshot(request.resume))
  return ok({
    ...chosen.value,
    market: 'simulated',
    source: simulated,
    from: unixMs(Math.ceil(start / 1000) * 1000),
    until: request.forMs === undefined ? FOREVER : unixMs(start + request.forMs),
    notices: [
      'Prices, books, fills and outcomes are SIMULATED: they are no evidence of what a real market would have paid.',
    ],
    settlement: 'simulated',
    listen: null,
    makesPrices: true,
    save: () => simulated.snapshot(),
    stop: () => Promise.resolve(),
  })
}

function openTape(request: FeedRequest): Result<OpenFeed> {
  if (request.tapes.length === 0) return err('--feed tape needs --tape with candle files or a folder of them')
  const tape = loadCandles(request.tapes)
  if (!tape.ok) return tape
  const { series, files } = tape.value
  const chosen = chooseSlots(
    request,
    series.map(({ asset }) => asset),
  )
  if (!chosen.ok) return chosen
  const wanted = listedAssets(chosen.value)
  const used = series.filter(({ asset }) => wanted.includes(asset))
  const first = Math.max(...used.map(({ openTime }) => openTime[0] ?? 0))
  const last = Math.max(...used.map(({ openTime }) => openTime.at(-1) ?? 0)) + 60_000
  const from = request.from ?? unixMs(Math.ceil((first + TAPE_WARM_UP_MS) / 900_000) * 900_000)
  if (from < first || from >= last)
    return err(`--from ${isoUtc(from)} is outside the tape, which holds ${isoUtc(first)} to ${isoUtc(last)}`)
  const until = unixMs(request.forMs === undefined ? last : Math.min(last, from + request.forMs))
  const source = new CandlePathSource({ series: used, from, to: unixMs(last), seed: request.seed })
  return ok({
    ...chosen.value,
    market: 'simulated',
    source,
    from,
    until,
    notices: [
      'Prices are INTERPOLATED inside recorded one-minute candles, and such a path is biased towards the close: results that depend on timing inside a candle are unreliable.',
      `${SIMULATED_BOOKS} ${ESTIMATED}`,
      ...reportNotices(files.map(({ report }) => report)),
    ],
    settlement: 'estimate: interpolated candles',
    listen: null,
    makesPrices: false,
    save: () => undefined,
    stop: () => Promise.resolve(),
  })
}

/** Prices of Binance with Polymarket's real books, strikes and outcomes; tried again as long as the request wants. */
async function openPaper(request: FeedRequest): Promise<Result<OpenFeed>> {
  const candidates = paperCandidates(request)
  if (!candidates.ok) return candidates
  const { config, credentials, clock, tryAgain } = request
  for (;;) {
    const checked = await checkHosts(config, credentials !== null, clock)
    const opened = checked.ok ? await connectPaper(request, candidates.value, checked.value) : checked
    if (opened.ok) return opened
    const reason = `${opened.error}. Without them: ${WAY_OUT}`
    if (tryAgain === undefined || !(await tryAgain(reason))) return err(reason)
  }
}

/** @param notices what is known of the hosts, to display */
async function connectPaper(
  request: FeedRequest,
  candidates: ChosenSlots,
  notices: readonly string[],
): Promise<Result<OpenFeed>> {
  const { clock, config, credentials, onFrame } = request
  const reports: VenueReport[] = []
  let report = (each: VenueReport): void => {
    reports.push(each)
  }
  const data = new PolymarketData({
    hosts: config.polymarket,
    slots: candidates.slots.filter(({ id }) => !candidates.unlisted.has(id)),
    clock,
    random: systemRandom,
    timings: DEFAULT_TIMINGS,
    requestMs: DEFAULT_TIMINGS.requestMs,
    takerDelayMs: config.paper.takerDelayMs,
    credentials,
    onFrame,
    report: (level, detail) => report({ level, detail }),
  })
  const started = await data.start()
  const chosen = started.ok ? choosePaperSlots(request, data) : started
  const prices = chosen.ok
    ? await openBinance({ ...request, slots: chosen.value.slots.map(({ id }) => id).join() })
    : chosen
  if (!chosen.ok || !prices.ok) {
    data.stop()
    return chosen.ok ? prices : chosen
  }
  return ok({
    ...prices.value,
    market: 'paper',
    slots: chosen.value.slots,
    unlisted: new Set([...chosen.value.unlisted, ...prices.value.unlisted]),
    data,
    onReport: (listener) => {
      for (const each of reports.splice(0)) listener(each)
      report = listener
    },
    notices: [
      'PAPER: prices come from Binance, books, strikes and outcomes from Polymarket; orders are filled on paper and move no money.',
      ...notices,
    ],
    settlement: 'polymarket',
    stop: async () => {
      data.stop()
      await prices.value.stop()
    },
  })
}

async function openBinance(request: FeedRequest): Promise<Result<OpenFeed>> {
  const requested = chooseSlots(
    request,
    request.config.slots.flatMap((word) => parseSlot(word)?.asset ?? []),
  )
  if (!requested.ok) return requested
  const assets = [...new Set(requested.value.slots.map((slot) => slot.asset))]
  const { binance, priceGuard, stalePriceMs } = request.config
  const { restUrl, wsUrl } = binance
  const feed = new BinanceFeed({
    assets,
    clock: request.clock,
    random: systemRandom,
    restUrl,
    wsUrl,
    historyCount: 400,
    timings: { symbolSilenceMs: 2 * stalePriceMs, unreadablePeriodMs: stalePriceMs },
    guard: {
      jump: priceGuard.jumpPercent / 100,
      confirmMs: priceGuard.confirmSeconds * SECOND,
      confirmPrices: priceGuard.confirmPrices,
    },
    onFrame: request.onFrame,
    onTime: ({ offsetMs, roundTripMs }) => request.clock.follow(offsetMs, roundTripMs),
  })
  const early: FeedEvent[] = []
  let deliver = (event: FeedEvent): void => {
    early.push(event)
  }
  const started = await feed.start((event) => deliver(event))
  if (!started.ok) return err(`Binance at ${restUrl} did not answer: ${started.error}`)
  const chosen = chooseSlots(request, [...feed.listed()])
  if (!chosen.ok) {
    await feed.stop()
    return chosen
  }
  return ok({
    ...chosen.value,
    market: 'simulated',
    source: null,
    from: request.clock.now(),
    until: request.forMs === undefined ? FOREVER : unixMs(request.clock.now() + request.forMs),
    notices: [`Prices come from Binance. ${SIMULATED_BOOKS} ${ESTIMATED}`],
    settlement: 'estimate: Binance',
    listen: (listener) => {
      for (const event of early) listener(event)
      deliver = listener
    },
    makesPrices: false,
    save: () => undefined,
    stop: () => feed.stop(),
  })
}
