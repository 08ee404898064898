import type { Books, FillRow, IntentRow, OrderRow, TermColumns } from './books.ts'
import type { Report } from './finding.ts'

const TERMS: readonly (keyof TermColumns)[] = [
  'cycle',
  'slot',
  'window_id',
  'kind',
  'side',
  'limit_price',
  'stake',
  'quantity',
  'tif',
  'post_only',
  'why',
  'version',
  'deployment',
  'regime',
  'market',
]
/** An order in one of these has not left, or nothing of it was ever bought or sold. */
const NEVER_FILLED: ReadonlySet<string> = new Set(['intent', 'signed', 'sent', 'delayed', 'open', 'rejected'])
const FILLED: ReadonlySet<string> = new Set(['partial', 'filled'])

/** I3: intent first, one order an intent, signed before sent, and every fill of an order that was sent. */
export function auditIntents(books: Books, report: Report): void {
  for (const intent of books.intents.values())
    if (!books.orders.has(intent.id)) report('intents', intent.id, 'no order was made of it')
  const digests = new Map<string, string>()
  for (const order of books.orders.values()) {
    const intent = books.intents.get(order.id)
    if (intent === undefined) report('orders', order.id, 'it has no intent')
    else auditTerms(intent, order, report)
    auditDigest(order, digests, report)
    auditFilled(books.fillsOfOrder.get(order.id) ?? [], order, report)
  }
  for (const fill of books.fills) auditFill(books, fill, report)
}

function auditTerms(intent: IntentRow, order: OrderRow, report: Report): void {
  const different = TERMS.filter((term) => intent[term] !== order[term])
  if (different.length > 0) {
    const what = different.map((term) => `${term} ${String(intent[term])} became ${String(order[term])}`).join(', ')
    report('orders', order.id, `it is not what its intent says: ${what}`)
  }
  if (intent.ts > order.created_at || intent.ts > order.updated_at)
    report('intents', intent.id, 'it was written down after its order')
}

function auditDigest(order: OrderRow, seen: Map<string, string>, report: Report): void {
  const { id, digest, state } = order
  if (digest === null) {
    // Only an order that never was signed can do without: cancelled then means that it did not leave.
    const mayLack = state === 'intent' || (state === 'cancelled' && order.filled_shares === 0)
    if (!mayLack) report('orders', id, `it is ${state}, but the digest of its signed body is missing`)
    return
  }
  if (!/^(0x)?[0-9a-f]{64}$/.test(digest)) report('orders', id, 'its digest is not 64 hex digits')
  if (state === 'intent') report('orders', id, 'it has a digest before it was signed')
  const twin = seen.get(digest)
  if (twin !== undefined) report('orders', id, `its digest is that of ${twin}: one signed body, two orders`)
  seen.set(digest, id)
}

function auditFilled(fills: readonly FillRow[], order: OrderRow, report: Report): void {
  const say = (message: string) => report('orders', order.id, message)
  const sum = (part: (fill: FillRow) => number) => fills.reduce((total, fill) => total + part(fill), 0)
  const compare = (what: string, stored: number, found: number) => {
    if (stored !== found) say(`${what} ${stored}, its fills say ${found}`)
  }
  compare(
    'filled shares',
    order.filled_shares,
    sum((fill) => fill.shares),
  )
  compare(
    'filled cost',
    order.filled_cost,
    sum((fill) => fill.cash),
  )
  compare(
    'fee',
    order.fee,
    sum((fill) => fill.fee),
  )
  if (fills.length > 0 && NEVER_FILLED.has(order.state)) say(`it is ${order.state}, but it has fills`)
  if (fills.length === 0 && FILLED.has(order.state)) say(`it is ${order.state}, but it has no fill`)
  if (order.kind === 'enter' && order.filled_cost > order.stake) say(`${order.filled_cost} spent of ${order.stake}`)
  if (order.kind === 'exit' && order.filled_shares > order.quantity)
    say(`${order.filled_shares} sold of ${order.quantity}`)
}

function auditFill(books: Books, fill: FillRow, report: Report): void {
  const say = (message: string) => report('fills', fill.id, message)
  const order = books.orders.get(fill.order_id)
  if (order === undefined) return say(`its order ${fill.order_id} is not there`)
  if (fill.kind !== order.kind) say(`it is an ${fill.kind}, its order an ${order.kind}`)
  if (fill.ts < order.created_at || fill.ts > order.updated_at) say(`its time lies outside the life of ${order.id}`)
  const worse = order.kind === 'enter' ? fill.price > order.limit_price : fill.price < order.limit_price
  if (worse) say(`price ${fill.price} is worse than the limit ${order.limit_price} of ${order.id}`)
  const final = fill.state === 'confirmed' || fill.state === 'failed'
  if (!final && fill.state !== 'matched') say(`its state ${fill.state} is none`)
  if (final !== (fill.fate_at !== null))
    say(`it is ${fill.state}, and the moment of its fate is ${fill.fate_at ?? 'not set'}`)
  if (fill.fate_at !== null && fill.fate_at < fill.ts) say('it had its fate before it was matched')
  if (fill.shares <= 0 || fill.cash < 0) say('it has no shares, or negative cash')
}
