/**
 * An independent statement of what paper trading on real books must come to, on plain numbers in micro-units. It shares no
 * code with the program: everything is recomputed from the list of books at each moment.
 */

export interface OracleBook {
  readonly ts: number
  /** Price and size of each level of the Up token, best first. */
  readonly bids: readonly (readonly [number, number])[]
  readonly asks: readonly (readonly [number, number])[]
  readonly tick: number
}

export interface OracleOrder {
  readonly id: string
  readonly ts: number
  readonly buys: boolean
  readonly up: boolean
  readonly tif: 'FAK' | 'FOK' | 'GTC' | 'GTD'
  readonly postOnly: boolean
  readonly limit: number
  /** Cash of a purchase, shares of a sale. */
  readonly amount: number
  readonly cancelAt: number | null
  readonly expiresAt: number | null
}

export interface OracleTerms {
  readonly latency: number
  readonly delay: number
  /** Taker fee in parts per million. */
  readonly rate: number
  readonly windowEnd: number
  readonly minShares: number
  readonly minCash: number
}

/** `fill` with price, shares, cash and fee; or how the order went on. */
export type OracleReport = readonly [ts: number, what: string, ...figures: number[]]

type Row = { price: number; size: number; upPrice: number }

export function fee(price: number, size: number, rate: number): number {
  const exact = BigInt(size) * BigInt(rate) * BigInt(price) * BigInt(1_000_000 - price)
  return Number(exact / 10n ** 19n) * 10
}

