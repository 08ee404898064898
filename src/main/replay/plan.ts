import { err, ok, type Result } from '../../shared/domain/base.ts'
import { makeSlot, type Slot, TIMEFRAMES } from '../../shared/domain/slots.ts'
import { DAY, HOUR, isoUtc, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { SETTLING_MS } from './day.ts'
import { WARM_UP_MS } from './open-tapes.ts'
import type { ReplaySource, ReplayTape, Stretch, TapeSource } from './tape-types.ts'

/** Only the files that a stretch needs, from the one that holds its beginning. */
function within({ source, begins }: TapeSource, from: number, to: number): ReplaySource {
  if (source.kind === 'candles' || begins === undefined) return source
  const first = begins.findLastIndex((at) => at <= from)
  const until = playedUntil(to)
  const paths = source.paths.filter((_, i) => i >= first && (begins[i] ?? 0) <= until)
  return { kind: source.kind, paths }
}

export interface Span {
  readonly from: UnixMs | undefined
  readonly to: UnixMs | undefined
}

/** Cuts a tape at every UTC midnight: each day is replayed by itself, so that threads can share the work. */
export function stretchesOf(tape: ReplayTape, span: Span): Result<readonly Stretch[]> {
  if (tape.from >= tape.to)
    return err(
      `the tape ends at ${isoUtc(tape.to)}: its first ${WARM_UP_MS / HOUR} h are the strategies' history, and nothing is left to replay`,
    )
  const from = span.from ?? tape.from
  const to = Math.min(span.to ?? tape.to, tape.to)
  if (from < tape.from || from >= tape.to)
    return err(
      `${isoUtc(from)} is outside the tape, which can be replayed from ${isoUtc(tape.from)} to ${isoUtc(tape.to)}`,
    )
  if (to <= from) return err(`--to ${isoUtc(to)} is not after --from ${isoUtc(from)}`)
  const stretches: Stretch[] = []
  for (const source of tape.sources) {
    let at = Math.max(source.from, from)
    const end = Math.min(source.to, to)
    while (at < end) {
      const midnight = at - (at % DAY) + DAY
      const until = Math.min(midnight, end)
      stretches.push({ source: within(source, at, until), from: unixMs(at), to: unixMs(until) })
      at = until
    }
  }
  return ok(stretches)
}

/** The requested slots that the tape has: `BTC-5m`, `BTC` for both slots of an asset, or `all`. */
export function slotsOf(tape: ReplayTape, words: readonly string[] | null): Result<readonly Slot[]> {
  const every =
    tape.slots.length > 0
      ? tape.slots
      : TIMEFRAMES.flatMap((timeframe) => tape.assets.map((name) => makeSlot(name, timeframe)))
  if (words === null) return ok(every)
  const chosen = every.filter((slot) => words.some((word) => word === 'all' || word === slot.id || word === slot.asset))
  if (chosen.length > 0) return ok(chosen)
  return err(`the tape has none of the slots ${words.join(', ')}; it has: ${every.map((slot) => slot.id).join(', ')}`)
}

/** Prices past the end of a stretch that settlements need. */
export function playedUntil(to: number): UnixMs {
  return unixMs(to + SETTLING_MS + 60_000)
}
