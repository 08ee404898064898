import { z } from 'zod'
import { asset, makeSlot, windowAt } from '../../shared/domain/slots.ts'
import { MINUTE, SECOND, unixMs } from '../../shared/domain/time.ts'
import { parseFrames, subscribeText } from '../venues/polymarket/frames.ts'
import { parseMarkets, verifyMarket, type WindowMarket } from '../venues/polymarket/market-row.ts'
import { TokenBook } from '../venues/polymarket/token-book.ts'
import type { ProbeContext } from './context.ts'

/** `unanswered`: the host could not be asked, or its answer does not decide the question. */
export interface Answer {
  readonly verdict: 'confirmed' | 'differs' | 'unanswered'
  readonly found: string
}

/** One open question about a venue, with what this build assumes. */
export interface Question {
  readonly name: string
  readonly assumed: string
  readonly ask: (context: ProbeContext) => Promise<Answer>
}

const unanswered = (found: string): Answer => ({ verdict: 'unanswered', found })
const judged = (isAsAssumed: boolean, found: string): Answer => ({
  verdict: isAsAssumed ? 'confirmed' : 'differs',
  found,
})

const BTC = makeSlot(asset('BTC'), '5m')
const ASSETS = ['BTC', 'ETH', 'SOL', 'XRP', 'DOGE', 'BNB', 'HYPE']

/** The market of an asset's current 5-minute window, with its row; a text says why there is none. */
async function currentMarket(
  context: ProbeContext,
  name = 'BTC',
): Promise<{ row: Readonly<Record<string, unknown>>; market: WindowMarket } | string> {
  const slot = makeSlot(asset(name), '5m')
  const window = windowAt(slot, context.options.clock.now())
  const reply = await context.get('gammaUrl', '/markets', { slug: window.id })
  if (!reply.ok) return reply.error
  const parsed = parseMarkets(reply.value)
  if (!parsed.ok) return parsed.error
  if (parsed.value === undefined) return `no market ${window.id}`
  const verified = verifyMarket(parsed.value, slot, window, 150)
  if (!verified.ok) return verified.error
  return { row: z.array(z.record(z.string(), z.unknown())).parse(reply.value)[0] ?? {}, market: verified.value }
}

const text = (value: unknown) => (value === undefined ? 'absent' : JSON.stringify(value))

