-- What of a standing is news when it differs, in one text; and the accounts where it did, until somebody has looked.
ALTER TABLE standing ADD COLUMN stands TEXT;
CREATE TABLE stirred(account INTEGER PRIMARY KEY) STRICT;
