-- A change of a saved note that is not finished.
CREATE TABLE note_draft(note TEXT PRIMARY KEY, text TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
