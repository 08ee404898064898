import { broken } from '../../shared/domain/base.ts'
import { addUsd, NO_USD, subUsd, type Usd, usd } from '../../shared/domain/money.ts'
import type { LedgerEntry } from '../../shared/domain/records.ts'
import { type UnixMs, utcDay } from '../../shared/domain/time.ts'

type Movement = Partial<Pick<LedgerEntry, 'cash' | 'cost' | 'locked' | 'deposit' | 'realised' | 'fee' | 'voided'>>

/**
 * The account in micro-USD. I10 holds after every entry:
 * cash + cost of open positions + locked payouts = net deposits + gross realised profit − fees − voided.
 */
export class Ledger {
  private totals = {
    cash: NO_USD,
    cost: NO_USD,
    locked: NO_USD,
    deposit: NO_USD,
    realised: NO_USD,
    fee: NO_USD,
    voided: NO_USD,
  }
  private day = { start: 0, realised: NO_USD, fee: NO_USD, peak: NO_USD }

  /** Books one movement and checks the balance; a difference is a broken invariant. */
  post(ts: UnixMs, kind: LedgerEntry['kind'], ref: string, movement: Movement): LedgerEntry {
    const entry: LedgerEntry = {
      ts,
      kind,
      ref,
      cash: movement.cash ?? NO_USD,
      cost: movement.cost ?? NO_USD,
      locked: movement.locked ?? NO_USD,
      deposit: movement.deposit ?? NO_USD,
      realised: movement.realised ?? NO_USD,
      fee: movement.fee ?? NO_USD,
      voided: movement.voided ?? NO_USD,
    }
    this.apply(entry)
    if (!this.balanced()) broken(`I10: ledger out of balance by ${this.difference()} micro-USD after ${kind} ${ref}`)
    return entry
  }

  /** Adds an entry without the check; used when restoring from the journal. */
  apply(entry: LedgerEntry): void {
    const { totals } = this
    this.totals = {
      cash: addUsd(totals.cash, entry.cash),
      cost: addUsd(totals.cost, entry.cost),
      locked: addUsd(totals.locked, entry.locked),
      deposit: addUsd(totals.deposit, entry.deposit),
      realised: addUsd(totals.realised, entry.realised),
      fee: addUsd(totals.fee, entry.fee),
      voided: addUsd(totals.voided, entry.voided),
    }
    const start = utcDay(entry.ts)
    if (start !== this.day.start) this.day = { start, realised: NO_USD, fee: NO_USD, peak: NO_USD }
    this.day.realised = addUsd(this.day.realised, entry.realised)
    this.day.fee = addUsd(this.day.fee, entry.fee)
    const profit = subUsd(this.day.realised, this.day.fee)
    if (profit > this.day.peak) this.day.peak = profit
  }

  private difference(): number {
    const { cash, cost, locked, deposit, realised, fee, voided } = this.totals
    return cash + cost + locked - (deposit + realised - fee - voided)
  }

  balanced(): boolean {
    return this.difference() === 0
  }

  get cash(): Usd {
    return this.totals.cash
  }
  get locked(): Usd {
    return this.totals.locked
  }
  get costOfOpen(): Usd {
    return this.totals.cost
  }
  get fees(): Usd {
    return this.totals.fee
  }
  /** Cost of positions voided by hand since the account began. */
  get voided(): Usd {
    return this.totals.voided
  }
  /** Realised profit after fees since the account began. */
  get profit(): Usd {
    return subUsd(this.totals.realised, this.totals.fee)
  }

  /** Realised profit after fees of the UTC day that holds `ts`. */
  profitOn(ts: UnixMs): Usd {
    return utcDay(ts) === this.day.start ? subUsd(this.day.realised, this.day.fee) : NO_USD
  }

  /** How far the UTC day's realised profit is below its peak; both start at 0. */
  drawdownOn(ts: UnixMs): Usd {
    return utcDay(ts) === this.day.start ? subUsd(this.day.peak, this.profitOn(ts)) : NO_USD
  }

  feesOn(ts: UnixMs): Usd {
    return utcDay(ts) === this.day.start ? this.day.fee : NO_USD
  }
}

export function negative(amount: Usd): Usd {
  return usd(amount === 0 ? 0 : -amount)
}