/** Reports on each order, in order. */
export function oracle(
  books: readonly OracleBook[],
  orders: readonly OracleOrder[],
  terms: OracleTerms,
): Map<string, OracleReport[]> {
  const reports = new Map<string, OracleReport[]>(orders.map(({ id }) => [id, []]))
  const say = (id: string, ...report: OracleReport): void => {
    reports.get(id)?.push(report)
  }
  const bookAt = (ts: number) => books.filter((book) => book.ts <= ts).at(-1)
  const used = new Map<string, number>()
  const open = new Map<string, { order: OracleOrder; left: number }>()
  const todo: { ts: number; run: () => void }[] = []
  /** After everything planned for the same time. */
  const plan = (ts: number, run: () => void) => {
    todo.splice(todo.findLastIndex((one) => one.ts <= ts) + 1, 0, { ts, run })
  }

  /** What a taker of this order meets, in prices of its own token; `all`: also what paper fills took. */
  const rows = ({ buys, up }: OracleOrder, book: OracleBook, all = false): Row[] => {
    const side = buys === up ? 'a' : 'b'
    return (side === 'a' ? book.asks : book.bids).flatMap(([upPrice, shown]) => {
      const size = all ? shown : shown - (used.get(side + upPrice) ?? 0)
      return size > 0 ? [{ price: up ? upPrice : 1_000_000 - upPrice, size, upPrice }] : []
    })
  }
  const within = ({ buys, limit }: OracleOrder, price: number) => (buys ? price <= limit : price >= limit)
  const usable = (book: OracleBook) => book.bids.length + book.asks.length > 0
  const lots = (cash: number, price: number) => Number((BigInt(cash) * 100_000n) / BigInt(price)) * 10
  const sizeAtLimit = (order: OracleOrder) => (order.buys ? lots(order.amount, order.limit) : order.amount)
  const spend = (order: OracleOrder, upPrice: number, size: number) => {
    const key = (order.buys === order.up ? 'a' : 'b') + upPrice
    used.set(key, (used.get(key) ?? 0) + size)
  }
  const rests = ({ tif }: OracleOrder) => tif === 'GTC' || tif === 'GTD'

  const rest = (order: OracleOrder, left: number, ts: number, isNew: boolean): void => {
    const until = Math.min(terms.windowEnd, order.expiresAt ?? Number.POSITIVE_INFINITY)
    if (ts >= until) return say(order.id, ts, 'expired')
    open.set(order.id, { order, left })
    if (isNew) say(order.id, ts, 'open')
    plan(until, () => {
      if (open.delete(order.id)) say(order.id, until, 'expired')
    })
  }

  const match = (order: OracleOrder, ts: number): void => {
    const book = bookAt(ts)
    if (ts >= terms.windowEnd) return say(order.id, ts, 'expired')
    if (book === undefined || !usable(book)) return say(order.id, ts, 'cancelled')
    let left = order.amount
    const taken: (readonly [Row, number, number])[] = []
    for (const row of rows(order, book)) {
      if (!within(order, row.price)) break
      const size = Math.min(row.size, order.buys ? lots(left, row.price) : left)
      if (size <= 0) break
      const cash = Number((BigInt(row.price) * BigInt(size)) / 1_000_000n)
      taken.push([row, size, cash])
      left -= order.buys ? cash : size
    }
    // A purchase leaves less than one lot unspent.
    const done = order.buys ? left <= 20 : left <= 0
    if (taken.length === 0 || (order.tif === 'FOK' && !done))
      return rests(order) ? rest(order, sizeAtLimit(order), ts, true) : say(order.id, ts, 'cancelled')
    for (const [row, size, cash] of taken) {
      spend(order, row.upPrice, size)
      say(order.id, ts, 'fill', row.price, size, cash, fee(row.price, size, terms.rate))
    }
    const remaining = order.buys ? lots(left, order.limit) : left
    if (rests(order) && remaining >= 10_000) return rest(order, remaining, ts, false)
    say(order.id, ts, done ? 'filled' : 'cancelled')
  }

  const arrive = (order: OracleOrder, ts: number): void => {
    const book = bookAt(ts)
    const small = order.buys && order.amount < terms.minCash
    const short = rests(order) && sizeAtLimit(order) < terms.minShares
    if (ts >= terms.windowEnd || book === undefined || order.limit % book.tick !== 0 || small || short)
      return say(order.id, ts, 'rejected')
    if (!usable(book)) return say(order.id, ts, rests(order) ? 'rejected' : 'cancelled')
    const best = rows(order, book, true)[0]
    if (best === undefined || !within(order, best.price))
      return rests(order) ? rest(order, sizeAtLimit(order), ts, true) : say(order.id, ts, 'cancelled')
    if (order.postOnly) return say(order.id, ts, 'rejected')
    say(order.id, ts, 'delayed')
    plan(ts + terms.delay, () => match(order, ts + terms.delay))
  }

  const show = (book: OracleBook) => {
    if (!usable(book)) return
    for (const [side, levels, sign] of [
      ['a', book.asks, 1],
      ['b', book.bids, -1],
    ] as const) {
      const worst = levels.at(-1)?.[0]
      for (const key of used.keys()) {
        const at = Number(key.slice(1))
        if (key[0] !== side || levels.some(([upPrice]) => upPrice === at)) continue
        // A book that ends before this level says nothing of it.
        if (worst === undefined || at * sign <= worst * sign) used.delete(key)
      }
    }
    for (const [id, resting] of open) {
      const { order } = resting
      let size = 0
      for (const row of rows(order, book)) {
        const beyond = order.buys ? row.price < order.limit : row.price > order.limit
        const part = Math.min(row.size, resting.left - size)
        if (!beyond || part <= 0) break
        spend(order, row.upPrice, part)
        size += part
      }
      if (size === 0) continue
      resting.left -= size
      const cash = Number((BigInt(order.limit) * BigInt(size)) / 1_000_000n)
      say(id, book.ts, 'fill', order.limit, size, cash, 0)
      if (resting.left > 0) continue
      open.delete(id)
      say(id, book.ts, 'filled')
    }
  }

  for (const book of books) plan(book.ts, () => show(book))
  for (const order of orders) {
    const at = order.ts + terms.latency
    plan(at, () => arrive(order, at))
    if (order.cancelAt === null) continue
    const cancelled = order.cancelAt + terms.latency
    plan(cancelled, () => {
      if (open.delete(order.id)) say(order.id, cancelled, 'cancelled')
    })
  }
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) next.run()
  return reports
}
