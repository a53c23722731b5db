//! What a connector file may say, as a page: the words of each table, what they mean, how they look.
//!
//! Decides only words. A test holds it to the code that reads the files: each word that is read stands here, and each word
//! here is read.

/// A table of the format.
pub struct Part {
    /// Where it stands: `[streams.NAME]`.
    pub at: &'static str,
    /// What it is for.
    pub says: &'static str,
    /// Its words: several that go together stand in one line.
    pub words: &'static [(&'static str, &'static str)],
}

/// The format, from the head of a file to writing back.
pub const FORMAT: &[Part] = &[
    Part {
        at: "How values are read and sent",
        says: "In map, rows, read, must, keep, id, key and show a text is a path into the answer: a.b, list[].x, 0.x, \"key.with.dots\", empty for all of it.\n\
               path | host (also lower, plain) converts it. With = in front it is a formula over the record, which also sees settings and me: = a.b ~ '/' ~ c, x | default('', true).\n\
               In a request a text is sent as it stands and {{ formula }} puts a value in. A text that is one {{ }} alone keeps its type; without a value its key is left out.\n\
               Formulas know settings, me, found, sign_in, its, fields, since, until, above_id, id, ids, records, account.id, people, item, job, call, window.from, window.to; in writes fields.NAME, mark, mark_key, own_id.",
        words: &[],
    },
    Part {
        at: "The head",
        says: "What the file is.",
        words: &[
            ("connector", "1, the number of this format; the first line"),
            ("name", "what people call the system"),
            ("about", "one line of what it brings"),
            ("status", "\"proven\" or \"untested\""),
            ("needs, gaps, proof", "rights to grant; what it does not do; how it was proven"),
            ("headers", "sent with every request: { Accept-Language = \"en\" }"),
        ],
    },
    Part {
        at: "[settings.NAME]",
        says: "What people give under settings of the source; settings.NAME in formulas. The secret one is called token and is kept by rounds login.",
        words: &[
            ("ask, example", "the question, and an answer as it looks"),
            ("default, optional", "the value without an answer; true: may be left out"),
            ("choices", "the only answers: [\"eu\", \"us\"]"),
            ("secret", "true for the token"),
        ],
    },
    Part {
        at: "[base], [values], [links]",
        says: "base.url is the address that paths are put behind; url of the source replaces it. links.account = \"https://…{{ id }}\" opens a record (also person, opportunity, ticket, task, note, touch).",
        words: &[
            ("url", "base.url = \"https://{{ settings.site }}.example.com/api\""),
            ("empty", "values that mean nothing: [false, \"\"]"),
            ("zone", "in which zone a moment becomes a day"),
            ("split", "what stands between the parts of a list in one text"),
        ],
    },
    Part {
        at: "[auth.NAME]",
        says: "Ways to sign in, in order: the first whose settings are given, or sign_in = \"NAME\" of the source.",
        words: &[
            ("kind", "bearer, header, basic, query, none, oauth, command"),
            ("token, prefix", "bearer: the token, and the word before it"),
            ("name, value", "header and query: which, and what"),
            ("user, password", "basic"),
            ("grants", "oauth: any of pkce, device, client_credentials"),
            (
                "authorize, device",
                "oauth: the address where people sign in, that of device codes; token is that of tokens",
            ),
            ("scopes, extra, port", "oauth: what is asked for, more parameters of the page, the port for the answer"),
            ("client, body", "oauth: the app's id goes into \"basic\" or \"body\"; bodies are \"form\" or \"json\""),
            ("secret", "oauth: the app has a secret: needed, optional, none"),
            ("keep", "values of the answer for sign_in.NAME: { instance_url = \"instance_url\" }"),
            ("hosts", "oauth: other domains that a kept address may lead to"),
            ("run, refuse, also, help", "command: only in connectors that come with Rounds"),
        ],
    },
    Part {
        at: "[me], [found.NAME], [tables.NAME]",
        says: "Asked once: who signed in (me.NAME), what kind of system it is (found.NAME), small lists to look words up in. All take the words of a request.",
        words: &[
            ("must, keep, also", "me: what must be in the answer, what is kept of it, a second question that may fail"),
            ("read, else, when", "found: what is read, what holds where it is refused, a condition for asking"),
            ("highest, tested", "found: the highest of a list of versions that is not above the tested one"),
            (
                "rows, each, key, show",
                "tables: the rows, a list within each, what they are looked up by, their columns",
            ),
        ],
    },
    Part {
        at: "A request, [calls.NAME]",
        says: "One of get, post, patch, put, delete with a path, or file or run for what stands on this machine. Values may be texts, numbers, lists and tables, and the forms below.",
        words: &[
            (
                "get, post, patch, put, delete",
                "get = \"/accounts\"; an address with :// is whole; the token never leaves the host of base.url",
            ),
            ("query, headers", "query = { limit = 100 }; a list repeats its key"),
            ("json, form", "the body, as a table"),
            (
                "file, run",
                "file = \"~/x.csv\"; run = [\"program\", \"argument\"], without a shell, only in config.toml",
            ),
            (
                "for_each, item",
                "an entry of a list that is repeated: [{ for_each = \"{{ people }}\", id = \"{{ item }}\" }]",
            ),
            (
                "language, text",
                "a text of soql, odata or plain; values are quoted as its literals, {{ fields }} and {{ since }} stand bare",
            ),
            ("json_in", "a table sent as one JSON text"),
            (
                "call, use",
                "a request by a wrapper of [calls.NAME], which has try, when and answer: call = { use = \"kw\", model = \"x\" }",
            ),
        ],
    },
    Part {
        at: "[streams.NAME]",
        says: "One kind of record. NAME is account, person, owner, opportunity, ticket, touch, note, task or usage, or entity says which. use lays a table of [shapes] under it.",
        words: &[
            (
                "entity, use, its",
                "what the records are; the shape under it; constants for formulas: its = { object = \"companies\" }",
            ),
            ("map", "our field = path, list of paths (the first with a value), formula, or a table as below"),
            (
                "first, changed, deleted",
                "the request for all, for what changed, for what is gone; like = \"first\" begins with a copy",
            ),
            ("describe", "which fields there are, so that only those are asked for (below)"),
            ("history", "earlier values of fields (below)"),
            ("links", "links.account, links.people: whose a record is, where only another call tells (below)"),
            ("melt", "usage: column = \"metric\", a row for each"),
            (
                "id, changed, account, people",
                "words of every map: the id, the time of change, whose it is, who took part",
            ),
            ("gone, into, merged", "it is gone; the record that it was merged into; those merged into it"),
        ],
    },
    Part {
        at: "map.FIELD = { … }",
        says: "A value that needs more than a path.",
        words: &[
            ("path", "one path or several, the first with a value"),
            ("values, else", "translated: { A = \"Enterprise\" }; what anything else becomes"),
            ("table, show", "looked up in a table, and the column that is shown"),
            ("total", "of a list: sum, max, min, count, first"),
            (
                "each, value, times, where",
                "the list, the value of an entry, its quantity, which entries count; a formula there sees parent",
            ),
            (
                "per, per_count, minor",
                "made yearly by interval and count; the currency whose minor unit the value is in",
            ),
        ],
    },
    Part {
        at: "first, changed, deleted",
        says: "A request and how its pages are read. try = [{ when = \"= …\", … }, …] names several ways: the first that fits, and the next where it is refused.",
        words: &[
            ("rows", "where the records stand; or { kind = \"csv\" | \"jsonl\" | \"columns\" | \"map\" | \"ids\" }"),
            (
                "names, from, full_at",
                "rows of kind columns: names, lists of values, the length at which some were cut off",
            ),
            ("at, key, value", "rows of kind map: the table; the names under which key and value stand in a row"),
            ("nested", "a list in each record whose entries are the rows; they see it as parent"),
            ("next", "how the next page is asked for (below)"),
            ("since", "how changes are asked for (below)"),
            ("refetch", "rows only point: each record is asked for by id"),
            ("sweep", "deleted: it lists all ids, so often; what is missing is gone: sweep = \"1d\""),
            ("job", "rows that the source puts together first"),
            ("submit, poll, results", "job: the requests that hand it in, ask after it, fetch its rows"),
            (
                "id, state, done, failed, message, every",
                "job: where its id and state stand, which states end it, why it failed, how often it is asked after",
            ),
            ("over, more_than", "job: a request that counts, and the count above which it is worth one"),
        ],
    },
    Part {
        at: "next",
        says: "Ends are named, never guessed: a repeated page, a circle or too many pages are errors.",
        words: &[
            ("kind", "none, next_url, cursor, offset, number, last_id"),
            ("read", "where it stands: body:paging.next, header:NAME, link:next"),
            ("send", "where it goes: query:page, body:after, header:NAME"),
            ("start, size", "the first number; how many rows a page has"),
            ("stop", "absent, short, empty, or a table:"),
            (
                "flag, total",
                "{ flag = \"end\" } ends when it is true, { flag = \"!has_more\" } when it is not; { total = \"path\" } after so many rows",
            ),
            ("cap, then", "so many rows and the window is full: restart_above_id or restart_at_time"),
            ("pages", "more pages than this are an error"),
        ],
    },
    Part {
        at: "since",
        says: "What a later pull asks for.",
        words: &[
            ("kind", "filter, token, newest_first, days"),
            (
                "overlap, as, keeps",
                "filter: how far back it begins, how the moment is written (rfc3339, epoch_s, epoch_ms, %Y-%m-%d…), for how long changes are known",
            ),
            (
                "read, send",
                "token: where the last page names the next beginning, and where it is sent; \"url\" is the whole address",
            ),
            (
                "again, step",
                "days: how many are asked for again, how many at once; window.from and window.to in the request",
            ),
        ],
    },
    Part {
        at: "describe, history, links.account, links.people",
        says: "All take the words of a request.",
        words: &[
            ("rows, name, label", "describe: the list of fields, the name and label of each"),
            (
                "under, deep, cut, relation",
                "where the fields stand in a record; whole paths are asked for; a sign at which a name ends; another name of a reference",
            ),
            (
                "fields, from, value, at, read",
                "history: which fields, where their lists stand, value and time of an entry, a batch read for pulls without them",
            ),
            (
                "chunk, rows, from, to, more",
                "links: how many ids a call takes, the list, the record's id, the ids it belongs to, how a list goes on",
            ),
        ],
    },
    Part {
        at: "[write.NAME]",
        says: "note, task, call, meeting, mail. A write is sent once; what became of it after a doubtful answer is found out by safe.",
        words: &[
            ("entity, kind", "entity = \"touch\" with kind call, meeting or mail"),
            ("text, max", "text = { kind = \"plain\" | \"html\" | \"paragraphs\" | \"markdown\", max = 32000 }"),
            (
                "create, update, delete",
                "requests; create.id is where the new id stands: a path, header:NAME, or own for the one we chose",
            ),
            ("safe", "[[write.NAME.safe]]: how ours is found again"),
            (
                "kind",
                "own_id: read asks for the record under our id; find_marker: list, or ids and read, list what is on the account",
            ),
            ("list, ids, read, id, text", "the requests, the record's id, where its text stands"),
        ],
    },
    Part {
        at: "errors = [{ when = { … }, is = \"…\" }], words",
        says: "The first rule that fits decides; all of its conditions must hold. Without one the status decides.",
        words: &[
            ("when", "the conditions:"),
            (
                "status, header, body, contains, has",
                "{ status = [429] }, a part of a header, a value of the body, a piece of its text, a path that is there",
            ),
            (
                "is",
                "auth_expired, auth_wrong, forbidden, gone, rate, quota, transient, conflict, too_wide, stale_cursor, field_gone, duplicate, invalid",
            ),
            ("until", "when a quota is full again: \"midnight in Europe/Berlin\", \"rolling 24h\""),
            (
                "message, trace, rights, header",
                "words: where an answer's own words stand, its number, missing rights; a header with words",
            ),
        ],
    },
    Part {
        at: "[limits.NAME]",
        says: "all is for every request; others say on = \"*/search\". config.toml may change any of them under limits of the source.",
        words: &[
            ("on, rate, at_once", "which paths; \"8 / 1s\"; how many requests at a time"),
            (
                "remaining, of, reset_s, reset_ms, reset_epoch",
                "header:NAME of what is left, of how many, when it is full again",
            ),
            (
                "daily, daily_of, stop_at",
                "what is left of the day, of how many; the share at which Rounds stops: \"80%\"",
            ),
            ("packed", "several numbers in one header: { header = \"X-Limits\", form = \"used={used}/{of}\" }"),
            ("tries, retry_base, retry_cap", "how often a read is tried, the pauses between"),
            ("connect, idle, max_bytes, poll", "time-outs, the largest answer, how often a job is looked after"),
        ],
    },
];
