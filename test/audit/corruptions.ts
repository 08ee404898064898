import type { AuditedInvariant } from '../../src/main/audit/finding.ts'

/** One way to spoil the books, and the row that the audit must name for it. */
export interface Corruption {
  readonly name: string
  readonly invariant: AuditedInvariant
  readonly table: string
  /** Query of the key of the row that must be named; asked before the damage. */
  readonly row: string
  /** Statements that do the damage; `$row` is the key. */
  readonly damage: string
}

/** A fill of an entry whose position was held to settlement and redeemed. */
export const REDEEMED = `SELECT f.id FROM fills f JOIN positions p ON p.id = f.position_id
  WHERE f.kind = 'enter' AND p.state = 'redeemed' AND p.realised > 0 ORDER BY f.rowid LIMIT 1`
export const REDEEMED_POSITION =
  "SELECT id FROM positions WHERE state = 'redeemed' AND realised > 0 ORDER BY rowid LIMIT 1"
export const OPEN_POSITION = "SELECT id FROM positions WHERE state = 'open' ORDER BY rowid DESC LIMIT 1"
export const CONFIRMED = "SELECT id FROM orders WHERE state = 'filled' AND kind = 'enter' ORDER BY rowid LIMIT 1"

export const ID = "id = '$row'"
const copyOf = (table: string, id: string, change: string) =>
  `CREATE TEMP TABLE t AS SELECT * FROM ${table} WHERE id = '${id}'; UPDATE t SET ${change}; INSERT INTO ${table} SELECT * FROM t; DROP TABLE t;`
const handoff = (values: string) =>
  `INSERT INTO handoffs (ts, deployment, reason, subject, subject_id, from_owner, to_owner) SELECT ${values} FROM positions WHERE ${ID};`

