import type { Config } from '../../../shared/config.ts'
import { ok } from '../../../shared/domain/base.ts'
import { SECOND } from '../../../shared/domain/time.ts'
import { HttpReader } from '../../net/http.ts'
import { StreamLink } from '../../net/link.ts'
import { systemClock, systemRandom } from '../../platform/system.ts'
import { DEFAULT_TIMINGS } from '../../venues/polymarket/options.ts'
import { type Check, fail, fine, warn } from './check.ts'

const PATIENCE_MS = 8 * SECOND

/** Every host that a desk on real prices or books needs. Nothing is stored. */
export async function networkChecks({ binance, polymarket }: Pick<Config, 'binance' | 'polymarket'>): Promise<Check[]> {
  const { gammaUrl, clobUrl, siteUrl, marketWsUrl, rtdsUrl, polyboltUrl } = polymarket
  const stream = `${binance.wsUrl}/stream?streams=btcusdt@kline_1m`
  return Promise.all([
    http('Binance REST', binance.restUrl, '/api/v3/time'),
    socket('Binance stream', stream, true),
    http('Gamma', gammaUrl, '/markets?limit=1'),
    http('CLOB', clobUrl, '/time'),
    socket('CLOB stream', marketWsUrl, true),
    // One settlement source is enough.
    socket('RTDS', rtdsUrl, false),
    socket('PolyBolt', polyboltUrl, false),
    http('polymarket.com', siteUrl, '/api/geoblock'),
  ])
}

async function http(name: string, baseUrl: string, path: string): Promise<Check> {
  const reader = new HttpReader({ baseUrl, clock: systemClock, requestMs: PATIENCE_MS })
  const began = systemClock.monotonic()
  const reply = await reader.get(path, {}, (value) => ok(value))
  reader.stop()
  const ms = Math.round(systemClock.monotonic() - began)
  return reply.ok ? fine(name, `${baseUrl} answers in ${ms} ms`) : fail(name, `${baseUrl}${reply.error.message}`, REACH)
}

const REACH = 'check the connection, or trade the simulated market, which needs no network'

function socket(name: string, url: string, isNeeded: boolean): Promise<Check> {
  return new Promise((resolve) => {
    const end = (check: Check) => {
      cancel()
      link.stop()
      resolve(check)
    }
    const failedBy = (reason: string) =>
      end((isNeeded ? fail : warn)(name, `${url}: ${reason}`, isNeeded ? REACH : 'the other settlement source is used'))
    const link: StreamLink = new StreamLink(
      { url, clock: systemClock, random: systemRandom, timings: DEFAULT_TIMINGS },
      { opened: () => end(fine(name, `${url} opens`)), text: () => {}, up: () => {}, down: failedBy },
    )
    const cancel = systemClock.after(PATIENCE_MS, () => failedBy(`no connection within ${PATIENCE_MS / SECOND} s`))
    link.open()
  })
}
