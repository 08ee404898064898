import type { Books, HandoffRow, OrderRow, PositionRow } from './books.ts'
import { isUnsettled, type Report, WORKING } from './finding.ts'

const REASONS: ReadonlySet<string> = new Set([
  'deployment',
  'rollback',
  'fault',
  'kill',
  'unloadable',
  'close',
  'dismissal',
  'reversal',
])
/** Those leave things with the desk. */
const TO_DESK: ReadonlySet<string> = new Set(['fault', 'kill', 'unloadable', 'close', 'reversal'])
/** A command is written down just after it was carried out; the desk's own exits follow within a cycle. */
const COMMAND_SLACK_MS = 5_000

/** I1: every open position and order has one owner, and the handoffs lead from the first owner to the present one. */
export function auditOwners(books: Books, report: Report): void {
  for (const handoff of books.handoffs) auditHandoff(books, handoff, report)
  for (const order of books.orders.values()) auditOrderOwner(books, order, report)
  for (const position of books.positions.values()) auditPositionOwner(books, position, report)
  const perDeployment = Map.groupBy(books.handoffs, (row) => row.deployment)
  for (const { id, handoffs } of books.deployments.values()) {
    const found = perDeployment.get(id)?.length ?? 0
    if (found !== handoffs) report('deployments', id, `it handed over ${handoffs}, but ${found} handoffs name it`)
  }
}

function isOwner(books: Books, owner: string): boolean {
  return owner === 'desk' || books.versions.has(owner)
}

function auditHandoff(books: Books, row: HandoffRow, report: Report): void {
  const say = (message: string) => report('handoffs', row.seq, message)
  const subject =
    row.subject === 'position'
      ? books.positions.get(row.subject_id)
      : row.subject === 'order'
        ? books.orders.get(row.subject_id)
        : undefined
  if (subject === undefined) say(`its ${row.subject} ${row.subject_id} is not there`)
  else {
    const began = 'opened_at' in subject ? subject.opened_at : subject.created_at
    if (row.ts < began) say(`it is earlier than ${row.subject_id}`)
    if ('settled_at' in subject && subject.settled_at !== null && row.ts > subject.settled_at)
      say(`${row.subject_id} was settled before it`)
  }
  if (row.from_owner === row.to_owner) say(`it goes from ${short(row.from_owner)} to the same owner`)
  for (const owner of [row.from_owner, row.to_owner])
    if (!isOwner(books, owner)) say(`${short(owner)} is neither a stored version nor the desk`)
  if (!REASONS.has(row.reason)) say(`"${row.reason}" is no reason for a handoff`)
  auditCause(books, row, say)
  if ((row.mark === null) !== (row.mark_source === null)) say('mark and source of the mark do not go together')
  if (row.mark !== null && (row.mark < 0 || row.mark > 1_000_000)) say(`mark ${row.mark} is not between 0 and 1 USD`)
}

function hasFailedSale(books: Books, { subject_id, ts }: HandoffRow): boolean {
  return (books.fillsOfPosition.get(subject_id) ?? []).some(
    (fill) => fill.kind === 'exit' && fill.state === 'failed' && fill.fate_at === ts,
  )
}

/** A fault and a kill leave things with the desk; a deployment and a rollback give them to the version they brought, a canary gives back. */
function auditCause(books: Books, row: HandoffRow, say: (message: string) => void): void {
  if (TO_DESK.has(row.reason)) {
    if (row.to_owner !== 'desk') say(`a ${row.reason} hands over to the desk, not to ${short(row.to_owner)}`)
    if (row.reason === 'reversal' && !hasFailedSale(books, row)) say('no sale of it failed then')
    return
  }
  if (row.reason === 'dismissal') {
    const [from, to] = [row.from_owner, row.to_owner].map((owner) => books.strategies.get(owner))
    if (to === undefined || from !== to) say('a canary gives back to another version of its strategy')
    return
  }
  const deployment = row.deployment === null ? undefined : books.deployments.get(row.deployment)
  if (deployment === undefined) say(`its deployment ${row.deployment ?? '(none)'} is not there`)
  else if (deployment.version !== row.to_owner)
    say(`deployment ${deployment.id} brought ${short(deployment.version ?? 'nothing')}, not ${short(row.to_owner)}`)
}