export const CORRUPTIONS: readonly Corruption[] = [
  {
    name: 'an owner changed without a handoff',
    invariant: 'I1',
    table: 'positions',
    row: OPEN_POSITION,
    damage: `UPDATE positions SET owned_by = 'desk' WHERE ${ID}`,
  },
  {
    name: 'an order changed its owner without a handoff',
    invariant: 'I1',
    table: 'orders',
    row: CONFIRMED,
    damage: `UPDATE orders SET owner = 'desk' WHERE ${ID}`,
  },
  {
    name: 'an owner that no version is',
    invariant: 'I1',
    table: 'positions',
    row: OPEN_POSITION,
    damage: `UPDATE positions SET owned_by = 'feedface' WHERE ${ID}`,
  },
  {
    name: 'an open position of a version that is retired',
    invariant: 'I1',
    table: 'positions',
    row: OPEN_POSITION,
    damage: `UPDATE versions SET state = 'retired' WHERE hash = (SELECT owned_by FROM positions WHERE ${ID})`,
  },
  {
    name: 'a link missing from a chain of handoffs',
    invariant: 'I1',
    table: 'handoffs',
    row: 'SELECT 901',
    // Of two, from the version to the desk and back, the first is gone.
    damage: `INSERT INTO handoffs (seq, ts, deployment, reason, subject, subject_id, from_owner, to_owner)
      SELECT 901, p.opened_at, p.deployment, 'deployment', 'position', p.id, 'desk', p.owned_by FROM positions p
      WHERE p.state = 'open' LIMIT 1`,
  },
  {
    name: 'a handoff from an owner to itself',
    invariant: 'I1',
    table: 'handoffs',
    row: 'SELECT 901',
    damage: `INSERT INTO handoffs (seq, ts, deployment, reason, subject, subject_id, from_owner, to_owner)
      SELECT 901, opened_at, deployment, 'deployment', 'position', id, owned_by, owned_by FROM positions WHERE state = 'open' LIMIT 1`,
  },
  {
    name: 'a handoff of nothing',
    invariant: 'I1',
    table: 'handoffs',
    row: 'SELECT 901',
    damage:
      "INSERT INTO handoffs (seq, ts, reason, subject, subject_id, from_owner, to_owner) SELECT 901, 1, 'fault', 'position', 'P-x', hash, 'desk' FROM versions LIMIT 1",
  },
  {
    name: 'a deployment that counts other handoffs than it made',
    invariant: 'I1',
    table: 'deployments',
    row: "SELECT id FROM deployments WHERE state = 'kept' LIMIT 1",
    damage: `UPDATE deployments SET handoffs = 3 WHERE ${ID}`,
  },
  {
    name: 'a sale by the desk that no kill asked for',
    invariant: 'I1',
    table: 'orders',
    row: "SELECT id FROM orders WHERE kind = 'exit' LIMIT 1",
    damage: `UPDATE orders SET owner = 'desk' WHERE ${ID}`,
  },
  {
    name: 'a second entry while the first is held',
    invariant: 'I2',
    table: 'orders',
    row: "SELECT 'O-9001'",
    damage: copyOf('orders', 'O-1', "id = 'O-9001', created_at = created_at + 1000, state = 'rejected', digest = NULL"),
  },
  {
    name: 'an entry while the fate of another is unknown',
    invariant: 'I2',
    table: 'orders',
    row: "SELECT 'O-9001'",
    damage: `UPDATE orders SET state = 'unknown' WHERE id = 'O-1';
      ${copyOf('orders', 'O-1', "id = 'O-9001', created_at = created_at + 1000, state = 'rejected'")}`,
  },
  {
    name: 'two positions held in one window',
    invariant: 'I2',
    table: 'positions',
    row: "SELECT 'P-9001'",
    damage: copyOf('positions', 'P-1', "id = 'P-9001', opened_at = opened_at + 1"),
  },
  {
    name: 'an order without an intent',
    invariant: 'I3',
    table: 'orders',
    row: CONFIRMED,
    damage: `DELETE FROM intents WHERE ${ID}`,
  },
  {
    name: 'an intent without an order',
    invariant: 'I3',
    table: 'intents',
    row: "SELECT 'O-9001'",
    damage: copyOf('intents', 'O-1', "id = 'O-9001'"),
  },
  {
    name: 'an order for more than was intended',
    invariant: 'I3',
    table: 'orders',
    row: CONFIRMED,
    damage: `UPDATE orders SET stake = stake + 10000 WHERE ${ID}`,
  },
  {
    name: 'an intent written after its order',
    invariant: 'I3',
    table: 'intents',
    row: CONFIRMED,
    damage: `UPDATE intents SET ts = ts + 60000 WHERE ${ID}`,
  },
  {
    name: 'a digest removed',
    invariant: 'I3',
    table: 'orders',
    row: CONFIRMED,
    damage: `UPDATE orders SET digest = NULL WHERE ${ID}`,
  },
  {
    name: 'one digest for two orders',
    invariant: 'I3',
    table: 'orders',
    row: "SELECT id FROM orders WHERE digest IS NOT NULL AND id <> 'O-1' ORDER BY rowid LIMIT 1",
    damage: `UPDATE orders SET digest = (SELECT digest FROM orders WHERE id = 'O-1') WHERE ${ID}`,
  },
  {
    name: 'a fill counted twice',
    invariant: 'I3',
    table: 'orders',
    row: CONFIRMED,
    damage: `INSERT INTO fills SELECT id || '9', order_id, position_id, ts, kind, price, shares, cash, fee, version, deployment, regime, market, cost_sold, state, fate_at, reason
      FROM fills WHERE order_id = '$row' LIMIT 1`,
  },
  {
    name: 'a fill without an order',
    invariant: 'I3',
    table: 'fills',
    row: REDEEMED,
    damage: `UPDATE fills SET order_id = 'O-none' WHERE ${ID}`,
  },
  {
    name: 'a fill of an order that was never sent',
    invariant: 'I3',
    table: 'orders',
    row: CONFIRMED,
    damage: `UPDATE orders SET state = 'signed' WHERE ${ID}`,
  },
  {
    name: 'a fill worse than the limit',
    invariant: 'I3',
    table: 'fills',
    row: REDEEMED,
    damage: `UPDATE fills SET price = 999000 WHERE ${ID}`,
  },
  {
    name: 'a tag removed',
    invariant: 'I6',
    table: 'fills',
    row: REDEEMED,
    damage: `UPDATE fills SET regime = '' WHERE ${ID}`,
  },
  {
    name: 'markets mixed',
    invariant: 'I6',
    table: 'positions',
    row: REDEEMED_POSITION,
    damage: `UPDATE positions SET market = 'live' WHERE ${ID}`,
  },
  {
    name: 'a version that is not stored',
    invariant: 'I6',
    table: 'orders',
    row: CONFIRMED,
    damage: `UPDATE orders SET version = 'feedface' WHERE ${ID}`,
  },
  {
    name: 'a deployment that is not there',
    invariant: 'I6',
    table: 'intents',
    row: CONFIRMED,
    damage: `UPDATE intents SET deployment = 'D-none' WHERE ${ID}`,
  },
  {
    name: 'a deployment of another version',
    invariant: 'I6',
    table: 'orders',
    row: CONFIRMED,
    damage: `UPDATE orders SET deployment = (SELECT id FROM deployments d WHERE d.version <> orders.version) WHERE ${ID}`,
  },
  {
    name: 'a window of another slot',
    invariant: 'I6',
    table: 'orders',
    row: CONFIRMED,
    damage: `UPDATE orders SET slot = 'ZZZ-5m' WHERE ${ID}`,
  },
]

/** A handoff by hand that the books must accept: the desk takes an open position after a fault. */
export const SOUND_HANDOFF = `${handoff("opened_at, NULL, 'fault', 'position', id, owned_by, 'desk'")}
  UPDATE positions SET owned_by = 'desk' WHERE ${ID};`
/** A kill while the entry was under way: order and late fill belong to the desk, and the position begins with it. */
export const SOUND_LATE_FILL = `INSERT INTO handoffs (ts, deployment, reason, subject, subject_id, from_owner, to_owner)
  SELECT o.created_at, NULL, 'kill', 'order', o.id, o.owner, 'desk' FROM orders o JOIN fills f ON f.order_id = o.id WHERE f.position_id = '$row';
  UPDATE orders SET owner = 'desk' WHERE id = (SELECT order_id FROM fills WHERE position_id = '$row');
  UPDATE positions SET owned_by = 'desk' WHERE ${ID};`
