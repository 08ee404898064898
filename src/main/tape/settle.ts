import { basename } from 'node:path'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import type { Side } from '../../shared/domain/slots.ts'
import { type FileReport, refusalOf } from '../../shared/file-report.ts'
import { firstLineOf } from '../recorded-files/lines.ts'
import type { ReportBuilder } from '../recorded-files/report-builder.ts'
import { FEED_HEADER, feedFileReport, readFeed } from './import/settlement-feed.ts'
import { marketsFileReport, readMarkets, type WindowRow } from './import/windows.ts'

/** Outcomes computed from the settlement feed alone, compared with the venue's outcomes. */
export interface SettleReport {
  readonly windows: number
  /** Windows whose opening and closing report the feed has. */
  readonly decidable: number
  /** Decidable windows with the venue's outcome. */
  readonly agree: number
  /** Slugs of those with the other. */
  readonly disagree: readonly string[]
  readonly undecidable: {
    readonly noOpening: number
    readonly noClosing: number
    readonly neither: number
  }
  /** Decidable windows that the venue has not resolved: nothing to compare with. */
  readonly unresolved: number
  /** Close equal to the strike, which is Up. */
  readonly ties: number
  /** Windows whose recorded strike, and whose opening report, are known; and the slugs where they are not the same. */
  readonly strikesCompared: number
  readonly strikeDiffers: readonly string[]
  /** What was found in the markets file and in that of prices. */
  readonly files: readonly FileReport[]
}

/** The outcome of a window by the rule: Up when the close is at least the strike. Values in 1e-18 USD. */
export function outcomeOf(strike: bigint, close: bigint): Side {
  return close >= strike ? 'up' : 'down'
}

/**
 * Settles every window of a markets file from a settlement feed: the strike is the report stamped exactly at the window's
 * start, the close the one stamped exactly at its end, both as the exact integers of the feed.
 */
export async function settleWindows(markets: string, prices: string): Promise<Result<SettleReport>> {
  const reports = [marketsFileReport(basename(markets)), feedFileReport(basename(prices))] as const
  try {
    const rows = await readMarkets(markets, reports[0])
    const header = await firstLineOf(prices)
    if (header !== FEED_HEADER)
      return err(`${basename(prices)} is no settlement feed: its header should be ${FEED_HEADER}`)
    if (rows.length === 0) return err(`${markets}: no window in it; it should be markets as JSON Lines`)
    for (const row of rows) reports[0].keep(row.start, 0)
    const byTime = await readValues(prices, reports[1])
    const files = reports.map((report) => report.build())
    for (const file of files) {
      const refusal = refusalOf(file)
      if (refusal !== undefined) return err(`${file.file}: ${refusal}`)
    }
    return ok({ ...compare(rows, byTime), files })
  } catch (error) {
    return err(messageOf(error))
  }
}

/** Exact values by the feed's own time, ms; of two reports of one time the first received counts. */
async function readValues(path: string, report: ReportBuilder): Promise<ReadonlyMap<number, bigint>> {
  const byTime = new Map<number, bigint>()
  for await (const reports of readFeed(path, report)) {
    for (const { place, row } of reports) {
      const known = byTime.get(row.feedTs)
      if (known === undefined) {
        byTime.set(row.feedTs, row.value)
        report.keep(row.ts, 0)
      } else if (known === row.value) report.leave(place, 'duplicate', 'the same second again')
      else report.leave(place, 'conflict', 'the same second again, with another price')
    }
  }
  let last: number | null = null
  for (const feedTs of [...byTime.keys()].toSorted((a, b) => a - b)) {
    report.between(null, last, feedTs)
    last = feedTs
  }
  return byTime
}

function compare(rows: readonly WindowRow[], byTime: ReadonlyMap<number, bigint>): Omit<SettleReport, 'files'> {
  const undecidable = { noOpening: 0, noClosing: 0, neither: 0 }
  const disagree: string[] = []
  const strikeDiffers: string[] = []
  const counts = { decidable: 0, agree: 0, unresolved: 0, ties: 0, strikesCompared: 0 }
  for (const { slug, start, end, strikeE18, outcome } of rows) {
    const strike = byTime.get(start)
    const close = byTime.get(end)
    if (strike !== undefined && strikeE18 !== null) {
      counts.strikesCompared++
      if (BigInt(strikeE18) !== strike) strikeDiffers.push(slug)
    }
    if (strike === undefined || close === undefined) {
      undecidable[strike === close ? 'neither' : strike === undefined ? 'noOpening' : 'noClosing']++
      continue
    }
    counts.decidable++
    if (strike === close) counts.ties++
    if (outcome === null) counts.unresolved++
    else if (outcomeOf(strike, close) === outcome) counts.agree++
    else disagree.push(slug)
  }
  return { windows: rows.length, ...counts, disagree, undecidable, strikeDiffers }
}
