import type { Books, FillRow, TagColumns } from './books.ts'
import type { Report } from './finding.ts'
import { short } from './owners.ts'

const FRAME_SECONDS: Readonly<Record<string, number>> = { '5m': 300, '15m': 900 }

/** I6: version, deployment, regime and market are on every trade, are real, and stay the same along its chain. */
export function auditTags(books: Books, report: Report): void {
  const [first] = books.intents.values()
  const market = first?.market ?? null
  const tables: readonly (readonly [string, Iterable<TagColumns & { readonly id: string }>])[] = [
    ['intents', books.intents.values()],
    ['orders', books.orders.values()],
    ['fills', books.fills],
    ['positions', books.positions.values()],
  ]
  for (const [table, rows] of tables) {
    for (const row of rows) auditRow(books, table, row, market, report)
  }
  for (const fill of books.fills) auditFillChain(books, fill, report)
  auditPositionTags(books, report)
  auditWindows(books, report)
}

function auditRow(
  books: Books,
  table: string,
  row: TagColumns & { readonly id: string },
  market: string | null,
  report: Report,
): void {
  const say = (message: string) => report(table, row.id, message)
  if (row.version !== 'desk' && !books.versions.has(row.version)) say(`version ${short(row.version)} is not stored`)
  if (row.regime.trim() === '') say('it has no regime')
  if (row.market.trim() === '') say('it has no market')
  else if (market !== null && row.market !== market) say(`it is of market ${row.market}, this desk's is ${market}`)
  if (row.deployment === null) {
    if (row.version !== 'desk') say('it has no deployment')
    return
  }
  const deployment = books.deployments.get(row.deployment)
  if (deployment === undefined) say(`deployment ${row.deployment} is not there`)
  else if (row.version !== 'desk' && deployment.version !== row.version)
    say(`deployment ${row.deployment} brought ${short(deployment.version ?? 'nothing')}, not ${short(row.version)}`)
}

const TAGS = ['version', 'deployment', 'regime', 'market'] as const

function differing(a: TagColumns, b: TagColumns): string {
  return TAGS.filter((tag) => a[tag] !== b[tag]).join(', ')
}

function auditFillChain(books: Books, fill: FillRow, report: Report): void {
  const order = books.orders.get(fill.order_id)
  if (order === undefined) return
  const different = differing(fill, order)
  if (different !== '') report('fills', fill.id, `not tagged as ${order.id} is: ${different}`)
  const position = books.positions.get(fill.position_id)
  if (position === undefined) return report('fills', fill.id, `its position ${fill.position_id} is not there`)
  if (position.window_id !== order.window_id || position.slot !== order.slot || position.side !== order.side)
    report('fills', fill.id, `${order.id} and ${position.id} are not of one window and side`)
  if (order.kind === 'exit' && order.position_id !== fill.position_id)
    report('fills', fill.id, `${order.id} was to sell ${order.position_id ?? 'nothing'}, not ${fill.position_id}`)
}

/** A position is tagged by the entry that opened it, and keeps those tags for good. */
function auditPositionTags(books: Books, report: Report): void {
  for (const position of books.positions.values()) {
    if (position.opened_by !== position.version)
      report('positions', position.id, `opened by ${short(position.opened_by)}, tagged ${short(position.version)}`)
    const opening = (books.fillsOfPosition.get(position.id) ?? []).find((fill) => fill.kind === 'enter')
    if (opening === undefined) continue
    const different = differing(position, opening)
    if (different !== '') report('positions', position.id, `not tagged as ${opening.id} is: ${different}`)
  }
}

/** A window's name says asset, timeframe and start: slot and end must fit it. */
function auditWindows(books: Books, report: Report): void {
  const check = (table: string, id: string, row: { window_id: string; slot: string; window_end?: number }) => {
    const match = /^([a-z0-9]+)-updown-(5m|15m)-(\d+)$/.exec(row.window_id)
    const [, asset = '', frame = '', start = ''] = match ?? []
    if (match === null || row.slot !== `${asset.toUpperCase()}-${frame}`)
      return report(table, id, `window ${row.window_id} is not one of ${row.slot}`)
    const end = (Number(start) + (FRAME_SECONDS[frame] ?? 0)) * 1_000
    if (row.window_end !== undefined && row.window_end !== end)
      report(table, id, `window ${row.window_id} does not end at ${new Date(row.window_end).toISOString()}`)
  }
  for (const intent of books.intents.values()) check('intents', intent.id, intent)
  for (const order of books.orders.values()) check('orders', order.id, order)
  for (const position of books.positions.values()) check('positions', position.id, position)
  for (const row of books.settlements.values()) {
    check('settlements', row.window_id, row)
    if (row.source.trim() === '') report('settlements', row.window_id, 'it does not say where it came from')
  }
}
