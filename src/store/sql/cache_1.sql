-- What came from outside, and what was computed from it. Days are days since 1970-01-01, moments milliseconds since then,
-- money minor units. Columns of text that hold JSON are named `body`.
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE cursor(source TEXT NOT NULL, stream TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY(source, stream)) STRICT, WITHOUT ROWID;
CREATE TABLE source(name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE counted(source TEXT NOT NULL, entity TEXT NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY(source, entity)) STRICT, WITHOUT ROWID;

CREATE TABLE account(
  account INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  fold TEXT NOT NULL,
  domain TEXT,
  external TEXT,
  version INTEGER NOT NULL DEFAULT 1,
  dirty INTEGER NOT NULL DEFAULT 1,
  merged INTEGER
) STRICT;
CREATE INDEX account_dirty ON account(account) WHERE dirty = 1 AND merged IS NULL;
CREATE INDEX account_fold ON account(fold);
CREATE INDEX account_domain ON account(domain) WHERE domain IS NOT NULL;
CREATE INDEX account_external ON account(external) WHERE external IS NOT NULL;
CREATE INDEX account_merged ON account(merged) WHERE merged IS NOT NULL;

-- Every id by which a source names an account, whether it is known which one it is or not.
CREATE TABLE link(
  link INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  account INTEGER,
  hand INTEGER NOT NULL DEFAULT 0,
  UNIQUE(source, id)
) STRICT;
CREATE INDEX link_account ON link(account) WHERE account IS NOT NULL;
CREATE INDEX link_open ON link(link) WHERE account IS NULL;

CREATE TABLE record(
  rec INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  entity TEXT NOT NULL,
  id TEXT NOT NULL,
  stream TEXT NOT NULL,
  changed INTEGER,
  known INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  gone INTEGER,
  loose INTEGER NOT NULL DEFAULT 0,
  -- Of a task that is open: when it is due. Of a note of ours: its mark, and whether a bullet of it does not parse.
  due INTEGER,
  mark TEXT,
  trouble INTEGER NOT NULL DEFAULT 0,
  hash INTEGER NOT NULL,
  body TEXT NOT NULL,
  UNIQUE(source, entity, id)
) STRICT;
CREATE INDEX record_loose ON record(rec) WHERE loose = 1 AND gone IS NULL;
CREATE INDEX record_due ON record(due) WHERE due IS NOT NULL AND gone IS NULL;
CREATE INDEX record_mark ON record(mark) WHERE mark IS NOT NULL AND gone IS NULL;
CREATE INDEX record_trouble ON record(rec) WHERE trouble = 1 AND gone IS NULL;
CREATE TABLE belongs(link INTEGER NOT NULL, rec INTEGER NOT NULL, PRIMARY KEY(link, rec)) STRICT, WITHOUT ROWID;
CREATE INDEX belongs_rec ON belongs(rec);
CREATE TABLE alias(source TEXT NOT NULL, entity TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL, PRIMARY KEY(source, entity, old)) STRICT, WITHOUT ROWID;
CREATE TABLE history(
  rec INTEGER NOT NULL,
  field TEXT NOT NULL,
  at INTEGER NOT NULL,
  known INTEGER NOT NULL,
  observed INTEGER NOT NULL,
  value TEXT,
  PRIMARY KEY(rec, field, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE usage(
  link INTEGER NOT NULL,
  metric TEXT NOT NULL,
  month INTEGER NOT NULL,
  days BLOB NOT NULL,
  PRIMARY KEY(link, metric, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE standing(
  account INTEGER PRIMARY KEY,
  day INTEGER NOT NULL,
  valid_until INTEGER NOT NULL,
  model TEXT NOT NULL,
  version INTEGER NOT NULL,
  own INTEGER NOT NULL,
  owner TEXT,
  former INTEGER NOT NULL,
  arr_start INTEGER,
  arr_end INTEGER,
  arr_book INTEGER,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX standing_model ON standing(model);
CREATE INDEX standing_valid ON standing(valid_until);
CREATE INDEX standing_day ON standing(day);

-- One narrow row per account of the portfolio: what lists sort and filter by. What is shown stands in `line`.
-- `place` is `account` again: SQLite enters an index at (key, rowid) by the key alone, and would walk all that share it.
CREATE TABLE portfolio(
  account INTEGER PRIMARY KEY,
  place INTEGER NOT NULL,
  owner TEXT,
  name TEXT NOT NULL,
  domain TEXT,
  segment TEXT,
  band TEXT NOT NULL,
  score REAL,
  confidence REAL NOT NULL,
  delta REAL,
  arr INTEGER,
  currency TEXT,
  scale INTEGER,
  renewal INTEGER,
  touch INTEGER NOT NULL,
  exposure REAL NOT NULL,
  flags TEXT NOT NULL,
  high INTEGER NOT NULL,
  meetings INTEGER NOT NULL,
  day INTEGER NOT NULL,
  moved INTEGER
) STRICT;
CREATE INDEX by_urgency ON portfolio(exposure, place);
CREATE INDEX by_name ON portfolio(name, place);
CREATE INDEX by_health ON portfolio(score, place);
CREATE INDEX by_change ON portfolio(delta, place);
CREATE INDEX by_arr ON portfolio(arr, place);
CREATE INDEX by_renewal ON portfolio(renewal, place);
CREATE INDEX by_touch ON portfolio(touch, place);
CREATE INDEX own_urgency ON portfolio(owner, exposure, place);
CREATE INDEX own_name ON portfolio(owner, name, place);
CREATE INDEX own_health ON portfolio(owner, score, place);
CREATE INDEX own_change ON portfolio(owner, delta, place);
CREATE INDEX own_arr ON portfolio(owner, arr, place);
CREATE INDEX own_renewal ON portfolio(owner, renewal, place);
CREATE INDEX own_touch ON portfolio(owner, touch, place);
CREATE INDEX with_meeting ON portfolio(day, account) WHERE meetings > 0;
-- How many rows the portfolio has, as a whole ('*') and by owner, so that nobody has to count them.
CREATE TABLE sized(owner TEXT PRIMARY KEY, rows INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TRIGGER portfolio_in AFTER INSERT ON portfolio BEGIN
  INSERT INTO sized VALUES ('*', 1) ON CONFLICT DO UPDATE SET rows = rows + 1;
  INSERT INTO sized VALUES ('=' || coalesce(new.owner, ''), 1) ON CONFLICT DO UPDATE SET rows = rows + 1;
END;
CREATE TRIGGER portfolio_out AFTER DELETE ON portfolio BEGIN
  UPDATE sized SET rows = rows - 1 WHERE owner IN ('*', '=' || coalesce(old.owner, ''));
END;
CREATE TRIGGER portfolio_over AFTER UPDATE OF owner ON portfolio WHEN old.owner IS NOT new.owner BEGIN
  UPDATE sized SET rows = rows - 1 WHERE owner = '=' || coalesce(old.owner, '');
  INSERT INTO sized VALUES ('=' || coalesce(new.owner, ''), 1) ON CONFLICT DO UPDATE SET rows = rows + 1;
END;
CREATE TABLE line(account INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE summary(scope TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
