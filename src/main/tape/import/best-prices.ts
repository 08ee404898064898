import type { Slot } from '../../../shared/domain/slots.ts'
import { frameMs } from '../../../shared/domain/slots.ts'
import type { BookLevel } from '../book-body.ts'
import { microOf, utcOf } from './decimals.ts'
import { readLines } from './lines.ts'
import { isPossibleTime, OrderGuard, ReportBuilder, type RowFault } from './report-builder.ts'
import type { Source, TapeRecord } from './source.ts'

export const BEST_PRICES_HEADER =
  'Timestamp,TargetTime,Expiration,UpBid,UpAsk,UpMid,UpSpread,UpBidLiquidity,UpAskLiquidity,DownBid,DownAsk,DownMid,DownSpread,DownBidLiquidity,DownAskLiquidity'
const COLUMNS = 15
/** Recorded about once a second. */
const GAP_MS = 10_000
const CENT = 10_000
const TENTH = 1_000

interface Row {
  readonly ts: number
  readonly windowStart: number
  readonly tick: number
  readonly bids: readonly BookLevel[]
  readonly asks: readonly BookLevel[]
}

/** Best bid and ask of the windows' Up tokens, polled about once a second. */
export function bestPrices(path: string, file: string, slot: Slot): Source {
  const report = new ReportBuilder(file, 'best bid and ask', GAP_MS)
  return {
    feed: null,
    settlement: null,
    notices: [
      'Books hold the best bid and ask alone; their sizes are those of the best five levels together, so a fill at the best price is judged too kindly.',
    ],
    unlabelledBooks: false,
    reports: () => [report.build()],
    records: () => read(path, slot, report),
  }
}

async function* read(path: string, slot: Slot, report: ReportBuilder): AsyncGenerator<readonly TapeRecord[]> {
  const order = new OrderGuard(report)
  for await (const { firstLine, lines } of readLines(path)) {
    const records: TapeRecord[] = []
    for (const [i, line] of lines.entries()) {
      const number = firstLine + i
      if (number === 1) continue
      report.row()
      const row = parseRow(line, slot)
      if ('fault' in row) report.leave(number, row.fault, row.detail)
      else if (order.admits(number, row.ts, line)) {
        report.keep(row.ts, 1)
        records.push({ kind: 'book', slot: slot.id, ...row })
      }
    }
    yield records
  }
}

function parseRow(line: string, slot: Slot): Row | RowFault {
  const fields = line.split(',')
  if (fields.length !== COLUMNS) return { fault: 'malformed', detail: `not ${COLUMNS} fields` }
  const ts = utcOf(fields[0] ?? '')
  const start = utcOf(fields[1] ?? '')
  const end = utcOf(fields[2] ?? '')
  if (Number.isNaN(ts + start + end)) return { fault: 'malformed', detail: 'a time that is none' }
  const [bid, ask, bidShares, askShares] = [3, 4, 7, 8].map((column) => microOf(fields[column] ?? ''))
  if (bid === undefined || ask === undefined || bidShares === undefined || askShares === undefined)
    return { fault: 'malformed', detail: 'a field is missing' }
  if (Number.isNaN(bid + ask + bidShares + askShares)) return { fault: 'malformed', detail: 'a number that is none' }
  const length = frameMs(slot.timeframe)
  if (!isPossibleTime(ts) || end - start !== length)
    return { fault: 'impossible time', detail: 'no window of this slot' }
  if (start % length !== 0) return { fault: 'off-grid', detail: 'the window does not begin on the grid' }
  if (ts < start || ts > end) return { fault: 'impossible time', detail: 'outside its window' }
  return book(ts, start, { bid, ask, bidShares, askShares })
}

/** 0.0 means that the side is empty. */
function book(
  ts: number,
  start: number,
  { bid, ask, bidShares, askShares }: Readonly<Record<'bid' | 'ask' | 'bidShares' | 'askShares', number>>,
): Row | RowFault {
  const bids = bid === 0 ? [] : [{ price: bid, shares: bidShares }]
  const asks = ask === 0 ? [] : [{ price: ask, shares: askShares }]
  if (bid >= 1e6 || ask >= 1e6) return { fault: 'nonsense', detail: 'a price that is not below 1' }
  if (bids.length > 0 && asks.length > 0 && bid >= ask) return { fault: 'nonsense', detail: 'bid and ask are crossed' }
  if ((bid > 0 && bidShares === 0) || (ask > 0 && askShares === 0))
    return { fault: 'nonsense', detail: 'a price without shares' }
  const tick = [CENT, TENTH].find((grid) => bid % grid === 0 && ask % grid === 0)
  if (tick === undefined) return { fault: 'off-grid', detail: 'a price finer than 0.001' }
  return { ts, windowStart: start / 1000, tick, bids, asks }
}
