-- What each measure said when an account was last assessed: a JSON array in the order of the model's measures, so that the
-- medians of a segment are had without reading a single standing. `model` is a hash of the model's own.
CREATE TABLE spoken(account INTEGER PRIMARY KEY, model INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
-- The medians by segment ('=Name'), and of the whole book ('*').
CREATE TABLE typical(segment TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- Standings from before say nothing here: they count as made by another model, and are made again behind the screen.
UPDATE standing SET model = '';
