import type { EngineEvent } from '../../engine/events.ts'
import type { Asset, Slot, SlotId } from '../../shared/domain/slots.ts'
import { RecordWriter } from './record-writer.ts'

/** Writes an engine's events as records of a tape whose header names these assets and slots. */
export class EventWriter {
  readonly records = new RecordWriter()
  private readonly assets: ReadonlyMap<Asset, number>
  private readonly slots: ReadonlyMap<SlotId, number>

  constructor(assets: readonly Asset[], slots: readonly Slot[]) {
    this.assets = new Map(assets.map((asset, i) => [asset, i]))
    this.slots = new Map(slots.map((slot, i) => [slot.id, i]))
  }

  /** Prices, books and candles as bytes; all else, and what the header does not name, as JSON. */
  event(event: EngineEvent): void {
    const { records } = this
    switch (event.kind) {
      case 'price': {
        const asset = this.assets.get(event.asset)
        if (asset === undefined) break
        return records.price(event.ts, asset, event.tsVenue, event.price, event.volume)
      }
      case 'book': {
        const slot = this.slots.get(event.slot)
        if (slot === undefined) break
        const start = Number(event.windowId.slice(event.windowId.lastIndexOf('-') + 1))
        return records.book(event.ts, slot, start, event.tick, event.bids, event.asks)
      }
      case 'candle': {
        const asset = this.assets.get(event.asset)
        if (asset === undefined) break
        return records.candle(event.ts, asset, event.frame, event.origin === 'backfill', event.candle)
      }
      default:
        break
    }
    records.json(event.ts, event)
  }
}
