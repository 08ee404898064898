import { fromE18, numberOf } from './decimals.ts'
import { readLines } from './lines.ts'
import { isPossibleTime, OrderGuard, ReportBuilder, type RowFault } from './report-builder.ts'
import type { Source, TapeRecord } from './source.ts'

export const FEED_HEADER = 'feed_ts_ms,value,full_accuracy_value,server_ts_ms,recv_ms'
const SECOND = 1_000

/** One report of the settlement feed. */
export interface FeedReport {
  /** The feed's own time of it, and when it was received, ms. */
  readonly feedTs: number
  readonly receivedTs: number
  /** 1e-18 USD. */
  readonly value: bigint
  readonly price: number
}

/** Reads one line, or says why it is no report. */
export function parseFeedLine(line: string): FeedReport | RowFault {
  const fields = line.split(',')
  const [feed = '', value = '', full = '', server = '', received = ''] = fields
  const feedTs = numberOf(feed)
  const receivedTs = numberOf(received)
  const price = fromE18(full)
  if (fields.length !== 5 || Number.isNaN(feedTs + receivedTs + price + numberOf(value) + numberOf(server)))
    return { fault: 'malformed', detail: 'not five numbers' }
  if (!isPossibleTime(feedTs) || !isPossibleTime(receivedTs))
    return { fault: 'impossible time', detail: 'not in 2009…2099' }
  if (!(price > 0) || Math.abs(price - Number(value)) > 1e-6 * price)
    return { fault: 'nonsense', detail: 'its two values are not the same price' }
  if (feedTs % SECOND !== 0) return { fault: 'off-grid', detail: 'not on a whole second' }
  return { feedTs, receivedTs, value: BigInt(full), price }
}

/** Settlement prices as the desk would have received them. */
export function settlementFeed(path: string, file: string, asset: string): Source {
  const report = new ReportBuilder(file, 'settlement feed', SECOND)
  return {
    feed: 'chainlink',
    settlement: `chainlink ${asset}/USD`,
    notices: [],
    unlabelledBooks: false,
    reports: () => [report.build()],
    records: () => read(path, asset, report),
  }
}

async function* read(path: string, asset: string, report: ReportBuilder): AsyncGenerator<readonly TapeRecord[]> {
  const judge = new FeedJudge(report)
  for await (const { firstLine, lines } of readLines(path)) {
    const records: TapeRecord[] = []
    for (const [i, line] of lines.entries()) {
      const one = firstLine + i === 1 ? undefined : judge.admit(firstLine + i, line)
      if (one === undefined) continue
      const { receivedTs: ts, feedTs: tsVenue, price } = one
      report.keep(ts, 1)
      records.push({ kind: 'price', ts, asset, tsVenue, price, volume: 0 })
    }
    yield records
  }
}

class FeedJudge {
  readonly #report: ReportBuilder
  readonly #order: OrderGuard
  #lastFeedTs: number | null = null

  constructor(report: ReportBuilder) {
    this.#report = report
    // A silence is one of the feed, not of the way here: it shows in the feed's own times.
    this.#order = new OrderGuard(report, false)
  }

  admit(line: number, text: string): FeedReport | undefined {
    this.#report.row()
    const one = parseFeedLine(text)
    if ('fault' in one) {
      this.#report.leave(line, one.fault, one.detail)
      return undefined
    }
    const last = this.#lastFeedTs
    if (last !== null && one.feedTs <= last) {
      const again = one.feedTs === last
      this.#report.leave(line, again ? 'duplicate' : 'back-step', "the feed's own time does not go on")
      return undefined
    }
    this.#report.between(line, last, one.feedTs)
    this.#lastFeedTs = one.feedTs
    return this.#order.admits(line, one.receivedTs, text) ? one : undefined
  }
}
