import type { Config } from '../../../shared/config.ts'
import { SECOND } from '../../../shared/domain/time.ts'
import { paperHosts } from '../../market/paper-hosts.ts'
import { type Host, reach } from '../../net/reach.ts'
import { systemClock } from '../../platform/system.ts'
import { type Check, fail, fine, warn } from './check.ts'

const LIMIT_MS = 8 * SECOND

/** Every host that a desk on real prices or books needs. Nothing is stored. */
export async function networkChecks(config: Pick<Config, 'binance' | 'polymarket'>): Promise<Check[]> {
  const { needed, settlement } = paperHosts(config)
  const site = { name: 'polymarket.com', url: config.polymarket.siteUrl, path: '/api/geoblock' }
  return Promise.all([
    check('Binance REST', needed.binance),
    check('Binance stream', needed.stream),
    check('Gamma', needed.gamma),
    check('CLOB', needed.clob),
    check('CLOB stream', needed.channel),
    // One settlement source is enough.
    check('RTDS', settlement.rtds, 'the other settlement source is used'),
    check('PolyBolt', settlement.polybolt, 'the other settlement source is used'),
    check(site.name, site),
  ])
}

const REACH = 'check the connection, or trade the simulated market, which needs no network'

/** @param instead what is used instead; absent where the host is needed */
async function check(name: string, host: Host, instead?: string): Promise<Check> {
  const began = systemClock.monotonic()
  const reason = await reach(host, systemClock, LIMIT_MS)
  const ms = Math.round(systemClock.monotonic() - began)
  if (reason === null) return fine(name, `${host.url} answers in ${ms} ms`)
  const found = `${host.url}: ${reason}`
  return instead === undefined ? fail(name, found, REACH) : warn(name, found, instead)
}
