import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, ok, type Result } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { HttpReader } from '../net/http.ts'
import { StreamLink } from '../net/link.ts'
import type { ApiCredentials } from '../secrets/open.ts'
import { DEFAULT_TIMINGS } from '../venues/polymarket/options.ts'

/** Hosts that are asked; without trailing slashes. */
export interface ProbeHosts {
  readonly gammaUrl: string
  readonly clobUrl: string
  readonly dataUrl: string
  readonly siteUrl: string
  readonly marketWsUrl: string
  readonly rtdsUrl: string
  readonly polyboltUrl: string
  readonly binanceUrl: string
}
type HttpHost = 'gammaUrl' | 'clobUrl' | 'dataUrl' | 'siteUrl' | 'binanceUrl'

export interface ProbeOptions {
  readonly hosts: ProbeHosts
  /** Folder for everything that was received. */
  readonly folder: string
  readonly clock: Clock
  readonly random: () => number
  /** How long to listen to each stream, ms. */
  readonly listenMs: number
  readonly credentials: ApiCredentials | null
}

/** Asks the hosts and keeps every reply and frame in files, so that a user can send them. */
export class ProbeContext {
  readonly options: ProbeOptions
  private readonly readers = new Map<HttpHost, HttpReader>()
  private files = 0

  constructor(options: ProbeOptions) {
    this.options = options
    mkdirSync(options.folder, { recursive: true })
  }

  /** A reply as JSON; the error says which host failed, and how. */
  async get(
    host: HttpHost,
    path: string,
    query: Readonly<Record<string, string | number>> = {},
  ): Promise<Result<unknown>> {
    const { hosts, clock } = this.options
    const reader = this.readers.get(host) ?? new HttpReader({ baseUrl: hosts[host], clock, requestMs: 10_000 })
    this.readers.set(host, reader)
    const reply = await reader.get(path, query, (value) => ok(value))
    this.keep(`${host.replace('Url', '')}${path}`, reply.ok ? reply.value : reply.error)
    return reply.ok ? reply : { ok: false, error: `${hosts[host]}${reply.error.message}` }
  }

  /**
   * Listens to a stream for a while.
   * @param hello texts sent once it is open
   * @param onText receives every text, with a function that answers it
   * @returns an error if it never opened
   */
  async listen(
    url: string,
    hello: readonly string[],
    onText: (text: string, send: (text: string) => void) => void,
    ping?: { readonly text: string; readonly everyMs: number },
  ): Promise<Result<readonly string[]>> {
    const { clock, random, listenMs } = this.options
    const texts: string[] = []
    let problem = 'no connection'
    const link: StreamLink = new StreamLink(
      { url, clock, random, timings: DEFAULT_TIMINGS, ...(ping && { ping }) },
      {
        opened: () => {
          for (const text of hello) link.send(text)
        },
        text: (text) => {
          texts.push(text)
          onText(text, (answer) => link.send(answer))
        },
        up: () => {},
        down: (reason) => {
          problem = reason
        },
      },
    )
    link.open()
    await new Promise<void>((resolve) => {
      clock.after(listenMs, resolve)
    })
    link.stop()
    this.keep(`stream ${url}`, texts)
    return texts.length > 0 ? ok(texts) : { ok: false, error: `${url}: ${problem}` }
  }

  stop(): void {
    for (const reader of this.readers.values()) reader.stop()
  }

  private keep(name: string, value: unknown): void {
    this.files++
    const safe = name.replaceAll(/[^a-zA-Z0-9]+/g, '-').slice(0, 60)
    const path = join(this.options.folder, `${String(this.files).padStart(3, '0')}-${safe}.json`)
    try {
      // Not the address of the user's computer: the files are meant to be sent.
      const text = JSON.stringify(value, (key, each: unknown) => (key === 'ip' ? undefined : each), 1)
      writeFileSync(path, `${text}\n`)
    } catch (error) {
      throw new Error(`${path} cannot be written: ${messageOf(error)}`)
    }
  }
}
