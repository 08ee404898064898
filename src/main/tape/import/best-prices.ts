import { parseTime, type TimeForm } from '../../../shared/domain/dates.ts'
import type { Slot } from '../../../shared/domain/slots.ts'
import { frameMs } from '../../../shared/domain/slots.ts'
import { microOf } from '../../recorded-files/decimals.ts'
import { ReportBuilder, type RowFault } from '../../recorded-files/report-builder.ts'
import { timedRows } from '../../recorded-files/timed-rows.ts'
import type { BookLevel } from '../book-body.ts'
import type { Source, TapeRecord } from './source.ts'

export const BEST_PRICES_HEADER =
  'Timestamp,TargetTime,Expiration,UpBid,UpAsk,UpMid,UpSpread,UpBidLiquidity,UpAskLiquidity,DownBid,DownAsk,DownMid,DownSpread,DownBidLiquidity,DownAskLiquidity'
const COLUMN_NAMES = BEST_PRICES_HEADER.split(',')
const COLUMNS = COLUMN_NAMES.length
/** Recorded about once a second. */
const GAP_MS = 10_000
const CENT = 10_000
const TENTH = 1_000

interface Row {
  readonly ts: number
  readonly form: TimeForm
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
  let last: number | null = null
  for await (const rows of timedRows(path, report, { hasHeader: true, parse: (line) => parseRow(line, slot) }))
    yield rows.map(({ place, row }) => {
      const { ts, windowStart, tick, bids, asks } = row
      report.between(place, last, ts)
      last = ts
      report.keep(ts, 1)
      return { kind: 'book', ts, slot: slot.id, windowStart, tick, bids, asks }
    })
}

function parseRow(line: string, slot: Slot): Row | RowFault {
  const fields = line.split(',')
  if (fields.length !== COLUMNS) return { fault: 'malformed', detail: `not ${COLUMNS} fields` }
  const times = [0, 1, 2].map((column) => parseTime(fields[column] ?? ''))
  const wrong = times.findIndex((time) => !time.ok)
  const [at, from, to] = times
  if (at?.ok !== true || from?.ok !== true || to?.ok !== true) {
    const time = times[wrong]
    return {
      fault: 'malformed',
      detail: `column ${COLUMN_NAMES[wrong]}: ${time?.ok === false ? time.error : 'no time'}`,
    }
  }
  const { ms: ts, form } = at.value
  const [start, end] = [from.value.ms, to.value.ms]
  const [bid, ask, bidShares, askShares] = [3, 4, 7, 8].map((column) => microOf(fields[column] ?? ''))
  if (bid === undefined || ask === undefined || bidShares === undefined || askShares === undefined)
    return { fault: 'malformed', detail: 'a field is missing' }
  if (Number.isNaN(bid + ask + bidShares + askShares)) return { fault: 'malformed', detail: 'a number that is none' }
  const length = frameMs(slot.timeframe)
  if (end - start !== length) return { fault: 'impossible time', detail: 'no window of this slot' }
  if (start % length !== 0) return { fault: 'off-grid', detail: 'the window does not begin on the grid' }
  if (ts < start || ts > end) return { fault: 'impossible time', detail: 'outside its window' }
  return book({ ts, form, start }, { bid, ask, bidShares, askShares })
}

/** 0.0 means that the side is empty. */
function book(
  { ts, form, start }: { readonly ts: number; readonly form: TimeForm; readonly start: number },
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
  return { ts, form, windowStart: start / 1000, tick, bids, asks }
}
