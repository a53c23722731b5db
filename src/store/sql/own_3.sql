-- What was said of flags: one row for each stretch in which a flag stood.
CREATE TABLE flag(
  account TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  since INTEGER NOT NULL,
  state TEXT NOT NULL,
  day INTEGER NOT NULL,
  until INTEGER,
  because TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY(account, kind, key, since)
) STRICT;
-- Accounts that are put off as a whole.
CREATE TABLE put_off(account TEXT PRIMARY KEY, day INTEGER NOT NULL, until INTEGER NOT NULL, because TEXT, at INTEGER NOT NULL) STRICT;
-- How an account stood when its news was last told: what the next news is the difference to. `look`: the day on which a
-- flag that is away is looked for again.
CREATE TABLE told(account TEXT PRIMARY KEY, body TEXT NOT NULL, look INTEGER) STRICT;
CREATE INDEX told_look ON told(look) WHERE look IS NOT NULL;
-- The same change is raised once, by whomever.
ALTER TABLE event ADD COLUMN mark TEXT;
CREATE UNIQUE INDEX event_mark ON event(mark);
-- The walk of a day, as far as it went.
CREATE TABLE walk(day INTEGER PRIMARY KEY, body TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
