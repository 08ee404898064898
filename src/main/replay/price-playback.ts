import type { Engine } from '../../engine/engine.ts'
import type { SimulatedAsset } from '../../engine/market/simulated-asset.ts'
import type { SimulatedSlot } from '../../engine/market/simulated-slot.ts'
import { type PriceSource, SimulatedVenue } from '../../engine/market/simulated-venue.ts'
import { venueSettingsOf } from '../../engine/market/venue-settings.ts'
import { TICK_CELLS, TICK_PRICE, TICK_TS, TICK_VENUE, TICK_VOLUME } from '../../engine/prices/tick-cells.ts'
import { assetOf } from '../../engine/state.ts'
import type { SlotListing } from '../../engine/venue/listing.ts'
import type { Config } from '../../shared/config.ts'
import type { OrderId } from '../../shared/domain/ids.ts'
import type { Order } from '../../shared/domain/records.ts'
import { asset, type Slot, type SlotId } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import { KIND } from '../tape/record-format.ts'
import type { Playback, Told } from './playback.ts'
import type { TapeCursor } from './tape-cursor.ts'

/** Recorded prices without books: the books around them are simulated, strikes and outcomes computed from the prices. */
export class PricePlayback implements Playback {
  readonly officialStrikes = false
  private readonly market: SimulatedVenue
  private readonly markets: readonly SimulatedAsset<SimulatedSlot>[]
  private readonly source: PriceSource
  private play: (until: number) => void = () => {}

  constructor(
    cursor: TapeCursor,
    slots: readonly Slot[],
    config: Config,
    rest: { readonly seed: number; readonly settlement: string },
  ) {
    this.market = new SimulatedVenue({
      ...venueSettingsOf(config),
      // The tape's times are those of receipt: the delay is in them.
      feedDelayMs: 0,
      seed: rest.seed,
      slots,
      source: rest.settlement,
      pushesBooks: false,
      minuteAt: () => undefined,
    })
    const names = [...new Set(slots.map((slot) => slot.asset))]
    const markets = names.map((name) => this.market.asset(name))
    const indices = cursor.header.assets.map((name) => names.indexOf(asset(name)))
    this.markets = markets
    this.source = priceSource(cursor, this.market, markets, indices)
  }

  begin(engine: Engine, desk: Told): void {
    for (const market of this.markets) market.desk = assetOf(engine.state, market.name)
    engine.readBooksFrom(this.market)
    this.play = this.market.player(this.source, desk)
  }

  advance(until: number): void {
    this.play(until)
  }

  listing(slot: SlotId): SlotListing | null {
    return this.market.listing(slot)
  }

  submit(order: Order, ts: UnixMs): void {
    this.market.submit(order, ts)
  }

  cancel(orderId: OrderId, ts: UnixMs): void {
    this.market.cancel(orderId, ts)
  }
}

/** @param indices place among `markets` of each of the tape's assets; −1 for one that is not wanted */
function priceSource(
  cursor: TapeCursor,
  market: SimulatedVenue,
  markets: readonly SimulatedAsset<SimulatedSlot>[],
  indices: readonly number[],
): PriceSource {
  const tick = new Float64Array(TICK_CELLS)
  const { reader } = cursor
  let waiting = false
  return {
    advance: (until) => {
      for (;;) {
        if (!waiting && !cursor.next()) return until
        waiting = reader.ts > until
        if (waiting) return until
        const asset = reader.kind === KIND.price ? markets[indices[reader.asset] ?? -1] : undefined
        if (asset === undefined) continue
        tick[TICK_TS] = reader.ts
        tick[TICK_VENUE] = reader.tsVenue
        tick[TICK_PRICE] = reader.price
        tick[TICK_VOLUME] = reader.volume
        if (market.relayCells(asset, tick)) return reader.ts
      }
    },
  }
}
