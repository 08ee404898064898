import { err, ok, type Result } from '../../../shared/domain/base.ts'

/** What the name of a candle file says. */
export interface CandleName {
  /** BTC */
  readonly asset: string
  /** `1m` where the name says so, null where it says nothing. */
  readonly frame: '1m' | null
}

const EXTENSION = /\.(csv|json|txt)(\.gz|\.zip)?$|\.zip$/i
/** `BTCUSDT`, `BTC_USDT`, `btc-usdt`: whole words, priced in dollars. */
const PAIR = /(?:^|[^A-Za-z0-9])(\d*[A-Za-z][A-Za-z0-9]{1,9}?)[-_]?(?:USDT|USDC|FDUSD|BUSD|TUSD|USD)(?![A-Za-z])/i
const FRAME = /(?:^|[-_. ])(\d{1,2}(?:s|min|m|h|d|w|M)|minute|hourly|hour|1hour|daily|day)(?=$|[-_. ])/
const DERIVATIVE = /(?:^|[-_.])(futures?|mark|index|funding_rate|perp)(?=$|[-_.])/i
const CONVERT = '"freqtrade convert-data --format-from feather --format-to json" makes files that can be read'
const UNREAD: readonly (readonly [RegExp, string])[] = [
  [/\.feather$/i, `a Feather file (Arrow), which is not read: ${CONVERT}`],
  [/\.parquet$/i, 'a Parquet file, which is not read as candles: convert it to CSV with a header'],
  [/\.(h5|hdf5?|pkl|pickle|xlsx?)$/i, 'of a kind that is not read: convert it to CSV with a header'],
]

/** Why a file is not read at all, told by its name, and what to do; undefined where nothing is against it. */
export function unreadKind(file: string): string | undefined {
  return UNREAD.find(([pattern]) => pattern.test(file))?.[1]
}

/** Reads `BTCUSDT-1m.csv.gz`, `BTC_USDT-1m.json`, `BTCUSDT-1m-2025-03-01.zip` and the like; the error says what to do. */
export function candleName(file: string): Result<CandleName> {
  const unread = unreadKind(file)
  if (unread !== undefined) return err(unread)
  if (!EXTENSION.test(file)) return err('no kind of candle file: .csv, .json, each also .gz or .zip')
  const stem = file.replace(EXTENSION, '')
  const asset = PAIR.exec(stem)?.[1]?.toUpperCase()
  if (asset === undefined || !/^[A-Z0-9]{2,10}$/.test(asset))
    return err('its name does not say of which asset it is: name it like BTCUSDT-1m.csv')
  const derivative = DERIVATIVE.exec(stem)?.[1]
  if (derivative !== undefined) return err(`prices of "${derivative}" by its name: windows are settled on spot prices`)
  const frame = FRAME.exec(stem)?.[1]
  if (frame !== undefined && !/^(1m|1min|minute)$/.test(frame))
    return err(`candles of "${frame}" by its name: one-minute candles are needed`)
  return ok({ asset, frame: frame === undefined ? null : '1m' })
}

/** The files of a folder that its one-minute candles are in; one that cannot be read is left aside where another form of it is there. */
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
