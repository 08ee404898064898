import { type Book, priceText, tokenOf } from './book.ts'
import { best } from './clob.ts'
import type { ExchangeEvent } from './exchange.ts'
import { digest, type MarketWindow, type Outcome } from './identity.ts'

type Frame = Readonly<Record<string, unknown>>
type TradeEvent = Extract<ExchangeEvent, { kind: 'trade' }>
type TickEvent = Extract<ExchangeEvent, { kind: 'tick' }>

/** Frames of the market channel that need no state. @param timestamp Unix ms as text */
export function tradeFrame({ window, at, isUp, price, size, side }: TradeEvent, timestamp: string): Frame {
  const id = tokenOf(window, isUp)
  return {
    market: window.conditionId,
    asset_id: id,
    price: priceText(price),
    size,
    fee_rate_bps: '1000',
    side,
    timestamp,
    event_type: 'last_trade_price',
    transaction_hash: `0x${digest(`${id}${at}${size}`)}`,
  }
}

export function tickFrame({ window, from, to }: TickEvent, isUp: boolean, timestamp: string): Frame {
  return {
    event_type: 'tick_size_change',
    asset_id: tokenOf(window, isUp),
    market: window.conditionId,
    old_tick_size: priceText(from),
    new_tick_size: priceText(to),
    timestamp,
  }
}

export function bestPricesFrame(window: MarketWindow, book: Book, isUp: boolean, timestamp: string): Frame {
  const { bid, ask } = best(book, isUp)
  return {
    event_type: 'best_bid_ask',
    market: window.conditionId,
    asset_id: tokenOf(window, isUp),
    best_bid: priceText(bid),
    best_ask: priceText(ask),
    spread: priceText(ask - bid),
    timestamp,
  }
}

export function resolvedFrame(window: MarketWindow, outcome: Outcome, timestamp: string): Frame {
  return {
    event_type: 'market_resolved',
    id: window.marketId,
    market: window.conditionId,
    assets_ids: [window.up, window.down],
    winning_asset_id: tokenOf(window, outcome === 'Up'),
    winning_outcome: outcome,
    timestamp,
    tags: ['crypto'],
  }
}

export function newMarketFrame(window: MarketWindow, timestamp: string): Frame {
  const title = `${window.name} Up or Down`
  return {
    event_type: 'new_market',
    id: window.marketId,
    question: title,
    market: window.conditionId,
    slug: window.slug,
    description: '',
    assets_ids: [window.up, window.down],
    outcomes: ['Up', 'Down'],
    event_message: { id: window.eventId, ticker: window.slug, slug: window.slug, title, description: '' },
    timestamp,
    tags: ['crypto'],
    condition_id: window.conditionId,
    active: true,
    clob_token_ids: [window.up, window.down],
    sports_market_type: '',
    line: '',
    game_start_time: '',
    order_price_min_tick_size: '0.01',
    group_item_title: '',
    taker_base_fee: '1000',
    fees_enabled: true,
    fee_schedule: { exponent: '1', rate: '0.07', taker_only: true, rebate_rate: '0.2' },
  }
}
