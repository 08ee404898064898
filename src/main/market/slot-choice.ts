import type { MarketData } from '../../engine/venue/market-data.ts'
import type { Config } from '../../shared/config.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import {
  type Asset,
  asset,
  defaultSlots,
  makeSlot,
  parseSlot,
  type Slot,
  type SlotId,
  TIMEFRAMES,
} from '../../shared/domain/slots.ts'

/** What was asked for: `--slots`, undefined without; else the configuration's. */
interface SlotRequest {
  readonly slots: string | undefined
  readonly config: Pick<Config, 'slots'>
}

export interface ChosenSlots {
  readonly slots: readonly Slot[]
  readonly unlisted: ReadonlySet<SlotId>
}

/** Assets with windows of 5 and 15 minutes at Polymarket (venue facts B1). */
const PAPER_ASSETS: readonly Asset[] = ['BTC', 'ETH', 'SOL', 'XRP', 'DOGE', 'BNB', 'HYPE'].map(asset)

/** Slots requested on the command line or in the configuration: `BTC-5m`, `BTC` for both of an asset, `all` for the feed's. */
export function chooseSlots(request: SlotRequest, listed: readonly Asset[]): Result<ChosenSlots> {
  const words = request.slots?.split(',').map((word) => word.trim()) ?? request.config.slots
  const slots = new Map<SlotId, Slot>()
  for (const word of words) {
    const assets = listed.filter((asset) => word === 'all' || word === asset)
    const slot = parseSlot(word)
    if (slot === undefined && assets.length === 0)
      return err(
        `--slots: ${word} is neither a slot (BTC-5m) nor an asset of this feed (${listed.join(', ')}) nor "all"`,
      )
    const requested =
      slot === undefined ? TIMEFRAMES.flatMap((frame) => assets.map((asset) => makeSlot(asset, frame))) : [slot]
    for (const each of requested) slots.set(each.id, each)
  }
  const all = [...slots.values()]
  const unlisted = new Set(all.filter((slot) => !listed.includes(slot.asset)).map((slot) => slot.id))
  if (unlisted.size === all.length) return err(`this feed lists none of the slots; it lists: ${listed.join(', ')}`)
  return ok({ slots: all, unlisted })
}

/** Slots that a desk on real books may trade: those requested, else all that the venue is known to have. */
export function paperCandidates(request: SlotRequest): Result<ChosenSlots> {
  return chooseSlots(isRequested(request) ? request : { ...request, slots: 'all' }, PAPER_ASSETS)
}

/**
 * Slots of a desk on real books, as far as the venue lists them.
 * @returns an error when it lists none of them
 */
export function choosePaperSlots(request: SlotRequest, data: Pick<MarketData, 'listing'>): Result<ChosenSlots> {
  const chosen = paperCandidates(request)
  if (!chosen.ok) return chosen
  const isListed = (slot: Slot) => data.listing(slot.id) !== null
  // Slots chosen by default are left out where the venue does not list them.
  const slots = chosen.value.slots.filter((slot) => isRequested(request) || isListed(slot))
  if (!slots.some(isListed)) return err('the venue lists none of the slots')
  return ok({ slots, unlisted: new Set(slots.filter((slot) => !isListed(slot)).map(({ id }) => id)) })
}

/** True if somebody named the slots: the default ones of the simulated market are not those of a venue. */
function isRequested({ slots, config }: SlotRequest): boolean {
  const standard = defaultSlots().map(({ id }) => id)
  return slots !== undefined || config.slots.join() !== standard.join()
}

/** Assets of the listed slots, each once. */
export function listedAssets({ slots, unlisted }: ChosenSlots): Asset[] {
  return [...new Set(slots.filter((slot) => !unlisted.has(slot.id)).map((slot) => slot.asset))]
}
