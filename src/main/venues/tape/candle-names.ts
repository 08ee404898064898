import { err, ok, type Result } from '../../../shared/domain/base.ts'

/** Information in the name of a candle file. */
export interface CandleName {
  /** For example `BTC`. */
  readonly asset: string
  /** `1m` if the name states it; null if it states no timeframe. */
  readonly frame: '1m' | null
}

const EXTENSION = /\.(csv|json|txt)(\.gz|\.zip)?$|\.zip$/i
/** A dollar pair as a whole word: `BTCUSDT`, `BTC_USDT`, `btc-usdt`. */
const PAIR = /(?:^|[^A-Za-z0-9])(\d*[A-Za-z][A-Za-z0-9]{1,9}?)[-_]?(?:USDT|USDC|FDUSD|BUSD|TUSD|USD)(?![A-Za-z])/i
const FRAME = /(?:^|[-_. ])(\d{1,2}(?:s|min|m|h|d|w|M)|minute|hourly|hour|1hour|daily|day)(?=$|[-_. ])/
const DERIVATIVE = /(?:^|[-_.])(futures?|mark|index|funding_rate|perp)(?=$|[-_.])/i
const CONVERT = '"freqtrade convert-data --format-from feather --format-to json" creates readable files'
const UNREAD: readonly (readonly [RegExp, string])[] = [
  [/\.feather$/i, `a Feather file (Arrow), which is not read: ${CONVERT}`],
  [/\.parquet$/i, 'a Parquet file, which is not read as candles: convert it to CSV with a header'],
  [/\.(h5|hdf5?|pkl|pickle|xlsx?)$/i, 'of a kind that is not read: convert it to CSV with a header'],
]

/** Why a file cannot be read, judging by its name, and what to do; undefined if it can. */
export function unreadKind(file: string): string | undefined {
  return UNREAD.find(([pattern]) => pattern.test(file))?.[1]
}

/** Parses `BTCUSDT-1m.csv.gz`, `BTC_USDT-1m.json`, `BTCUSDT-1m-2025-03-01.zip` and the like; the error says what to do. */
export function candleName(file: string): Result<CandleName> {
  const unread = unreadKind(file)
  if (unread !== undefined) return err(unread)
  if (!EXTENSION.test(file)) return err('not a candle file: expected .csv or .json, also as .gz or .zip')
  const stem = file.replace(EXTENSION, '')
  const asset = PAIR.exec(stem)?.[1]?.toUpperCase()
  if (asset === undefined || !/^[A-Z0-9]{2,10}$/.test(asset))
    return err('its name does not contain the asset: name it like BTCUSDT-1m.csv')
  const derivative = DERIVATIVE.exec(stem)?.[1]
  if (derivative !== undefined) return err(`prices of "${derivative}" by its name: windows are settled on spot prices`)
  const frame = FRAME.exec(stem)?.[1]
  if (frame !== undefined && !/^(1m|1min|minute)$/.test(frame))
    return err(`candles of "${frame}" by its name: one-minute candles are needed`)
  return ok({ asset, frame: frame === undefined ? null : '1m' })
}

/** The one-minute candle files among the names of a folder; an unreadable format is skipped if the same file exists in a readable one. */
export function candleFilesAmong(names: readonly string[]): string[] {
  const found = names.filter((name) => {
    const read = candleName(baseOf(name))
    return read.ok && read.value.frame === '1m'
  })
  const stems = new Set(found.map((name) => name.replace(EXTENSION, '')))
  const unread = names.filter((name) => /-1m\.(feather|parquet)$/i.test(name))
  return [...found, ...unread.filter((name) => !stems.has(name.replace(/\.\w+$/, '')))].sort()
}

const baseOf = (path: string) => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