/** Follows a chain of handoffs; says where it breaks. */
function follow(
  first: string,
  chain: readonly HandoffRow[],
  last: string,
  table: string,
  id: string,
  report: Report,
): void {
  let owner = first
  for (const row of chain) {
    if (row.from_owner !== owner)
      report('handoffs', row.seq, `${id} belonged to ${short(owner)}, not to ${short(row.from_owner)}`)
    owner = row.to_owner
  }
  if (owner !== last)
    report(table, id, `it is owned by ${short(last)}, but its handoffs lead from ${short(first)} to ${short(owner)}`)
}

/** The desk's own exits begin with the desk; every other order with the version that wanted it. */
function firstOwner(order: OrderRow, chain: readonly HandoffRow[]): string {
  if (order.kind === 'exit' && (chain[0]?.from_owner ?? order.owner) === 'desk') return 'desk'
  return order.version
}

function auditOrderOwner(books: Books, order: OrderRow, report: Report): void {
  const chain = books.handoffsOf.get(`order ${order.id}`) ?? []
  const first = firstOwner(order, chain)
  follow(first, chain, order.owner, 'orders', order.id, report)
  if (first === 'desk' && order.version !== 'desk' && !flattenAsked(books, order.created_at))
    report(
      'orders',
      order.id,
      'the desk sells only after a kill that flattens or a close, and there was none before it',
    )
  auditLiveOwner(books, WORKING.has(order.state), order.owner, 'orders', order.id, report)
}

function flattenAsked(books: Books, before: number): boolean {
  return books.commands.some(
    (row) =>
      row.outcome === 'done' &&
      row.ts <= before + COMMAND_SLACK_MS &&
      (row.kind === 'close' || (row.kind === 'kill' && /"positions"\s*:\s*"flatten"/.test(row.body))),
  )
}

/** A position's first owner is the owner of its opening order at the time of the fill, which is the desk if the fill came late. */
function auditPositionOwner(books: Books, position: PositionRow, report: Report): void {
  const { id } = position
  const opening = (books.fillsOfPosition.get(id) ?? []).find((fill) => fill.kind === 'enter')
  const order = opening === undefined ? undefined : books.orders.get(opening.order_id)
  if (opening !== undefined && order !== undefined) {
    if (position.opened_by !== order.version)
      report('positions', id, `opened by ${short(position.opened_by)}, but ${order.id} is of ${short(order.version)}`)
    const possible = ownersAt(order, books.handoffsOf.get(`order ${order.id}`) ?? [], opening.ts)
    const chain = books.handoffsOf.get(`position ${id}`) ?? []
    const begins = chain[0]?.from_owner ?? position.owned_by
    const first = possible.includes(begins) ? begins : (possible[0] ?? order.version)
    follow(first, chain, position.owned_by, 'positions', id, report)
  } else report('positions', id, 'no entry that was filled opened it')
  auditLiveOwner(books, isUnsettled(position.state), position.owned_by, 'positions', id, report)
}

/** Owners an order may have had at a moment; two where a handoff bears the same time. */
function ownersAt(order: OrderRow, chain: readonly HandoffRow[], ts: number): string[] {
  let owner = firstOwner(order, chain)
  const possible: string[] = []
  for (const row of chain) {
    if (row.ts >= ts) possible.push(owner)
    if (row.ts > ts) return possible
    owner = row.to_owner
  }
  return [...possible, owner]
}

function auditLiveOwner(books: Books, open: boolean, owner: string, table: string, id: string, report: Report): void {
  if (!isOwner(books, owner)) report(table, id, `its owner ${short(owner)} is neither a stored version nor the desk`)
  else if (open && owner !== 'desk' && !isLoaded(books, owner))
    report(table, id, `it is open, but its owner ${short(owner)} is neither live, a canary nor draining: an orphan`)
}

function isLoaded(books: Books, version: string): boolean {
  const state = books.versions.get(version)
  return state === 'draining' || ((state === 'live' || state === 'canary') && books.live.has(version))
}

/** An owner as a person can tell it from another. */
export function short(owner: string): string {
  return owner.length > 12 ? owner.slice(0, 12) : owner
}
