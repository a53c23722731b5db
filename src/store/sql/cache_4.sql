-- What loyalty says of each account, as JSON: the pyramids, clocks and keep classes of a book without its standings.
CREATE TABLE loyal(account INTEGER PRIMARY KEY, owner TEXT, body TEXT NOT NULL) STRICT;
CREATE INDEX loyal_owner ON loyal(owner);
-- Standings from before say nothing here: they count as made by another model, and are made again behind the screen.
UPDATE standing SET model = '';
