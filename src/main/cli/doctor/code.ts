import { existsSync, readdirSync } from 'node:fs'
import { reportLines } from '../../../shared/file-report.ts'
import { compileStrategy } from '../../deploy/compile.ts'
import { checkTypes } from '../../deploy/typecheck.ts'
import { apiFile } from '../../platform/package-files.ts'
import { type CandleFile, loadCandles } from '../../venues/tape/candle-files.ts'
import { type Check, fail, fine, messageOf, warn } from './check.ts'

/** The strategies of a folder, each compiled and its types checked, and the recorded candles. */
export async function codeChecks(folder: string, tapes: readonly string[]): Promise<Check[]> {
  return [...(await strategies(folder)), ...tapeChecks(tapes)]
}

async function strategies(folder: string): Promise<Check[]> {
  if (!existsSync(folder))
    return [fine('strategies', `${folder} is not there yet; the first start copies the shipped ones`)]
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    if (names.length === 0) return [fail('strategies', `${folder} has none`, 'put a strategy there, like snipe.ts')]
    return await Promise.all(names.toSorted().map((name) => strategy(folder, name.slice(0, -3))))
  } catch (error) {
    return [fail('strategies', `${folder}: ${messageOf(error)}`, 'choose another folder with --strategies')]
  }
}

async function strategy(folder: string, name: string): Promise<Check> {
  const compiled = await compileStrategy(folder, name, apiFile())
  const problems = compiled.ok ? await checkTypes(compiled.value, apiFile()) : compiled.error
  const [first] = problems
  if (first !== undefined)
    return fail(
      `${name}.ts`,
      `${first.file}:${first.line}:${first.column}: ${first.message.split('\n')[0]}`,
      `correct it in ${folder}`,
    )
  // A file without a strategy of its own is what others import.
  const role = compiled.ok && compiled.value.bundle.includes('defineStrategy(') ? 'compiles' : 'a helper, compiles'
  return fine(`${name}.ts`, role)
}

function tapeChecks(paths: readonly string[]): Check[] {
  if (paths.length === 0) return [fine('tapes', 'none given (--tape or BATON_TAPES)')]
  const loaded = loadCandles(paths)
  if (!loaded.ok) return [fail('tapes', loaded.error, 'give files like BTCUSDT-1m.json, or a folder of them')]
  return loaded.value.files.map(tape)
}

function tape({ path, asset, report }: CandleFile): Check {
  const [, ...lines] = reportLines(report)
  const found = [`${path}: ${report.kept} of ${report.rows} candles`, ...lines.map((line) => line.trim())].join('; ')
  if (report.kept === report.rows) return fine(asset, found)
  return warn(asset, found, report.examples[0] ?? 'look at the file')
}
