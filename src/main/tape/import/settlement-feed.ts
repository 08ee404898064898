import { type TimeForm, timeOfCount } from '../../../shared/domain/dates.ts'
import { fromE18, numberOf } from '../../recorded-files/decimals.ts'
import { PriceJudge } from '../../recorded-files/price-judge.ts'
import { ReportBuilder, type RowFault } from '../../recorded-files/report-builder.ts'
import type { Timed } from '../../recorded-files/time-order.ts'
import { timedRows } from '../../recorded-files/timed-rows.ts'
import type { Source, TapeRecord } from './source.ts'

export const FEED_HEADER = 'feed_ts_ms,value,full_accuracy_value,server_ts_ms,recv_ms'
const SECOND = 1_000

/** One report of the settlement feed. */
export interface FeedReport {
  /** The feed's own time of it, ms. */
  readonly feedTs: number
  /** When it was received, ms. */
  readonly ts: number
  readonly form: TimeForm
  /** 1e-18 USD. */
  readonly value: bigint
  readonly price: number
  /** The same, for the judge of prices. */
  readonly high: number
  readonly low: number
  readonly close: number
}

/** Reads one line, or says why it is no report. */
function parseFeedLine(line: string): FeedReport | RowFault {
  const fields = line.split(',')
  const [feed = '', value = '', full = '', server = '', received = ''] = fields
  const price = fromE18(full)
  if (
    fields.length !== 5 ||
    Number.isNaN(numberOf(feed) + numberOf(received) + price + numberOf(value) + numberOf(server))
  )
    return { fault: 'malformed', detail: 'not five numbers' }
  const feedTime = timeOfCount(numberOf(feed))
  const receivedTime = timeOfCount(numberOf(received))
  if (feedTime === undefined || receivedTime === undefined)
    return { fault: 'impossible time', detail: 'not within 2009–2099' }
  if (!(price > 0) || Math.abs(price - Number(value)) > 1e-6 * price)
    return { fault: 'nonsense', detail: 'its two values are not the same price' }
  const { ms: feedTs, form } = feedTime
  if (feedTs % SECOND !== 0) return { fault: 'off-grid', detail: 'not on a whole second' }
  const prices = { price, high: price, low: price, close: price }
  return { feedTs, ts: receivedTime.ms, form, value: BigInt(full), ...prices }
}

/** An empty report for a file of this kind. */
export function feedFileReport(file: string): ReportBuilder {
  return new ReportBuilder(file, 'settlement feed', SECOND)
}

/** Settlement prices as the desk would have received them. */
export function settlementFeed(path: string, file: string, asset: string): Source {
  const report = feedFileReport(file)
  return {
    feed: 'chainlink',
    settlement: `chainlink ${asset}/USD`,
    notices: [],
    unlabelledBooks: false,
    reports: () => [report.build()],
    records: () => records(path, asset, report),
  }
}

async function* records(path: string, asset: string, report: ReportBuilder): AsyncGenerator<readonly TapeRecord[]> {
  const judge = new FeedJudge(report)
  for await (const reports of readFeed(path, report))
    yield judge
      .admit(reports)
      .map(({ ts, feedTs, price }) => ({ kind: 'price', ts, asset, tsVenue: feedTs, price, volume: 0 }))
}

/** The sound reports of a feed in the order in which they were received; a late one is among them. */
export async function* readFeed(path: string, report: ReportBuilder): AsyncGenerator<readonly Timed<FeedReport>[]> {
  const prices = new PriceJudge<FeedReport>(report)
  for await (const rows of timedRows(path, report, { hasHeader: true, parse: parseFeedLine })) yield prices.add(rows)
  yield prices.end()
}

/** Lets through what is newer than all that was received before it. */
class FeedJudge {
  readonly #report: ReportBuilder
  #last: FeedReport | null = null

  constructor(report: ReportBuilder) {
    this.#report = report
  }

  admit(rows: readonly Timed<FeedReport>[]): FeedReport[] {
    return rows.flatMap(({ place, row }) => {
      const last = this.#last
      if (last !== null && row.feedTs <= last.feedTs) {
        this.#leave(place, row, last)
        return []
      }
      // A silence is one of the feed, not of the way here: it shows in the feed's own times.
      this.#report.between(place, last?.feedTs ?? null, row.feedTs)
      this.#last = row
      this.#report.keep(row.ts, 1)
      return [row]
    })
  }

  #leave(place: number, { feedTs, value }: FeedReport, last: FeedReport): void {
    if (feedTs < last.feedTs) this.#report.leave(place, 'late', 'received after a newer report')
    else if (value === last.value) this.#report.leave(place, 'duplicate', 'the same report again')
    else this.#report.leave(place, 'conflict', 'the same second again, with another price')
  }
}
