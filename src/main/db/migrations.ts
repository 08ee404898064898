/**
 * Numbered, in order, never edited once shipped. Money, shares and prices are integers in micro-units, times are
 * milliseconds UTC, JSON is text.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE versions (
    hash TEXT PRIMARY KEY, strategy TEXT NOT NULL, number INTEGER NOT NULL, label TEXT NOT NULL,
    api_version INTEGER NOT NULL, manifest TEXT NOT NULL, bundle TEXT NOT NULL, source_map TEXT NOT NULL,
    state TEXT NOT NULL, created_at INTEGER NOT NULL, first_live_at INTEGER,
    decisions INTEGER NOT NULL DEFAULT 0, faults INTEGER NOT NULL DEFAULT 0,
    UNIQUE (strategy, number)
  ) STRICT;
  CREATE TABLE version_sources (
    hash TEXT NOT NULL REFERENCES versions (hash), path TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (hash, path)
  ) STRICT;
  CREATE TABLE deployments (
    id TEXT PRIMARY KEY, strategy TEXT NOT NULL, version TEXT REFERENCES versions (hash), from_version TEXT,
    trigger TEXT NOT NULL, by TEXT NOT NULL, state TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER,
    steps TEXT NOT NULL, reason TEXT, diagnostics TEXT NOT NULL, save_to_live_ms REAL, swap_ms REAL,
    swapped_at INTEGER, handoffs INTEGER NOT NULL, outgoing_states TEXT
  ) STRICT;
  CREATE INDEX deployments_started ON deployments (started_at);
  CREATE TABLE handoffs (
    seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, deployment TEXT, reason TEXT NOT NULL, subject TEXT NOT NULL,
    subject_id TEXT NOT NULL, from_owner TEXT NOT NULL, to_owner TEXT NOT NULL, mark INTEGER, mark_source TEXT
  ) STRICT;
  CREATE INDEX handoffs_subject ON handoffs (subject, subject_id);
  CREATE TABLE intents (
    id TEXT PRIMARY KEY, ts INTEGER NOT NULL, cycle INTEGER NOT NULL, slot TEXT NOT NULL, window_id TEXT NOT NULL,
    kind TEXT NOT NULL, side TEXT NOT NULL, limit_price INTEGER NOT NULL, stake INTEGER NOT NULL,
    quantity INTEGER NOT NULL, tif TEXT NOT NULL, post_only INTEGER NOT NULL, why TEXT NOT NULL,
    version TEXT NOT NULL, deployment TEXT, regime TEXT NOT NULL, market TEXT NOT NULL
  ) STRICT;
  CREATE TABLE orders (
    id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, cycle INTEGER NOT NULL, slot TEXT NOT NULL,
    window_id TEXT NOT NULL, window_end INTEGER NOT NULL, kind TEXT NOT NULL, side TEXT NOT NULL, tif TEXT NOT NULL,
    post_only INTEGER NOT NULL, expires_at INTEGER, limit_price INTEGER NOT NULL, stake INTEGER NOT NULL,
    quantity INTEGER NOT NULL, reserve INTEGER NOT NULL, position_id TEXT, why TEXT NOT NULL, state TEXT NOT NULL,
    owner TEXT NOT NULL, digest TEXT, filled_shares INTEGER NOT NULL, filled_cost INTEGER NOT NULL,
    cost_sold INTEGER NOT NULL, fee INTEGER NOT NULL, reason TEXT, updated_at INTEGER NOT NULL,
    version TEXT NOT NULL, deployment TEXT, regime TEXT NOT NULL, market TEXT NOT NULL
  ) STRICT;
  CREATE INDEX orders_window ON orders (window_id);
  CREATE TABLE fills (
    id TEXT PRIMARY KEY, order_id TEXT NOT NULL, position_id TEXT NOT NULL, ts INTEGER NOT NULL, kind TEXT NOT NULL,
    price INTEGER NOT NULL, shares INTEGER NOT NULL, cash INTEGER NOT NULL, fee INTEGER NOT NULL,
    version TEXT NOT NULL, deployment TEXT, regime TEXT NOT NULL, market TEXT NOT NULL
  ) STRICT;
  CREATE INDEX fills_order ON fills (order_id);
  CREATE TABLE positions (
    id TEXT PRIMARY KEY, slot TEXT NOT NULL, window_id TEXT NOT NULL, window_end INTEGER NOT NULL, side TEXT NOT NULL,
    opened_at INTEGER NOT NULL, opened_by TEXT NOT NULL, owned_by TEXT NOT NULL, state TEXT NOT NULL,
    shares INTEGER NOT NULL, cost INTEGER NOT NULL, bought_shares INTEGER NOT NULL, bought_cost INTEGER NOT NULL,
    fees INTEGER NOT NULL, realised INTEGER NOT NULL, payout INTEGER, settled_at INTEGER,
    version TEXT NOT NULL, deployment TEXT, regime TEXT NOT NULL, market TEXT NOT NULL
  ) STRICT;
  CREATE INDEX positions_window ON positions (window_id);
  CREATE TABLE settlements (
    window_id TEXT PRIMARY KEY, slot TEXT NOT NULL, ts INTEGER NOT NULL, strike REAL NOT NULL, close REAL NOT NULL,
    payout_up INTEGER NOT NULL, source TEXT NOT NULL, market TEXT NOT NULL
  ) STRICT;
  CREATE TABLE ledger (
    seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, kind TEXT NOT NULL, ref TEXT NOT NULL, cash INTEGER NOT NULL,
    cost INTEGER NOT NULL, locked INTEGER NOT NULL, deposit INTEGER NOT NULL, realised INTEGER NOT NULL,
    fee INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE candles (
    asset TEXT NOT NULL, frame TEXT NOT NULL, open_time INTEGER NOT NULL, open REAL NOT NULL, high REAL NOT NULL,
    low REAL NOT NULL, close REAL NOT NULL, volume REAL NOT NULL, PRIMARY KEY (asset, frame, open_time)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE commands (
    id TEXT PRIMARY KEY, ts INTEGER NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
    outcome TEXT NOT NULL, message TEXT NOT NULL
  ) STRICT;
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, level TEXT NOT NULL, kind TEXT NOT NULL, slot TEXT, version TEXT,
    deployment TEXT, regime TEXT, market TEXT NOT NULL, message TEXT NOT NULL
  ) STRICT;
  CREATE TABLE strategy_states (
    slot TEXT PRIMARY KEY, strategy TEXT NOT NULL, version TEXT NOT NULL, revision INTEGER NOT NULL, json TEXT NOT NULL
  ) STRICT;
  CREATE TABLE live (strategy TEXT PRIMARY KEY, version TEXT, deployment TEXT) STRICT;
  CREATE TABLE desk (
    id INTEGER PRIMARY KEY CHECK (id = 1), trading TEXT NOT NULL, trading_reason TEXT, trading_until INTEGER,
    flatten INTEGER NOT NULL, freeze_reason TEXT, freeze_until INTEGER, control_seq INTEGER NOT NULL
  ) STRICT;
  INSERT INTO desk VALUES (1, 'running', NULL, NULL, 0, NULL, NULL, 0);
  CREATE TABLE pauses (scope TEXT PRIMARY KEY, reason TEXT NOT NULL) STRICT;
  CREATE TABLE bot_state (seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
  `,
  `
  ALTER TABLE deployments ADD COLUMN proof TEXT;
  ALTER TABLE deployments ADD COLUMN differences TEXT;
  CREATE TABLE trials (
    seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, kind TEXT NOT NULL, strategy TEXT NOT NULL, hash TEXT NOT NULL,
    tape TEXT NOT NULL, from_ts INTEGER NOT NULL, to_ts INTEGER NOT NULL, slots INTEGER NOT NULL,
    decisions INTEGER NOT NULL, trades INTEGER NOT NULL, pnl INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX trials_strategy ON trials (strategy, hash);
  `,
  `
  ALTER TABLE versions ADD COLUMN stint TEXT;
  ALTER TABLE settlements ADD COLUMN regime TEXT;
  ALTER TABLE deployments ADD COLUMN policy TEXT;
  CREATE TABLE kept_states (
    version TEXT NOT NULL, slot TEXT NOT NULL, revision INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (version, slot)
  ) STRICT;
  CREATE TABLE shadow_trades (
    deployment TEXT NOT NULL, window_id TEXT NOT NULL, version TEXT NOT NULL, slot TEXT NOT NULL, side TEXT NOT NULL,
    opened_at INTEGER NOT NULL, settled_at INTEGER, shares INTEGER NOT NULL, cost INTEGER NOT NULL, fees INTEGER NOT NULL,
    pnl INTEGER, outcome TEXT, regime TEXT NOT NULL, why TEXT NOT NULL, PRIMARY KEY (deployment, window_id)
  ) STRICT;
  CREATE TABLE settings (key TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
  CREATE INDEX deployments_strategy ON deployments (strategy, state);
  CREATE INDEX deployments_version ON deployments (version);
  CREATE INDEX deployments_overridden ON deployments (swapped_at) WHERE json_extract(policy, '$.policy.override') IS NOT NULL;
  `,
  `
  ALTER TABLE intents ADD COLUMN quote INTEGER;
  ALTER TABLE orders ADD COLUMN quote INTEGER;
  ALTER TABLE trials ADD COLUMN sharpe REAL;
  CREATE INDEX fills_position ON fills (position_id);
  CREATE TABLE trades (
    position TEXT PRIMARY KEY, strategy TEXT NOT NULL, slot TEXT NOT NULL, window_id TEXT NOT NULL, side TEXT NOT NULL,
    opened_at INTEGER NOT NULL, settled_at INTEGER NOT NULL, shares INTEGER NOT NULL, cost INTEGER NOT NULL, fees INTEGER NOT NULL,
    pnl INTEGER NOT NULL, sold INTEGER NOT NULL, opened_by TEXT NOT NULL, settled_under TEXT NOT NULL, deployment TEXT,
    regime TEXT NOT NULL, market TEXT NOT NULL, why TEXT NOT NULL, latency_ms INTEGER NOT NULL, quote INTEGER, parts TEXT
  ) STRICT;
  CREATE TABLE version_totals (
    version TEXT PRIMARY KEY, trades INTEGER NOT NULL, wins INTEGER NOT NULL, pnl INTEGER NOT NULL, fees INTEGER NOT NULL,
    evens REAL NOT NULL
  ) STRICT;
  CREATE INDEX positions_open ON positions (opened_by) WHERE settled_at IS NULL;
  `,
  `
  ALTER TABLE ledger ADD COLUMN voided INTEGER NOT NULL DEFAULT 0;
  `,
  `
  CREATE TABLE browser_sessions (
    hash TEXT PRIMARY KEY, role TEXT NOT NULL, created_at INTEGER NOT NULL, revoked_at INTEGER
  ) STRICT;
  CREATE INDEX trades_handed ON trades (opened_by) WHERE parts IS NOT NULL;
  `,
  // Fills get states of their own. The cost an order sold is split among its fills in proportion to their shares.
  `
  ALTER TABLE fills ADD COLUMN cost_sold INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE fills ADD COLUMN state TEXT NOT NULL DEFAULT 'confirmed';
  ALTER TABLE fills ADD COLUMN fate_at INTEGER;
  ALTER TABLE fills ADD COLUMN reason TEXT;
  UPDATE fills SET state = 'matched' WHERE order_id IN (SELECT id FROM orders WHERE state NOT IN ('confirmed', 'failed'));
  UPDATE fills SET state = 'failed', reason = (SELECT reason FROM orders WHERE id = order_id)
    WHERE order_id IN (SELECT id FROM orders WHERE state = 'failed');
  UPDATE fills SET fate_at = (SELECT updated_at FROM orders WHERE id = order_id) WHERE state <> 'matched';
  UPDATE fills SET cost_sold = (SELECT o.cost_sold * fills.shares / o.filled_shares FROM orders o WHERE o.id = order_id)
    WHERE kind = 'exit';
  UPDATE fills SET cost_sold = cost_sold + (SELECT o.cost_sold FROM orders o WHERE o.id = order_id)
      - (SELECT sum(f.cost_sold) FROM fills f WHERE f.order_id = fills.order_id)
    WHERE rowid IN (SELECT max(rowid) FROM fills WHERE kind = 'exit' GROUP BY order_id);
  UPDATE orders SET state = 'sent' WHERE state = 'submitted';
  UPDATE orders SET reason = NULL WHERE state = 'failed';
  UPDATE orders SET state = CASE WHEN reason IS NULL THEN 'filled' ELSE 'cancelled' END
    WHERE state IN ('matched', 'confirmed', 'failed');
  ALTER TABLE orders DROP COLUMN cost_sold;
  CREATE INDEX fills_failed ON fills (order_id) WHERE state = 'failed';
  `,
  // Payouts that were requested, and payouts reported before their positions were resolved.
  `
  CREATE TABLE redemptions (
    window_id TEXT PRIMARY KEY, asked_at INTEGER, times INTEGER NOT NULL, paid_at INTEGER
  ) STRICT;
  `,
  // Facts that code needs become columns, so that nothing is parsed out of keys or sentences.
  `
  ALTER TABLE versions RENAME COLUMN stint TO tenure;
  ALTER TABLE events ADD COLUMN detail TEXT;
  UPDATE events SET kind = 'stopped' WHERE kind = 'fault' AND message LIKE '% is stopped; %';
  UPDATE events SET detail = substr(message, instr(message, ': ') + 2) WHERE kind = 'fault';
  UPDATE events SET kind = 'frozen' WHERE kind = 'command' AND message LIKE 'deployments are frozen:%';
  UPDATE events SET kind = 'unfrozen' WHERE kind = 'command' AND message LIKE 'deployments are open again:%';
  ALTER TABLE settings RENAME TO old_settings;
  CREATE TABLE settings (name TEXT NOT NULL, subject TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (name, subject)) STRICT;
  INSERT INTO settings SELECT
    CASE WHEN key LIKE 'assign %' THEN 'assignment' WHEN key LIKE 'canary %' THEN 'canary' ELSE key END,
    CASE WHEN instr(key, ' ') > 0 THEN substr(key, instr(key, ' ') + 1) ELSE '' END, json FROM old_settings;
  DROP TABLE old_settings;
  ALTER TABLE pauses RENAME TO old_pauses;
  CREATE TABLE pauses (subject TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (subject, name)) STRICT;
  INSERT INTO pauses SELECT CASE WHEN scope GLOB '[A-Z0-9]*-*m' THEN 'slot' ELSE 'strategy' END, scope, reason FROM old_pauses;
  DROP TABLE old_pauses;
  `,
  // Why a command was refused, for programs. Older rows have only the sentence.
  `
  ALTER TABLE commands ADD COLUMN code TEXT;
  `,
  // `paper` means real books from here on: homes whose books were made by Baton become `simulated`, with their feed. Candles were
  // played in virtual time alone.
  `
  INSERT OR IGNORE INTO meta SELECT 'feed', CASE
    WHEN value = 'simulated' THEN 'simulated'
    WHEN (SELECT value FROM meta WHERE key = 'mode') = 'virtual' THEN 'tape'
    ELSE 'binance' END FROM meta WHERE key = 'market';
  UPDATE meta SET value = 'simulated' WHERE key = 'market' AND value = 'paper';
  UPDATE intents SET market = 'simulated' WHERE market = 'paper';
  UPDATE orders SET market = 'simulated' WHERE market = 'paper';
  UPDATE fills SET market = 'simulated' WHERE market = 'paper';
  UPDATE positions SET market = 'simulated' WHERE market = 'paper';
  UPDATE settlements SET market = 'simulated' WHERE market = 'paper';
  UPDATE events SET market = 'simulated' WHERE market = 'paper';
  UPDATE trades SET market = 'simulated' WHERE market = 'paper';
  `,
]
