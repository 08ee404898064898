import { basename } from 'node:path'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { Side } from '../../shared/domain/slots.ts'
import { readLines } from './import/lines.ts'
import { FEED_HEADER, parseFeedLine } from './import/settlement-feed.ts'
import { parseMarketLine, type WindowRow } from './import/windows.ts'

/** What Baton makes of the windows of a file, from the settlement feed alone, beside what the venue said. */
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
  /** Rows of either file that could not be used. */
  readonly leftOut: { readonly markets: number; readonly prices: number }
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
  const windows = await attempt(() => readMarkets(markets))
  if (!windows.ok) return windows
  const reports = await attempt(() => readPrices(prices))
  if (!reports.ok) return reports
  if (windows.value.rows.length === 0) return err(`${markets}: no window in it; it should be markets as JSON Lines`)
  const leftOut = { markets: windows.value.leftOut, prices: reports.value.leftOut }
  return ok({ ...compare(windows.value.rows, reports.value.byTime), leftOut })
}

async function attempt<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work()
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error))
  }
}

async function readMarkets(path: string): Promise<Result<{ readonly rows: WindowRow[]; readonly leftOut: number }>> {
  const bySlug = new Map<string, WindowRow>()
  let leftOut = 0
  for await (const { lines } of readLines(path)) {
    for (const line of lines) {
      const row = parseMarketLine(line)
      if ('fault' in row || bySlug.has(row.slug)) leftOut++
      else bySlug.set(row.slug, row)
    }
  }
  return ok({ rows: [...bySlug.values()], leftOut })
}

/** Exact values by the feed's own time, ms; of two reports of one time the first received counts. */
async function readPrices(
  path: string,
): Promise<Result<{ readonly byTime: ReadonlyMap<number, bigint>; readonly leftOut: number }>> {
  const byTime = new Map<number, bigint>()
  let leftOut = 0
  for await (const { firstLine, lines } of readLines(path)) {
    for (const [i, line] of lines.entries()) {
      if (firstLine + i === 1) {
        if (line.trim() === FEED_HEADER) continue
        return err(`${basename(path)} is no settlement feed: its header should be ${FEED_HEADER}`)
      }
      const report = parseFeedLine(line)
      if ('fault' in report || byTime.has(report.feedTs)) leftOut++
      else byTime.set(report.feedTs, report.value)
    }
  }
  return ok({ byTime, leftOut })
}

function compare(rows: readonly WindowRow[], byTime: ReadonlyMap<number, bigint>): Omit<SettleReport, 'leftOut'> {
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
