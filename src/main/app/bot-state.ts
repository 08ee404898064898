import { z } from 'zod'
import type { Engine } from '../../engine/engine.ts'
import type { PaperSnapshot } from '../../engine/market/paper-market.ts'
import type { SimSnapshot } from '../../engine/market/sim-prices.ts'

const snapshotSchema = z.object({
  prices: z.custom<SimSnapshot>((value) => typeof value === 'object' && value !== null).optional(),
  paper: z.custom<PaperSnapshot>((value) => typeof value === 'object' && value !== null).optional(),
})

/** The full snapshot of every half minute: what the tables do not hold, and the rest to compare with. */
export function botState(engine: Engine, paper: PaperSnapshot, prices: SimSnapshot | undefined): string {
  const s = engine.state
  return JSON.stringify({
    ts: s.now,
    cycle: s.cycle,
    trading: s.trading,
    cash: s.ledger.cash,
    locked: s.ledger.locked,
    costOfOpen: s.ledger.costOfOpen,
    live: Object.fromEntries(s.live),
    positions: [...s.positions.values()],
    orders: [...s.orders.values()],
    states: [...s.slots.values()].map((slot) => ({
      slot: slot.slot.id,
      revision: slot.revision,
      json: slot.stateJson,
    })),
    paper,
    prices,
  })
}

/** Reads a snapshot back; one that cannot be read is as good as none, because the tables are the truth. */
export function parseBotState(json: string | undefined): z.infer<typeof snapshotSchema> | undefined {
  if (json === undefined) return undefined
  const parsed = snapshotSchema.safeParse(JSON.parse(json))
  return parsed.success ? parsed.data : undefined
}
