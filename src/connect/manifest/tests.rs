use super::*;

/// A small connector that loads; `from` replaced by `to` makes one mistake.
const GOOD: &str = r#"connector = 1
name = "Small"
settings = { token = { secret = true }, region = { ask = "Region", default = "eu" } }
base.url = "https://{{ settings.region }}.small.example"
auth.token = { kind = "bearer", token = "{{ settings.token }}" }
errors = [{ when = { status = 429, body = { policy = "DAILY" } }, is = "quota", until = "midnight in UTC" }]
limits.all = { rate = "8 / 1s" }
[tables.stages]
get = "/stages"
rows = "results"
key = "id"
show = { label = "label" }
[streams.account]
map = { id = "id", name = ["name", "= other ~ '!'"], domain = "site | host", stage = { path = "stage", table = "stages", show = "label" } }
[streams.account.first]
get = "/accounts"
query = { limit = 100 }
rows = "results"
next = { kind = "cursor", read = "body:next", send = "query:after", stop = "absent" }
[streams.account.changed]
like = "first"
query = { since = "{{ since }}" }
since = { kind = "filter", overlap = "10m", as = "rfc3339" }
[write.note]
text = { kind = "html", max = 100 }
create = { post = "/notes", id = "id", json = { body = "{{ fields.body }}" } }
"#;

fn messages(text: &str) -> String {
    match load(text, "small.toml") {
        Ok(_) => String::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn a_good_file_loads_whole() {
    assert_eq!(messages(GOOD), "");
    let manifest = load(GOOD, "small.toml").unwrap();
    assert_eq!(manifest.name(), "Small");
    let changed = manifest.streams[0].changed.as_ref().unwrap();
    assert!(matches!(changed.paged.next.kind, NextKind::Cursor { .. }), "`like` takes what isn't given anew");
    assert_eq!(changed.paged.request.query.len(), 1, "`query` given anew replaces it whole");
}

#[test]
fn every_mistake_says_where_what_and_what_is_allowed() {
    for (from, to, wanted) in [
        ("connector = 1", "connector = 2", "small.toml:1 connector: is format 2; this Rounds reads format 1"),
        ("connector = 1\n", "", "small.toml:1 connector: is missing; the first line must be `connector = 1`"),
        ("name = \"Small\"", "name = \"Small", "small.toml:2: "),
        (
            "kind = \"bearer\"",
            "kind = \"magic\"",
            "small.toml:5 auth.token.kind: \"magic\" is unknown here; allowed: bearer, header, basic, query, none, oauth, command",
        ),
        (
            "stop = \"absent\"",
            "stop = \"sometimes\"",
            "small.toml:19 streams.account.first.next.stop: \"sometimes\" is unknown here; allowed: absent, short, empty",
        ),
        (
            ", stop = \"absent\"",
            "",
            "small.toml:19 streams.account.first.next.stop: is missing: when the last page is reached",
        ),
        (
            "read = \"body:next\"",
            "read = \"next\"",
            "small.toml:19 streams.account.first.next.read: \"next\" is no place; write it as query:name or body:path",
        ),
        (
            "send = \"query:after\"",
            "send = \"path:after\"",
            "\"path\" is no place to send; allowed: query, body, header",
        ),
        (
            "rows = \"results\"\nnext",
            "row = \"results\"\nnext",
            "small.toml:18 streams.account.first.row: this key is unknown here; allowed: ",
        ),
        (
            "domain = \"site | host\"",
            "domain = \"site | hots\"",
            "small.toml:14 streams.account.map.domain: \"hots\" is no converter; allowed: host, lower, plain",
        ),
        (
            "domain = \"site",
            "domian = \"site",
            "small.toml:14 streams.account.map.domian: \"domian\" is no field of account; allowed: name, domain",
        ),
        ("id = \"id\", name", "name", "small.toml:13 streams.account.map.id: is missing: every record needs its id"),
        ("= other ~ '!'", "= other ~", "streams.account.map.name: the formula \"other ~\" can't be read"),
        ("table = \"stages\"", "table = \"stage\"", "\"stage\" is no table; allowed: stages"),
        ("show = \"label\"", "show = \"name\"", "the table \"stages\" shows no \"name\"; allowed: label"),
        ("[streams.account]", "[streams.customer]", "small.toml:13 streams.customer.entity: \"customer\" is no entity"),
        (
            "like = \"first\"",
            "like = \"deleted\"",
            "small.toml:21 streams.account.changed.like: names no other pull of this stream",
        ),
        (
            "overlap = \"10m\"",
            "overlap = \"ten\"",
            "small.toml:23 streams.account.changed.since.overlap: \"ten\" is no length of time",
        ),
        ("as = \"rfc3339\"", "as = \"iso\"", "\"iso\" is no way to write a moment; allowed: rfc3339, epoch_s"),
        (
            "is = \"quota\"",
            "is = \"tired\"",
            "small.toml:6 errors.0.is: \"tired\" is unknown here; allowed: auth_expired",
        ),
        ("rate = \"8 / 1s\"", "rate = 8", "small.toml:7 limits.all.rate: a text is expected here, not a number"),
        ("create = { post", "create = { get = \"/x\", post", "a request has one method"),
        (
            "[write.note]",
            "[write.ticket]",
            "small.toml:24 write.ticket.entity: \"ticket\" can't be written; allowed: note, task, touch",
        ),
        (
            "\"{{ since }}\"",
            "\"{{ since\"",
            "small.toml:22 streams.account.changed.query.since: \"{{ since\" opens {{ and doesn't close it",
        ),
        ("[write.note]", "[extra]\na = 1\n[write.note]", "small.toml:24 extra: this key is unknown here"),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let found = messages(&text);
        assert!(found.contains(wanted), "{to}: wanted\n  {wanted}\nin\n  {found}");
    }
}

#[test]
fn all_mistakes_are_listed_in_the_order_of_the_file() {
    let text = GOOD.replace("\"bearer\"", "\"x\"").replace("\"rfc3339\"", "\"x\"").replace("domain", "domian");
    let lines: Vec<usize> = load(&text, "small.toml").unwrap_err().iter().map(|e| e.line).collect();
    assert_eq!(lines, [5, 14, 23]);
}
