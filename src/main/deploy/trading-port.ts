import type { TradingLoop } from '../runtime/trading-loop.ts'

/** What deployments may see and do of the desk's trading: read the engine, commit between cycles, and tell the engine. */
export type TradingPort = Pick<
  TradingLoop,
  'engine' | 'hosts' | 'deliver' | 'settle' | 'inYield' | 'commitSwap' | 'commitCanary'
>
