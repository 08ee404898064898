import { z } from 'zod'
import type { SlotListing } from '../../../engine/venue/listing.ts'
import { err, ok, type Result } from '../../../shared/domain/base.ts'
import { MICRO, type Price, price, shares, usd } from '../../../shared/domain/money.ts'
import type { Slot, Window } from '../../../shared/domain/slots.ts'
import { microSchema, numberSchema } from './decimals.ts'

/** A market of Gamma, as far as it is used. Source: captured rows of `/markets?slug=`. */

/** A list that the venue sends as JSON text, or as a list. */
const listText = z.union([z.array(z.string()), z.string()]).transform((value, context) => {
  if (typeof value !== 'string') return value
  try {
    const list = z.array(z.string()).safeParse(JSON.parse(value))
    if (list.success) return list.data
  } catch {}
  context.addIssue('not a list')
  return z.NEVER
})

const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

const feeSchedule = z.object({
  exponent: z.number(),
  rate: z.number(),
  takerOnly: z.boolean(),
})

const marketRow = z.object({
  slug: z.string(),
  conditionId: z.string().regex(/^0x[0-9a-f]{64}$/i),
  outcomes: listText,
  clobTokenIds: listText.optional(),
  positionIds: z.array(z.string()).optional(),
  version: z.string().optional(),
  outcomePrices: listText.optional(),
  eventStartTime: moment,
  endDate: moment,
  active: z.boolean().optional(),
  closed: z.boolean(),
  acceptingOrders: z.boolean().optional(),
  enableOrderBook: z.boolean().optional(),
  orderPriceMinTickSize: microSchema.optional(),
  orderMinSize: microSchema.optional(),
  negRisk: z.boolean().optional(),
  feesEnabled: z.boolean().optional(),
  feeType: z.string().optional(),
  feeSchedule: feeSchedule.optional(),
  resolutionSource: z.string().optional(),
  umaResolutionStatus: z.string().optional(),
  secondsDelay: numberSchema.optional(),
  cryptoMarketConfig: z
    .object({ twapEnabled: z.boolean().optional(), twapLookbackSeconds: z.number().optional() })
    .optional(),
})
export type MarketRow = z.output<typeof marketRow>

