import { known } from './polymarket-sim.ts'
import type { VenueSim } from './venue-sim.ts'

/** Best prices of Up in micro-dollars, from a market time on; null for an empty side. */
interface Best {
  readonly at: number
  readonly bid: number | null
  readonly ask: number | null
}

/** A fill in terms of Up: a purchase of Up and a sale of Down take asks, the others bids. */
export interface Taken {
  readonly slug: string
  readonly takesAsks: boolean
  /** Micro-dollars of a share of Up. */
  readonly ofUp: number
}

/** The best prices that the simulated venue really had, and how a desk's time went beside it. */
export class TrueBooks {
  private readonly sim: VenueSim
  private readonly books = new Map<string, Best[]>()
  private readonly times: { readonly desk: number; readonly market: number }[] = []

  constructor(sim: VenueSim) {
    this.sim = sim
  }

  /** Notes the books as they are now; to be called after everything that may have changed them. */
  look(): void {
    const { sim, books } = this
    const pm = known(sim.polymarket)
    const at = sim.now()
    for (const { slug, up, startMs } of pm.windows()) {
      if (startMs > at) continue
      const book = pm.book(up)
      const [bid, ask] = [micro(book?.bids.at(-1)?.price), micro(book?.asks.at(-1)?.price)]
      const list = books.get(slug) ?? []
      books.set(slug, list)
      const last = list.at(-1)
      if (last?.bid !== bid || last.ask !== ask) list.push({ at, bid, ask })
    }
  }

  /** Notes what the desk's time is now. */
  noteTime(desk: number): void {
    this.times.push({ desk, market: this.sim.now() })
  }

  /** Market time at a time of the desk. */
  marketTime(desk: number): number {
    let [low, high] = [0, this.times.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (known(this.times[middle]).desk < desk) low = middle + 1
      else high = middle
    }
    const found = known(this.times[low])
    return found.market + (desk - found.desk)
  }

  /** For how long the venue had offered nothing as good as a fill when it was made, ms; 0 if it did at that moment. */
  staleness({ slug, takesAsks, ofUp }: Taken, at: number): number {
    const list = this.books.get(slug) ?? []
    const offers = ({ bid, ask }: Best) => (takesAsks ? ask !== null && ofUp >= ask : bid !== null && ofUp <= bid)
    const now = list.findLastIndex((one) => one.at <= at)
    const last = list.slice(0, now + 1).findLastIndex(offers)
    if (last < 0) return Number.POSITIVE_INFINITY
    return last === now ? 0 : at - known(list[last + 1]).at
  }
}

function micro(text: string | undefined): number | null {
  return text === undefined ? null : Math.round(Number(text) * 1e6)
}
