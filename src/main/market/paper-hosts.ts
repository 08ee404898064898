import type { Config } from '../../shared/config.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { isoUtc, SECOND } from '../../shared/domain/time.ts'
import { type Host, unreachable } from '../net/reach.ts'

/** Time limit for each host, all asked at the same time. */
const LIMIT_MS = 5 * SECOND

/** What to do without these hosts. */
export const WAY_OUT =
  '--market simulated needs no network, and npm run venue-sim serves all of these hosts on this machine'

/** Hosts that the paper market is made of: all of `needed`, and one of `settlement`, PolyBolt with API credentials only. */
export function paperHosts({ polymarket, binance }: Pick<Config, 'polymarket' | 'binance'>) {
  const { gammaUrl, clobUrl, marketWsUrl, rtdsUrl, polyboltUrl } = polymarket
  return {
    needed: {
      gamma: { name: "Polymarket's Gamma", url: gammaUrl, path: '/markets?limit=1' },
      clob: { name: "Polymarket's CLOB", url: clobUrl, path: '/time' },
      channel: { name: "Polymarket's market channel", url: marketWsUrl },
      binance: { name: 'Binance', url: binance.restUrl, path: '/api/v3/time' },
      stream: { name: "Binance's stream", url: `${binance.wsUrl}/stream?streams=btcusdt@kline_1m` },
    },
    settlement: { rtds: { name: 'RTDS', url: rtdsUrl }, polybolt: { name: 'PolyBolt', url: polyboltUrl } },
  } as const satisfies Readonly<Record<string, Readonly<Record<string, Host>>>>
}

/**
 * Asks the hosts that the paper market is made of.
 * @returns notices to display; an error names every host without which the market cannot be opened, and how it failed
 */
export async function checkHosts(
  config: Pick<Config, 'polymarket' | 'binance'>,
  hasCredentials: boolean,
  clock: Clock,
): Promise<Result<readonly string[]>> {
  const { needed, settlement: sources } = paperHosts(config)
  const settlement = hasCredentials ? [sources.rtds, sources.polybolt] : [sources.rtds]
  const [down, silent] = await Promise.all([
    unreachable(Object.values(needed), clock, LIMIT_MS),
    unreachable(settlement, clock, LIMIT_MS),
  ])
  if (down.length > 0) return err([...down, ...silent].join('; '))
  if (silent.length < settlement.length) return ok([])
  const missing = hasCredentials ? '' : '; PolyBolt has no API credentials'
  return ok([
    `At the start (${isoUtc(clock.now())}) no settlement source could be reached (${silent.join('; ')}${missing}): ` +
      `unless one comes back or the web site states it, no strike will be known and no trade made.`,
  ])
}