export const QUESTIONS: readonly Question[] = [
  {
    name: 'protocol version of today’s markets',
    assumed: 'v1',
    ask: async (context) => {
      const found = await currentMarket(context)
      if (typeof found === 'string') return unanswered(found)
      const short = await context.get('clobUrl', `/clob-markets/${found.market.conditionId}`)
      const v = short.ok ? z.object({ v: z.unknown() }).safeParse(short.value).data?.v : 'not asked'
      const { version } = found.row
      return judged(version === 'v1' || version === undefined, `Gamma version ${text(version)}, CLOB v ${text(v)}`)
    },
  },
  {
    name: 'order structure that the CLOB wants',
    assumed: 'version 2',
    ask: async (context) => {
      const reply = await context.get('clobUrl', '/version')
      return reply.ok ? judged(text(reply.value).includes('2'), text(reply.value)) : unanswered(reply.error)
    },
  },
  {
    name: 'taker delay of a market',
    assumed: 'a field in seconds; 150 ms where there is none',
    ask: async (context) => {
      const found = await currentMarket(context)
      if (typeof found === 'string') return unanswered(found)
      const full = await context.get('clobUrl', `/markets/${found.market.conditionId}`)
      const short = await context.get('clobUrl', `/clob-markets/${found.market.conditionId}`)
      const delays = [full, short].map((reply) => {
        const row = z.record(z.string(), z.unknown()).safeParse(reply.ok ? reply.value : {}).data ?? {}
        return Object.entries(row).filter(([key]) => /delay|itode|^sd$/i.test(key))
      })
      const named = delays.flat().map(([key, value]) => `${key} ${text(value)}`)
      return named.length === 0 ? unanswered('no field about a delay') : judged(true, named.join(', '))
    },
  },
  {
    name: 'taker fee',
    assumed: '0.07 × p × (1 − p)',
    ask: async (context) => {
      const found = await currentMarket(context)
      if (typeof found === 'string') return unanswered(found)
      return judged(found.market.terms.takerFeePpm === 70_000, text(found.row.feeSchedule))
    },
  },
  {
    name: 'settlement source',
    assumed: 'Chainlink mean of 60 s',
    ask: async (context) => {
      const found = await currentMarket(context)
      if (typeof found === 'string') return unanswered(found)
      return judged(found.market.meanSeconds === 60, text(found.row.resolutionSource))
    },
  },
  {
    name: 'checksums of books and of changes',
    assumed: 'both are SHA-1 of the book',
    ask: async (context) => {
      const found = await currentMarket(context)
      if (typeof found === 'string') return unanswered(found)
      const token = found.market.tokens.up
      const book = new TokenBook(token, found.market.minOrderSize)
      let books = 0
      let wrong = 0
      const heard = await context.listen(
        context.options.hosts.marketWsUrl,
        [subscribeText([token])],
        (body) => {
          const frames = parseFrames(body)
          for (const each of frames.ok ? frames.value : []) {
            if (!each.ok) continue
            if (each.frame.kind === 'book' && each.frame.assetId === token) {
              books++
              if (!book.replace(each.frame).ok) wrong++
            }
            if (each.frame.kind === 'changes')
              book.change(
                each.frame.changes.filter(({ assetId }) => assetId === token),
                each.frame.timestamp,
              )
            if (each.frame.kind === 'trade') book.onTrade(each.frame.price)
          }
        },
        { text: 'PING', everyMs: 10 * SECOND },
      )
      if (!heard.ok) return unanswered(heard.error)
      if (books === 0) return unanswered('no book came')
      return judged(
        wrong === 0 && book.deltaHashes === 'agree',
        `${books} books, ${wrong} wrong; changes: ${book.deltaHashes}`,
      )
    },
  },
  {
    name: 'depth of the books',
    assumed: 'two sides in the midst of a window',
    ask: async (context) => {
      const parts: string[] = []
      for (const name of ASSETS) {
        const found = await currentMarket(context, name)
        if (typeof found === 'string') {
          parts.push(`${name}: ${found}`)
          continue
        }
        const reply = await context.get('clobUrl', '/book', { token_id: found.market.tokens.up })
        parts.push(`${name} ${reply.ok ? depth(reply.value) : reply.error}`)
      }
      return judged(parts.length > 0 && !parts.some((part) => part.includes('no ')), parts.join('; '))
    },
  },
  {
    name: 'RTDS sends settlement means',
    assumed: 'it may have ended; PolyBolt follows it',
    ask: async (context) => {
      const filters = JSON.stringify({ symbol: 'btc/usd' })
      const subscriptions = [{ topic: 'crypto_prices_twap_sixty', type: '*', filters }]
      const heard = await context.listen(
        context.options.hosts.rtdsUrl,
        [JSON.stringify({ action: 'subscribe', subscriptions })],
        () => {},
        { text: 'PING', everyMs: 5 * SECOND },
      )
      if (!heard.ok) return unanswered(heard.error)
      const stamps = heard.value.filter((each) => each.includes('crypto_prices_twap_sixty')).length
      return judged(stamps > 0, `${stamps} messages of the topic, ${heard.value.length} in all`)
    },
  },
  {
    name: 'PolyBolt sends settlement means',
    assumed: 'with API credentials',
    ask: async (context) => {
      const { credentials, hosts } = context.options
      if (credentials === null) return unanswered('no API credentials are stored')
      const subscribe = {
        op: 'subscribe',
        rid: 's1',
        subscriptions: [{ channel: 'price.crypto.twap', filter: { symbol: 'btcusd', window_seconds: 60 } }],
      }
      const heard = await context.listen(
        hosts.polyboltUrl,
        [JSON.stringify({ op: 'auth', rid: 'a1', auth: credentials })],
        (body, send) => {
          if (body.includes('"authed"')) send(JSON.stringify(subscribe))
        },
      )
      if (!heard.ok) return unanswered(heard.error)
      const stamps = heard.value.filter((each) => each.includes('price.crypto.twap')).length
      return judged(stamps > 1, `${stamps} messages of the channel; first ${heard.value[0]?.slice(0, 80) ?? ''}`)
    },
  },
  {
    name: 'time from the end of a window to its resolution',
    assumed: 'between 15 s and 8 min',
    ask: async (context) => {
      const delays: number[] = []
      const now = context.options.clock.now()
      for (let i = 3; i <= 8; i++) {
        const window = windowAt(BTC, unixMs(now - i * 5 * MINUTE))
        const reply = await context.get('gammaUrl', '/markets', { slug: window.id, closed: 'true' })
        const row = z.array(z.object({ closedTime: z.string() })).safeParse(reply.ok ? reply.value : []).data?.[0]
        const closed =
          row === undefined ? Number.NaN : Date.parse(row.closedTime.replace(' ', 'T').replace(/\+00$/, 'Z'))
        if (Number.isFinite(closed)) delays.push(Math.round((closed - window.end) / SECOND))
      }
      if (delays.length === 0) return unanswered('no finished window states its closedTime')
      return judged(
        delays.every((delay) => delay >= 10 && delay <= 480),
        `${delays.join(', ')} s`,
      )
    },
  },
  {
    name: 'first version of the data API',
    assumed: 'retired',
    ask: async (context) => {
      const reply = await context.get('dataUrl', '/trades', { limit: 1 })
      return judged(!reply.ok, reply.ok ? 'it still answers' : reply.error)
    },
  },
  {
    name: 'trading from this computer’s address',
    assumed: 'not blocked',
    ask: async (context) => {
      const reply = await context.get('siteUrl', '/api/geoblock')
      const read = z.object({ blocked: z.boolean(), country: z.string() }).safeParse(reply.ok ? reply.value : {})
      if (!read.success) return unanswered(reply.ok ? 'another form of answer' : reply.error)
      return judged(!read.data.blocked, `${read.data.country}: ${read.data.blocked ? 'blocked' : 'not blocked'}`)
    },
  },
  {
    name: 'clocks of the hosts',
    assumed: 'within 500 ms of this computer',
    ask: async (context) => {
      const { clock } = context.options
      const offset = async (host: 'clobUrl' | 'binanceUrl', path: string, read: (value: unknown) => number) => {
        const sent = clock.now()
        const reply = await context.get(host, path)
        return reply.ok ? Math.round(read(reply.value) - (sent + clock.now()) / 2) : null
      }
      const clob = await offset('clobUrl', '/time', (value) => Number(value) * SECOND + SECOND / 2)
      const binance = await offset('binanceUrl', '/api/v3/time', (value) =>
        Number(z.object({ serverTime: z.number() }).safeParse(value).data?.serverTime),
      )
      if (clob === null && binance === null) return unanswered('no host answered')
      // The CLOB's clock has whole seconds only.
      const isNear = Math.abs(clob ?? 0) <= 1_000 && Math.abs(binance ?? 0) <= 500
      return judged(isNear, `CLOB ${clob ?? 'no answer'} ms, Binance ${binance ?? 'no answer'} ms`)
    },
  },
  {
    name: 'lag of the settlement mean behind the spot price',
    assumed: '3 s',
    ask: async () => unanswered('needs minutes of both streams: see the stored frames'),
  },
  {
    name: 'minimum size of market orders, heartbeat, redemption',
    assumed: '5 shares or 1 USD',
    ask: async () => unanswered('needs an order'),
  },
]

function depth(value: unknown): string {
  const level = z.object({ price: z.string(), size: z.string() })
  const read = z.object({ bids: z.array(level), asks: z.array(level) }).safeParse(value)
  if (!read.success) return 'no book'
  const side = (levels: readonly { price: string; size: string }[], order: 1 | -1) => {
    const sorted = levels.toSorted((a, b) => (Number(a.price) - Number(b.price)) * order)
    const shares = sorted.slice(0, 5).reduce((sum, each) => sum + Number(each.size), 0)
    return sorted[0] === undefined ? 'no quote' : `${sorted[0].price} (${Math.round(shares)})`
  }
  return `${side(read.data.bids, -1)} / ${side(read.data.asks, 1)}`
}