/** The first row of a reply of `/markets?slug=`; undefined if the venue has no such market yet. */
export function parseMarkets(value: unknown): Result<MarketRow | undefined> {
  const list = z.array(z.unknown()).safeParse(value)
  if (!list.success) return err('the reply is not a list of markets')
  if (list.data.length === 0) return ok(undefined)
  const row = marketRow.safeParse(list.data[0])
  if (row.success) return ok(row.data)
  const [issue] = row.error.issues
  return err(`market row: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
}

/** A window's market, verified and ready to be subscribed. */
export interface WindowMarket {
  readonly window: Window
  readonly conditionId: string
  /** Token ids of the two outcomes. */
  readonly tokens: { readonly up: string; readonly down: string }
  readonly terms: SlotListing
  /** Text of the minimum size, as the checksum of books needs it. */
  readonly minOrderSize: string
  /** Length of the mean that settles it, seconds; 0 for the spot price. */
  readonly meanSeconds: number
}

/** Minimum stake of a marketable purchase; not in the market's row (venue facts B2.6). */
const MIN_STAKE = usd(MICRO)

/**
 * Checks that a row is the market that its slug promises, and is tradable by the rules known here.
 * @param takerDelayMs used where the row states no delay
 * @returns the market, or why the window is not traded, naming the field
 */
export function verifyMarket(row: MarketRow, slot: Slot, window: Window, takerDelayMs: number): Result<WindowMarket> {
  const tokens = tokensOf(row)
  if (!tokens.ok) return tokens
  const refuse = (reason: string) => err(`${row.slug}: ${reason}`)
  if (row.slug !== window.id) return refuse(`the venue answered with another market than ${window.id}`)
  if (row.eventStartTime !== window.start)
    return refuse(`eventStartTime is ${new Date(row.eventStartTime).toISOString()}`)
  if (row.endDate !== window.end) return refuse(`endDate is ${new Date(row.endDate).toISOString()}`)
  if (row.negRisk === true) return refuse('negRisk is true')
  const { orderPriceMinTickSize: tick, orderMinSize: minSize } = row
  if (tick === undefined || ![10_000, 1_000].includes(tick))
    return refuse('orderPriceMinTickSize is neither 0.01 nor 0.001')
  if (minSize === undefined || minSize <= 0) return refuse('orderMinSize is missing')
  const fee = takerFeePpm(row)
  if (!fee.ok) return refuse(fee.error)
  const mean = meanOf(row, slot)
  if (!mean.ok) return refuse(mean.error)
  return ok({
    window,
    conditionId: row.conditionId,
    tokens: tokens.value,
    terms: {
      slot: slot.id,
      tick: price(tick),
      minShares: shares(minSize),
      minStake: MIN_STAKE,
      takerFeePpm: fee.value,
      takerDelayMs: !row.secondsDelay ? takerDelayMs : Math.round(row.secondsDelay * 1_000),
    },
    minOrderSize: String(minSize / MICRO),
    meanSeconds: mean.value,
  })
}

/** Why a verified market takes no orders now; undefined if it does. */
export function untradable({ active, closed, acceptingOrders, enableOrderBook }: MarketRow): string | undefined {
  if (closed) return 'closed'
  if (active !== true) return 'not active'
  if (enableOrderBook !== true) return 'no order book'
  if (acceptingOrders !== true) return 'not accepting orders'
  return undefined
}

function tokensOf(row: MarketRow): Result<WindowMarket['tokens']> {
  const { slug, version = 'v1', outcomes } = row
  // Ids of version v2 markets are in another field, and their orders go to another exchange.
  if (version !== 'v1' && version !== 'v2') return err(`${slug}: version ${version} is not known`)
  const ids = version === 'v1' ? row.clobTokenIds : row.positionIds
  const up = outcomes.indexOf('Up')
  const down = outcomes.indexOf('Down')
  if (outcomes.length !== 2 || up === -1 || down === -1) return err(`${slug}: outcomes are ${outcomes.join(', ')}`)
  const [upId, downId] = [ids?.[up], ids?.[down]]
  if (!upId || !downId || upId === downId) return err(`${slug}: it has no token ids yet`)
  return ok({ up: upId, down: downId })
}

function takerFeePpm({ feesEnabled, feeType, feeSchedule: fee }: MarketRow): Result<number> {
  if (feesEnabled === false) return ok(0)
  if (feeType !== undefined && !feeType.startsWith('crypto_fees')) return err(`feeType ${feeType} is not known`)
  if (fee === undefined) return err('feeSchedule is missing')
  if (fee.exponent !== 1 || !fee.takerOnly)
    return err('feeSchedule has another form than rate × p × (1 − p) for takers')
  if (!(fee.rate >= 0 && fee.rate <= 0.5)) return err(`the fee rate ${fee.rate} is out of range`)
  return ok(Math.round(fee.rate * 1e6))
}

/** Length of the settlement mean, seconds, from the stated source. */
function meanOf({ resolutionSource, cryptoMarketConfig }: MarketRow, { asset }: Slot): Result<number> {
  const match = /^https:\/\/data\.chain\.link\/streams\/([a-z]+)-usd(?:-twap-(\d+)s-streams)?$/.exec(
    resolutionSource ?? '',
  )
  if (match === null || match[1] !== asset.toLowerCase())
    return err(`resolutionSource is not the expected one: ${resolutionSource ?? 'missing'}`)
  const seconds = match[2] === undefined ? 0 : Number(match[2])
  const stated = cryptoMarketConfig?.twapLookbackSeconds
  if (stated !== undefined && cryptoMarketConfig?.twapEnabled === true && stated !== seconds)
    return err(`resolutionSource says ${seconds} s, cryptoMarketConfig ${stated} s`)
  return ok(seconds)
}

/** What a Up share pays according to a row; undefined while the market is not resolved. */
export function payoutOf(row: MarketRow): Price | undefined {
  const { closed, outcomes, outcomePrices, umaResolutionStatus } = row
  if (!closed || outcomePrices === undefined) return undefined
  const up = Number(outcomePrices[outcomes.indexOf('Up')])
  const down = Number(outcomePrices[outcomes.indexOf('Down')])
  const isDecided = (up === 1 && down === 0) || (up === 0 && down === 1)
  // A split is believed only once the resolution is stated: prices of a closed market can stand at one half before.
  const isSplit = up === 0.5 && down === 0.5 && umaResolutionStatus === 'resolved'
  return isDecided || isSplit ? price(up * MICRO) : undefined
}
