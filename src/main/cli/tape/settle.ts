import { reportLines } from '../../../shared/file-report.ts'
import { type SettleReport, settleWindows } from '../../tape/settle.ts'
import { EXIT, type ExitCode, print, UsageError } from '../output.ts'

export interface SettleFlags {
  readonly markets: string
  readonly prices: string
  readonly json?: boolean
}

/** `baton tape settle`: outcomes computed from the settlement feed, compared with those of the venue. */
export async function settle(flags: SettleFlags): Promise<ExitCode> {
  const settled = await settleWindows(flags.markets, flags.prices)
  if (!settled.ok) throw new UsageError(settled.error)
  print(flags.json === true ? JSON.stringify(settled.value) : describe(settled.value).join('\n'))
  return EXIT.done
}

function describe(report: SettleReport): string[] {
  const { windows, decidable, agree, disagree, undecidable, unresolved, ties, strikesCompared, strikeDiffers } = report
  const { noOpening, noClosing, neither } = undecidable
  return [
    ...report.files.flatMap(reportLines),
    `${windows} windows, ${decidable} decidable from the feed: ${agree} agree with the venue, ${disagree.length} do not`,
    ...disagree.map((slug) => `  ${slug} disagrees`),
    `  undecidable: ${noOpening} without opening report, ${noClosing} without closing report, ${neither} with neither`,
    `  ties: ${ties}; not resolved by the venue: ${unresolved}`,
    `  strikes compared: ${strikesCompared}, different: ${strikeDiffers.length}`,
    ...strikeDiffers.map((slug) => `  ${slug} has another strike`),
  ]
}
