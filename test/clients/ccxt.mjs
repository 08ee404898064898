import ccxt from 'ccxt'
import { ask, finish, settings } from './report.mjs'

const { gammaUrl, clobUrl, marketWsUrl, restUrl, wsUrl, slug, up } = settings
const venue = new ccxt.prediction.polymarket({
  enableRateLimit: false,
  urls: { api: { gamma: gammaUrl, clob: clobUrl, data: 'http://127.0.0.1:9', ws: marketWsUrl, wsUser: marketWsUrl } },
})
await venue.loadHttpProxyAgent()
await ask('time', () => venue.fetchTime())
await ask('event', () => venue.fetchEvent(slug))
await ask('events', () => venue.fetchEvents({ slug }))
await ask('book', () => venue.fetchOrderBook(up))
await ask('ticker', () => venue.fetchTicker(up))
await ask('tickers', () => venue.fetchTickers([up]))
// The stream's book after ten updates.
await ask('watched', async () => {
  let book
  for (let i = 0; i < 10; i++) book = await venue.watchOrderBook(up)
  return { bid: book.bids[0], ask: book.asks[0], updates: 10 }
})
await ask('trades', async () =>
  (await venue.watchTrades(up)).map(({ price, amount, side }) => ({ price, amount, side })),
)
await venue.close()

const binance = new ccxt.binance({
  enableRateLimit: false,
  options: { defaultType: 'spot', fetchMarkets: { types: ['spot'] }, fetchCurrencies: false },
})
binance.urls.api = Object.fromEntries(Object.keys(binance.urls.api).map((name) => [name, `${restUrl}/api/v3`]))
await ask('binanceTime', () => binance.fetchTime())
await ask('binanceCandles', async () => (await binance.fetchOHLCV('BTC/USDT', '1m', undefined, 5)).length)
const pro = new ccxt.pro.binance({
  enableRateLimit: false,
  options: { defaultType: 'spot', fetchMarkets: { types: ['spot'] }, fetchCurrencies: false },
})
pro.urls.api = {
  ...Object.fromEntries(Object.keys(pro.urls.api).map((name) => [name, `${restUrl}/api/v3`])),
  ws: { spot: `${wsUrl}/ws` },
}
await pro.loadHttpProxyAgent()
await ask('binanceWatched', async () => (await pro.watchOHLCV('BTC/USDT', '1m')).length)
await pro.close()
finish()
