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
    let changed = manifest.streams[0].changed.first().unwrap();
    assert!(matches!(changed.paged.next.kind, NextKind::Cursor { .. }), "`like` takes what isn't given anew");
    let Request::Own(request) = &changed.paged.request else { panic!("a request of its own") };
    assert_eq!(request.query.len(), 1, "`query` given anew replaces it whole");
}

/// One of everything else that a file may say.
pub(crate) const WIDE: &str = r#"connector = 1
name = "Wide"
about = "one of everything"
status = "proven"
needs = ["read accounts"]
settings = { token = { secret = true } }
base.url = "https://wide.example"
headers = { "X-Version" = "3" }
auth.token = { kind = "bearer", token = "{{ settings.token }}" }
me = { get = "/me", must = "id", keep = { user = "id" } }
found.version = { get = "/versions", highest = "[].version", tested = "67.0", else = "60.0" }
found.unused = { get = "/unused", read = "x" }
words = { header = "X-Reason" }
limits.all = { packed = { header = "L", form = "used={used}/{of}" }, reset_s = "header:R", stop_at = "80%" }
[calls.rpc]
try = [
  { when = "found.version == '67.0'", post = "/rpc/{{ call.do }}", json = "{{ call.kw }}" },
  { post = "/old", json = { method = "{{ call.do }}", params = "{{ call.kw }}", key = "{{ settings.token }}" }, answer = "result" },
]
[streams.account]
describe = { get = "/describe", rows = "fields", name = "key", deep = true, relation = "value.relation", cut = "@" }
[streams.account.map]
id = "Id"
owner = "Owner.Name"
stage = "state@label"
into = "MasterId"
arr = { total = "sum", each = "items[]", value = "amount", per = "per" }
[streams.account.first]
get = "/query"
query.q = { language = "soql", text = "SELECT {{ fields }} FROM Account WHERE OwnerId = {{ me.user }}" }
query.search = { json_in = { where = [{ type = "after" }] } }
rows = "records"
next = { kind = "next_url", read = "body:next", stop = { flag = "done" } }
[streams.account.first.job]
submit = { post = "/jobs", json = { query = "SELECT {{ fields }} FROM Account" } }
id = "id"
poll = { get = "/jobs/{{ job }}", state = "state", done = ["JobComplete"], failed = ["Failed"], message = "errorMessage" }
results = { get = "/jobs/{{ job }}/results", rows = { kind = "csv" }, next = { kind = "cursor", read = "header:Sforce-Locator", send = "query:locator", stop = "absent" } }
over = { get = "/count", read = "totalSize", more_than = 50000 }
[streams.account.changed]
try = [
  { when = "= found.version == '67.0'", get = "/delta", rows = "value", since = { kind = "token", read = "body:delta", send = "url" } },
  { get = "/query", rows = "records", since = { kind = "filter", keeps = "30d" }, refetch = { get = "/accounts/{{ id }}", id = "id" } },
]
[streams.account.deleted]
call = { use = "rpc", do = "search", kw = { limit = 500 } }
rows = { kind = "ids", at = "" }
sweep = "1d"
next = { kind = "offset", send = "body:offset", size = 500, stop = "short", cap = 1000, then = "restart_at_time" }
[write.note]
text = { kind = "paragraphs" }
create = { put = "/notes({{ own_id }})", id = "own", json = { text = "{{ fields.body }}" } }
safe = [{ kind = "own_id", read = { get = "/notes({{ own_id }})" }, id = "id", text = ["text"] }]
"#;

#[test]
fn one_of_everything_loads() {
    let manifest = load(WIDE, "wide.toml")
        .unwrap_or_else(|errors| panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")));
    assert_eq!(manifest.head().status, Status::Proven);
    assert!(manifest.needs_me);
    let found: Vec<&str> = manifest.found.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(found, ["version"], "what nothing mentions is not asked");
    let stream = manifest.stream("account").unwrap();
    assert_eq!((stream.changed.len(), stream.sweep().unwrap().as_secs()), (2, 86_400));
    let describe = stream.describe.as_ref().unwrap();
    let steps = |text: &[&str]| text.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    assert_eq!(describe.names(&steps(&["Owner", "Name"])), ("Owner.Name".into(), "Owner".into()));
    assert_eq!(describe.names(&steps(&["state@label"])), ("state".into(), "state".into()));
    assert!(manifest.speaks_token(&stream.deleted[0].paged.request), "one of its ways holds the token");
    assert!(!manifest.speaks_token(&stream.first[0].paged.request));
}

#[test]
fn mistakes_in_the_wider_kinds_are_said_too() {
    for (from, to, wanted) in [
        (
            "use = \"rpc\"",
            "use = \"rcp\"",
            "streams.account.deleted.call.use: \"rcp\" is no table under `calls`; there are: rpc",
        ),
        ("kind = \"csv\"", "kind = \"xls\"", "\"xls\" is unknown here; allowed: columns, csv, jsonl, map, ids"),
        ("{used}/{of}", "{spent}/{of}", "{spent} is unknown here; allowed: {used}"),
        ("stop_at = \"80%\"", "stop_at = \"0.8\"", "\"0.8\" is no share; write it as 80%"),
        ("language = \"soql\"", "language = \"sql\"", "\"sql\" is unknown here; allowed: soql, odata, plain"),
        ("total = \"sum\"", "total = \"mean\"", "\"mean\" is unknown here; allowed: sum, max, min, count, first"),
        (", value = \"amount\"", "", "streams.account.map.arr.value: is missing"),
        ("kind = \"own_id\"", "kind = \"luck\"", "\"luck\" is unknown here; allowed: find_marker, own_id"),
        ("status = \"proven\"", "status = \"good\"", "\"good\" is unknown here; allowed: proven, untested"),
        ("sweep = \"1d\"", "sweep = \"daily\"", "\"daily\" is no length of time"),
    ] {
        let text = WIDE.replacen(from, to, 1);
        assert_ne!(text, WIDE, "{from}");
        let errors = load(&text, "wide.toml").unwrap_err();
        let found = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(found.contains(wanted), "{to}: wanted\n  {wanted}\nin\n  {found}");
    }
}

#[test]
fn config_is_laid_over_the_file_and_its_mistakes_are_its_own() {
    let with: toml::Table = r#"
errors = [{ when = { status = 418 }, is = "quota" }]
[streams.account.map]
segment = "tier"
[streams.ticket]
map = { id = "id", subject = "title" }
first = { get = "/cases", rows = "" }
"#
    .parse()
    .unwrap();
    let manifest = load_with(GOOD, "small.toml", "source.crm.with", &with).unwrap();
    assert!(manifest.stream("ticket").is_some());
    assert!(manifest.stream("account").unwrap().map.contains_key("segment"));
    assert_eq!(manifest.errors.len(), 2, "the user's rules stand before the connector's");
    let with: toml::Table = "[streams.ticket]\nmap = { id = \"id\" }\nfirst = { get = \"/cases\" }".parse().unwrap();
    let errors = load_with(GOOD, "small.toml", "source.crm.with", &with).unwrap_err();
    assert_eq!(errors[0].file, "config.toml");
    assert_eq!(errors[0].key, "source.crm.with.streams.ticket.first.rows");
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
