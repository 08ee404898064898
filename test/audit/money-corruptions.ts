import { type Corruption, ID, OPEN_POSITION, REDEEMED, REDEEMED_POSITION } from './corruptions.ts'

const LEDGER = (kind: string) => `SELECT seq FROM ledger WHERE kind = '${kind}' ORDER BY seq LIMIT 1`
const SETTLED_WITH_POSITION = `SELECT s.window_id FROM settlements s JOIN positions p ON p.window_id = s.window_id
  WHERE p.state = 'redeemed' ORDER BY s.rowid LIMIT 1`

/** Damage to the account, to settlements and to fees (I10). */
export const MONEY_CORRUPTIONS: readonly Corruption[] = [
  ...(['buy', 'resolve', 'redeem'] as const).map((kind) => ({
    name: `one micro-dollar more cash in a ${kind}`,
    invariant: 'I10' as const,
    table: 'ledger',
    row: LEDGER(kind),
    damage: 'UPDATE ledger SET cash = cash + 1 WHERE seq = $row',
  })),
  {
    name: 'a balanced change of a ledger row',
    invariant: 'I10',
    table: 'ledger',
    row: LEDGER('resolve'),
    damage: 'UPDATE ledger SET locked = locked + 1, realised = realised + 1 WHERE seq = $row',
  },
  {
    name: 'a ledger row removed',
    invariant: 'I10',
    table: 'fills',
    row: REDEEMED,
    damage: "DELETE FROM ledger WHERE kind = 'buy' AND ref = '$row'",
  },
  {
    name: 'a redemption removed',
    invariant: 'I10',
    table: 'positions',
    row: REDEEMED_POSITION,
    damage: "DELETE FROM ledger WHERE kind = 'redeem' AND ref = '$row'",
  },
  {
    name: 'a movement booked twice',
    invariant: 'I10',
    table: 'ledger',
    row: 'SELECT 900001',
    damage: `INSERT INTO ledger SELECT 900001, ts, kind, ref, cash, cost, locked, deposit, realised, fee, voided FROM ledger WHERE seq = (${LEDGER('buy')})`,
  },
  {
    name: 'money from nowhere',
    invariant: 'I10',
    table: 'ledger',
    row: 'SELECT 900001',
    damage: "INSERT INTO ledger VALUES (900001, 1, 'deposit', 'account', 1, 0, 0, 1, 0, 0, 0)",
  },
  {
    name: 'a cost off by one',
    invariant: 'I10',
    table: 'positions',
    row: OPEN_POSITION,
    damage: `UPDATE positions SET cost = cost + 1 WHERE ${ID}`,
  },
  {
    name: 'a profit off by one',
    invariant: 'I10',
    table: 'positions',
    row: REDEEMED_POSITION,
    damage: `UPDATE positions SET realised = realised + 1 WHERE ${ID}`,
  },
  {
    name: 'a payout to the wrong side',
    invariant: 'I10',
    table: 'positions',
    row: REDEEMED_POSITION,
    damage: `UPDATE positions SET payout = 0 WHERE ${ID}`,
  },
  {
    name: 'a settlement flipped',
    invariant: 'I10',
    table: 'settlements',
    row: SETTLED_WITH_POSITION,
    damage: "UPDATE settlements SET payout_up = 1000000 - payout_up WHERE window_id = '$row'",
  },
  {
    name: 'a tie that paid Down',
    invariant: 'I10',
    table: 'settlements',
    row: 'SELECT window_id FROM settlements WHERE payout_up = 0 LIMIT 1',
    damage: "UPDATE settlements SET close = strike WHERE window_id = '$row'",
  },
  {
    name: 'a settlement removed',
    invariant: 'I10',
    table: 'positions',
    row: REDEEMED_POSITION,
    damage: `DELETE FROM settlements WHERE window_id = (SELECT window_id FROM positions WHERE ${ID})`,
  },
  {
    name: 'a fee off by its smallest step',
    invariant: 'I10',
    table: 'fills',
    row: REDEEMED,
    damage: `UPDATE fills SET fee = fee + 10 WHERE ${ID}`,
  },
  {
    name: 'a maker who paid a fee',
    invariant: 'I10',
    table: 'fills',
    row: "SELECT 'O-1-m1'",
    damage: "UPDATE fills SET id = '$row' WHERE id = 'O-1-1'",
  },
  {
    name: 'cash that is not price times shares',
    invariant: 'I10',
    table: 'fills',
    row: REDEEMED,
    damage: `UPDATE fills SET cash = cash - 1 WHERE ${ID}`,
  },
  {
    name: 'a failed fill whose money still stands',
    invariant: 'I10',
    table: 'fills',
    row: `SELECT id FROM fills WHERE state = 'confirmed' AND kind = 'exit' LIMIT 1`,
    damage: `UPDATE fills SET state = 'failed' WHERE ${ID}`,
  },
]
