import { Spot } from '@binance/spot'
import { ask, finish, settings } from './report.mjs'

const { restUrl, wsUrl } = settings
const client = new Spot({
  configurationRestAPI: { apiKey: '', basePath: restUrl },
  configurationWebsocketStreams: { wsURL: wsUrl },
})
const data = async (call) => (await call).data()
await ask('time', () => data(client.restAPI.time()))
await ask('exchangeInfo', () => data(client.restAPI.exchangeInfo({ symbols: ['BTCUSDT', 'ETHUSDT'] })))
await ask('klines', () => data(client.restAPI.klines({ symbol: 'BTCUSDT', interval: '1m', limit: 3 })))
await ask('unknownSymbol', () => data(client.restAPI.klines({ symbol: 'NOPE', interval: '1m' })))
await ask('stream', async () => {
  const connection = await client.websocketStreams.connect()
  const event = await new Promise((resolve) =>
    connection.kline({ symbol: 'btcusdt', interval: '1m' }).on('message', resolve),
  )
  await connection.disconnect()
  return event
})
finish()
