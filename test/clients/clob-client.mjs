import { ClobClient } from '@polymarket/clob-client-v2'
import { ask, finish, settings } from './report.mjs'

const { clobUrl, up, down, conditionId } = settings
const client = new ClobClient({ host: clobUrl, chain: 137 })
await ask('ok', () => client.getOk())
await ask('time', () => client.getServerTime())
await ask('version', () => client.getVersion())
await ask('book', () => client.getOrderBook(up))
// The client's own checksum of the book that it was given.
await ask('bookHash', async () => {
  const book = await client.getOrderBook(up)
  return { given: book.hash, computed: await client.getOrderBookHash({ ...book, hash: '' }) }
})
await ask('books', () => client.getOrderBooks([{ token_id: up }, { token_id: down }]))
await ask('midpoint', () => client.getMidpoint(up))
await ask('midpoints', () => client.getMidpoints([{ token_id: up }, { token_id: down }]))
await ask('bid', () => client.getPrice(up, 'BUY'))
await ask('prices', () => client.getPrices([{ token_id: up, side: 'BUY' }]))
await ask('spread', () => client.getSpread(up))
await ask('spreads', () => client.getSpreads([{ token_id: up }]))
await ask('lastTrade', () => client.getLastTradePrice(up))
await ask('lastTrades', () => client.getLastTradesPrices([{ token_id: up }]))
await ask('tickSize', () => client.getTickSize(up))
await ask('negRisk', () => client.getNegRisk(up))
await ask('feeRate', () => client.getFeeRateBps(up))
await ask('market', () => client.getMarket(conditionId))
await ask('clobMarket', () => client.getClobMarketInfo(conditionId))
await ask('feeExponent', () => client.getFeeExponent(down))
await ask('unknownToken', () => client.getOrderBook('12345'))
finish()
