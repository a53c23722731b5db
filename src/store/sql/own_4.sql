-- Bullets of a note that stay on this machine, one a line.
ALTER TABLE note ADD COLUMN kept TEXT NOT NULL DEFAULT '';
-- What was forgotten on request, as hashes: by them a sync and a reading know what to leave out.
CREATE TABLE forgotten(hash TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;
