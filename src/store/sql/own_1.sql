-- What is ours. Never dropped. Migrations are appended; tables keep their names for as long as there are files.
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE draft(account TEXT PRIMARY KEY, text TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE TABLE note(
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  text TEXT NOT NULL,
  body TEXT NOT NULL,
  private INTEGER NOT NULL,
  author TEXT,
  at INTEGER NOT NULL,
  edited INTEGER,
  deleted INTEGER,
  remote TEXT
) STRICT;
CREATE INDEX note_account ON note(account, at);
CREATE TABLE outbox(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  source TEXT NOT NULL,
  account TEXT NOT NULL,
  note TEXT,
  part TEXT NOT NULL,
  kind TEXT NOT NULL,
  entity TEXT NOT NULL,
  action TEXT NOT NULL,
  payload TEXT NOT NULL,
  text TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  because TEXT,
  since INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  steps TEXT,
  remote TEXT,
  follows TEXT
) STRICT;
CREATE INDEX outbox_state ON outbox(state, next_at);
CREATE INDEX outbox_note ON outbox(note);
CREATE INDEX outbox_follows ON outbox(follows) WHERE follows IS NOT NULL;
CREATE TABLE action(
  account TEXT NOT NULL,
  play TEXT NOT NULL,
  key TEXT NOT NULL,
  state TEXT NOT NULL,
  day INTEGER NOT NULL,
  until INTEGER,
  because TEXT,
  assignee TEXT,
  title TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY(account, play, key)
) STRICT;
CREATE TABLE undo(seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, says TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE event(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  account TEXT NOT NULL,
  was TEXT,
  became TEXT,
  points REAL,
  because TEXT NOT NULL,
  day INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX event_day ON event(day);
CREATE INDEX event_account ON event(account, kind, seq);
CREATE TABLE round(seq INTEGER PRIMARY KEY AUTOINCREMENT, day INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE TABLE round_line(round INTEGER NOT NULL, account TEXT NOT NULL, band TEXT NOT NULL, flags TEXT NOT NULL, score REAL, PRIMARY KEY(round, account)) STRICT;
CREATE TABLE hand(source TEXT NOT NULL, entity TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL, PRIMARY KEY(source, entity, id)) STRICT;
CREATE TABLE touched(account TEXT PRIMARY KEY, serial INTEGER NOT NULL) STRICT;
CREATE INDEX touched_serial ON touched(serial);
