import { RealTimeDataClient } from '@polymarket/real-time-data-client'
import { ask, finish, settings } from './report.mjs'

const messages = []
await ask(
  'twap',
  () =>
    new Promise((resolve) => {
      new RealTimeDataClient({
        host: settings.rtdsUrl,
        autoReconnect: false,
        onConnect: (client) =>
          client.subscribe({
            subscriptions: [
              { topic: 'crypto_prices_twap_sixty', type: 'update', filters: JSON.stringify({ symbol: 'btc/usd' }) },
            ],
          }),
        onMessage: (_, message) => {
          messages.push(message)
          if (messages.length === 4) resolve(messages)
        },
      }).connect()
    }),
)
finish()
