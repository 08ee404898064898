import { createPublicClient, forkEnvironmentConfig } from '@polymarket/client'
import { fetchMarketInfo, fetchNegRisk, fetchTickSize, resolveConditionByToken } from '@polymarket/client/actions'
import { ask, finish, settings } from './report.mjs'

const { gammaUrl, clobUrl, marketWsUrl, rtdsUrl, slug, up, down, conditionId, marketId } = settings
const dead = { rest: 'http://127.0.0.1:9', ws: 'ws://127.0.0.1:9' }
const environment = forkEnvironmentConfig({
  name: 'simulator',
  rpc: dead.rest,
  gamma: { rest: gammaUrl },
  clob: { rest: clobUrl, market: { ws: marketWsUrl }, user: { ws: dead.ws } },
  data: { rest: dead.rest },
  relayer: { rest: dead.rest },
  rtds: { ws: rtdsUrl },
  sports: { ws: dead.ws },
})
const client = createPublicClient({ environment })
await ask('market', () => client.fetchMarket({ slug }))
await ask('marketById', () => client.fetchMarket({ id: marketId }))
await ask('event', () => client.fetchEvent({ slug }))
await ask('book', () => client.fetchOrderBook({ tokenId: up }))
await ask('books', () => client.fetchOrderBooks([{ tokenId: up }, { tokenId: down }]))
await ask('midpoint', () => client.fetchMidpoint({ tokenId: up }))
await ask('midpoints', () => client.fetchMidpoints([{ tokenId: up }, { tokenId: down }]))
await ask('price', () => client.fetchPrice({ tokenId: up, side: 'BUY' }))
await ask('prices', () => client.fetchPrices([{ tokenId: up, side: 'BUY' }]))
await ask('spread', () => client.fetchSpread({ tokenId: up }))
await ask('spreads', () => client.fetchSpreads([{ tokenId: up }]))
await ask('lastTrade', () => client.fetchLastTradePrice({ tokenId: up }))
await ask('tickSize', () => fetchTickSize(client, { tokenId: up }))
await ask('negRisk', () => fetchNegRisk(client, { tokenId: up }))
await ask('marketInfo', () => fetchMarketInfo(client, { conditionId }))
await ask('condition', () => resolveConditionByToken(client, { tokenId: up }))
await ask('unknownMarket', () => client.fetchMarket({ slug: 'btc-updown-5m-1' }))

// Everything the subscriptions deliver until the market resolves.
const counts = {}
let resolved
await ask('subscriptions', async () => {
  const market = await client.subscribe([{ topic: 'market', tokenIds: [up, down], customFeatureEnabled: true }])
  const prices = await client.subscribe([
    { topic: 'prices.crypto.chainlink', symbols: ['btc/usd'] },
    { topic: 'prices.crypto.binance', symbols: ['btcusdt'] },
  ])
  const count = (event) => {
    const key = `${event.topic}:${event.type}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  process.stdout.write('SUBSCRIBED\n')
  const reading = (async () => {
    for await (const event of prices) count(event)
  })()
  for await (const event of market) {
    count(event)
    if (event.type === 'market_resolved') {
      resolved = event.payload
      break
    }
  }
  await Promise.race([reading, prices.close()])
})
finish({ counts, resolved })
