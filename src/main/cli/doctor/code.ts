import { existsSync, readdirSync } from 'node:fs'
import { diagnosticText } from '../../../shared/domain/deployments.ts'
import { reportLines } from '../../../shared/file-report.ts'
import { compileStrategy } from '../../deploy/compile.ts'
import { checkTypes } from '../../deploy/typecheck.ts'
import { apiFile } from '../../platform/package-files.ts'
import { type CandleFile, loadCandles } from '../../venues/tape/candle-files.ts'
import { type Check, fail, fine, firstLineOf, warn } from './check.ts'

/** Compiles and type-checks the strategies of a folder, and loads recorded candles. */
export async function codeChecks(folder: string, tapes: readonly string[]): Promise<Check[]> {
  return [...(await strategies(folder)), ...tapeChecks(tapes)]
}

async function strategies(folder: string): Promise<Check[]> {
  if (!existsSync(folder))
    return [fine('strategies', `${folder} does not exist yet; the first start copies the shipped strategies`)]
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    if (names.length === 0)
      return [fail('strategies', `${folder} has no strategy`, 'put a strategy there, like snipe.ts')]
    return await Promise.all(names.toSorted().map((name) => strategy(folder, name.slice(0, -3))))
  } catch (error) {
    return [fail('strategies', `${folder}: ${firstLineOf(error)}`, 'choose another folder with --strategies')]
  }
}

async function strategy(folder: string, name: string): Promise<Check> {
  const compiled = await compileStrategy(folder, name, apiFile())
  const problems = compiled.ok ? await checkTypes(compiled.value, apiFile()) : compiled.error
  const [first] = problems
  if (first !== undefined) return fail(`${name}.ts`, diagnosticText(first), `correct it in ${folder}`)
  // A file without `defineStrategy` is a helper that strategies import.
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
  return warn(asset, found, report.examples[0] ?? 'inspect the file')
}
