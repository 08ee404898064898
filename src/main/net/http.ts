import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { Timers } from './timers.ts'

/** Pauses after a refusal for too many requests without a stated time; the shortest ban of a venue lasts two minutes. */
const DEFAULT_LIMIT_MS = 60_000
const DEFAULT_BAN_MS = 120_000
/** A longer pause than this is not believed: bans of a venue last minutes at first. */
const LONGEST_PAUSE_MS = 10 * 60_000
/** Limit for a reply; the largest used here, 1,000 candles, has about 200 kB. */
const MAX_BODY_BYTES = 8 << 20

/** Why a request failed, by what to do next: `limited` wait, `refused` give up, `failed` try again later. */
export type HttpFailure =
  | { readonly kind: 'limited'; readonly waitMs: number; readonly message: string }
  /** `body`: the parsed reply; undefined if it is not JSON. */
  | { readonly kind: 'refused'; readonly status: number; readonly body: unknown; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }

export interface HttpReaderOptions {
  /** Without a trailing slash. */
  readonly baseUrl: string
  readonly clock: Clock
  /** Time limit of a request, ms. */
  readonly requestMs: number
  /** The venue's own words in the body of a refusal; undefined if there are none. */
  readonly refusalOf?: (body: unknown) => string | undefined
  readonly onHeaders?: (headers: Headers) => void
}

/**
 * Reads JSON over HTTP from one host. Redirects are refused, replies are bounded, and a refusal for too many requests blocks
 * all later ones until it expires. Only for reads: what moves money must not use `fetch`, which can send twice.
 */
export class HttpReader {
  readonly #options: HttpReaderOptions
  readonly #timers: Timers
  readonly #aborts = new Set<AbortController>()
  #blockedUntil = 0

  constructor(options: HttpReaderOptions) {
    this.#options = options
    this.#timers = new Timers(options.clock)
  }

  /** @param parse reads the body, parsed as JSON */
  async get<T>(
    path: string,
    query: Readonly<Record<string, string | number>>,
    parse: (value: unknown) => Result<T>,
  ): Promise<Result<T, HttpFailure>> {
    const waitMs = this.#blockedUntil - this.#options.clock.monotonic()
    if (waitMs > 0)
      return err({ kind: 'limited', waitMs, message: `${path}: blocked for another ${Math.ceil(waitMs)} ms` })
    if (this.#timers.stopped) return err({ kind: 'failed', message: 'stopped' })
    const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    const url = `${this.#options.baseUrl}${path}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`
    const abort = new AbortController()
    this.#aborts.add(abort)
    // Not `AbortSignal.timeout`: time comes from the injected clock.
    const cancel = this.#timers.after(this.#options.requestMs, () => abort.abort())
    try {
      // Some hosts refuse the default agent of a library.
      const response = await fetch(url, {
        signal: abort.signal,
        redirect: 'manual',
        headers: { 'user-agent': 'Mozilla/5.0 (compatible; Baton)', accept: 'application/json' },
      })
      this.#options.onHeaders?.(response.headers)
      const text = await boundedText(response)
      if (text === undefined)
        return err({ kind: 'failed', message: `${path}: a reply of more than ${MAX_BODY_BYTES} bytes` })
      const body = parseJson(text)
      if (!response.ok) return err(this.#refusal(path, response, body))
      if (!body.ok) return err({ kind: 'failed', message: `${path}: ${notJson(text)}` })
      const value = parse(body.value)
      return value.ok ? value : err({ kind: 'failed', message: `${path}: ${value.error}` })
    } catch (error) {
      const reason = abort.signal.aborted ? `no answer within ${this.#options.requestMs} ms` : causeOf(error)
      return err({ kind: 'failed', message: `${path}: ${reason}` })
    } finally {
      cancel()
      this.#aborts.delete(abort)
    }
  }

  /** Aborts running requests; later ones fail. */
  stop(): void {
    this.#timers.stop()
    for (const abort of this.#aborts) abort.abort()
  }

  #refusal(path: string, response: Response, body: Result<unknown>): HttpFailure {
    const { status } = response
    const value = body.ok ? body.value : undefined
    const message = `${path}: ${status} ${this.#options.refusalOf?.(value) ?? response.statusText}`
    if (status === 429 || status === 418) {
      const waitMs =
        retryAfterMs(response.headers.get('retry-after')) ?? (status === 418 ? DEFAULT_BAN_MS : DEFAULT_LIMIT_MS)
      this.#blockedUntil = Math.max(this.#blockedUntil, this.#options.clock.monotonic() + waitMs)
      return { kind: 'limited', waitMs, message }
    }
    // 425: the engine restarts.
    if (status >= 500 || status === 425) return { kind: 'failed', message }
    return { kind: 'refused', status, body: value, message }
  }
}

async function boundedText(response: Response): Promise<string | undefined> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body) {
    bytes += chunk.byteLength
    if (bytes > MAX_BODY_BYTES) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

export function parseJson(text: string): Result<unknown> {
  try {
    return ok(JSON.parse(text))
  } catch {
    return err('not JSON')
  }
}

function notJson(text: string): string {
  return /^\s*</.test(text) ? 'the reply is a web page, not JSON' : 'the reply is not JSON'
}

/** Milliseconds of a `Retry-After` in seconds; undefined for anything else. */
export function retryAfterMs(header: string | null | undefined): number | undefined {
  if (header === null || header === undefined || !/^\d{1,7}$/.test(header)) return undefined
  return Math.min(LONGEST_PAUSE_MS, Number(header) * 1000)
}

/** Includes the cause, in which `fetch` puts the actual reason, such as ECONNREFUSED. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}
