//! Pages: a request made ready, rows taken out of an answer, the way to the next page.
//!
//! Decides when a walk ends and when it goes in circles (an error, never an end). It sends nothing.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use url::Url;

use super::answer::{Answer, header};
use super::client::Built;
use super::error::ConnectError;
use super::formula::{Formula, Template, plain_text, to_mj};
use super::local::Local;
use super::manifest::{
    Body, Calls, Decode, LocalSpec, Next, NextKind, OwnRequest, Paged, ReadPlace, Request, Rows, SendPlace, Stop, Then,
};
use super::path::Path;
use super::source::Source;

/// An address longer than this is refused by gateways before the source sees it.
const LONGEST_URL: usize = 15_000;

/// What every request of a connector shares.
pub(crate) struct Shared<'a> {
    pub base: &'a Url,
    pub headers: &'a [(String, Template)],
    pub calls: &'a Calls,
}

/// Makes a request ready in a context.
pub(crate) fn build(request: &Request, shared: &Shared<'_>, context: &Json) -> Result<Built, String> {
    match request {
        Request::Own(own) => build_own(own, shared, context),
        Request::Call { name, with } => {
            let ways = shared.calls.get(name).ok_or_else(|| format!("there is no call {name:?}"))?;
            let mut context = context.clone();
            context["call"] = with.eval(&context, &to_mj(&context))?.unwrap_or(Json::Null);
            let mj = to_mj(&context);
            let way = ways.iter().find(|way| holds(way.when.as_ref(), &mj));
            let way = way.ok_or_else(|| format!("no way of the call {name:?} fits"))?;
            let mut built = build_own(&way.request, shared, &context)?;
            built.unwrap = (!way.answer.text().is_empty()).then(|| way.answer.clone());
            Ok(built)
        }
    }
}

/// Whether a condition holds; none always does, and one that names something absent does not.
pub(crate) fn holds(when: Option<&Formula>, mj: &minijinja::value::Value) -> bool {
    when.is_none_or(|when| when.eval(mj).is_ok_and(|json| !matches!(json, Json::Null | Json::Bool(false))))
}

fn build_own(request: &OwnRequest, shared: &Shared<'_>, context: &Json) -> Result<Built, String> {
    let mj = to_mj(context);
    let path = request.path.text(&mj)?;
    let mut url = address(shared.base, &path)?;
    for (key, value) in &request.query {
        for text in value.texts(context, &mj)? {
            url.query_pairs_mut().append_pair(key, &text);
        }
    }
    spaces(&mut url);
    if url.as_str().len() > LONGEST_URL {
        return Err(format!("the request is longer than {LONGEST_URL} characters: map fewer fields"));
    }
    let mut headers = Vec::new();
    for (key, value) in shared.headers {
        // One that is nothing but a setting that was not given is left out.
        if let Some(value) = value.eval(&mj)?.filter(|value| !value.is_null()) {
            headers.push((key.clone(), plain_text(&value)));
        }
    }
    for (key, value) in &request.headers {
        headers.retain(|(k, _): &(String, String)| !k.eq_ignore_ascii_case(key));
        headers.extend(value.texts(context, &mj)?.into_iter().map(|text| (key.clone(), text)));
    }
    let local = match &request.local {
        Some(LocalSpec::File(name)) => Some(Local::file(&name.text(&mj)?)?),
        Some(LocalSpec::Program(words)) => {
            Some(Local::Program(words.iter().map(|word| word.text(&mj)).collect::<Result<_, _>>()?))
        }
        None => None,
    };
    let (mut json, mut form) = (None, None);
    match &request.body {
        Some(Body::Json(body)) => json = body.eval(context, &mj)?,
        Some(Body::Form(pairs)) => {
            let mut list = Vec::new();
            for (key, value) in pairs {
                list.extend(value.texts(context, &mj)?.into_iter().map(|text| (key.clone(), text)));
            }
            form = Some(list);
        }
        None => {}
    }
    Ok(Built { method: request.method, url, headers, json, form, decode: Decode::Json, unwrap: None, local })
}

/// A space as `%20`: the `+` of forms is read as itself by some.
fn spaces(url: &mut Url) {
    if let Some(query) = url.query().filter(|query| query.contains('+')) {
        let query = query.replace('+', "%20");
        url.set_query(Some(&query));
    }
}

/// A path below the base address, whose own path stays in front; or a whole address.
fn address(base: &Url, path: &str) -> Result<Url, String> {
    let wrong = |e: url::ParseError| format!("{path:?} is no address: {e}");
    if path.contains("://") {
        return Url::parse(path).map_err(wrong);
    }
    let whole = format!("{}/{}", base.as_str().trim_end_matches('/'), path.trim_start_matches('/'));
    Url::parse(&whole).map_err(wrong)
}

/// Takes the rows out of an answer. A path that misses names the keys that are there.
fn records(rows: &Rows, answer: &mut Answer) -> Result<Vec<Json>, String> {
    if answer.json.is_null() {
        return Ok(Vec::new());
    }
    let keys = keys(&answer.json);
    let list = |path: &Path, json: &mut Json| match path.take(json) {
        Some(Json::Array(list)) => Ok(list),
        Some(Json::Null) => Ok(Vec::new()),
        _ => Err(format!("the answer has no list at {:?}; it holds {keys}", path.text())),
    };
    match rows {
        Rows::Path(path) if path.many() => Ok(path.all(&answer.json).into_iter().cloned().collect()),
        Rows::Path(path) => list(path, &mut answer.json),
        Rows::Body(_) => list(&Path::default(), &mut answer.json),
        Rows::Ids(path) => {
            let ids = list(path, &mut answer.json)?;
            Ok(ids.into_iter().map(|id| serde_json::json!({ "id": id })).collect())
        }
        Rows::Map { at, key, value } => match at.take(&mut answer.json) {
            Some(Json::Object(map)) => Ok(map
                .into_iter()
                .map(|(k, v)| Json::Object([(key.clone(), Json::from(k)), (value.clone(), v)].into_iter().collect()))
                .collect()),
            Some(Json::Null) => Ok(Vec::new()),
            _ => Err(format!("the answer has no table at {:?}; it holds {keys}", at.text())),
        },
        Rows::Columns { .. } => {
            let table = columns(rows, answer)?;
            Ok(table.rows.into_iter().map(|row| named(&table.names, row)).collect())
        }
    }
}

/// Rows within rows: each entry of the list at `nested`, with the outer row (less that list) as its `parent`.
fn unnest(rows: Vec<Json>, nested: &Path) -> Vec<Json> {
    let mut out = Vec::new();
    for mut row in rows {
        let Some(Json::Array(entries)) = nested.take(&mut row) else { continue };
        for mut entry in entries {
            if let Json::Object(map) = &mut entry {
                map.insert("parent".to_owned(), row.clone());
            }
            out.push(entry);
        }
    }
    out
}

/// Names beside rows of as many values, as they came: half the memory of records.
pub(crate) struct Columns {
    pub names: Vec<String>,
    pub rows: Vec<Json>,
}

/// Takes the names and rows out of an answer whose rows are [`Rows::Columns`].
pub(crate) fn columns(rows: &Rows, answer: &mut Answer) -> Result<Columns, String> {
    let keys = keys(&answer.json);
    let Rows::Columns { names, from, .. } = rows else { return Err("its rows have no names beside them".to_owned()) };
    let Some(Json::Array(found)) = names.find(&answer.json) else {
        return Err(format!("the answer has no names at {:?}; it holds {keys}", names.text()));
    };
    let names: Vec<String> = found.iter().map(plain_text).collect();
    let Some(Json::Array(rows)) = from.take(&mut answer.json) else {
        return Err(format!("the answer has no list at {:?}; it holds {keys}", from.text()));
    };
    if rows.iter().any(|row| row.as_array().is_none_or(|values| values.len() != names.len())) {
        return Err(format!("a row doesn't have the {} values that its names promise", names.len()));
    }
    Ok(Columns { names, rows })
}

/// A row of [`Columns`] as a record.
pub(crate) fn named(names: &[String], row: Json) -> Json {
    match row {
        Json::Array(values) => Json::Object(names.iter().cloned().zip(values).collect()),
        other => other,
    }
}

fn keys(json: &Json) -> String {
    match json {
        Json::Object(map) if !map.is_empty() => map.keys().take(12).cloned().collect::<Vec<_>>().join(", "),
        Json::Object(_) => "nothing".to_owned(),
        Json::Array(_) => "a list".to_owned(),
        _ => "a single value".to_owned(),
    }
}

/// Where a walk over pages stands. It is what `resume` keeps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Walk {
    /// The page token, offset, number or id to send; none for the first page.
    pub token: Option<Json>,
    /// The address of the next page, where the source gives it whole.
    pub url: Option<String>,
    /// Above which id the window begins; empty: from the start.
    pub above: String,
    /// From which moment on the window begins, where it was moved by time.
    #[serde(default)]
    pub at: Option<jiff::Timestamp>,
    /// Raw rows since the window began.
    pub seen: u64,
    /// Pages since the walk began.
    pub pages: u64,
    /// The first id of the last page: the same one twice is a circle.
    pub first_id: Option<String>,
}

impl Paged {
    /// The rows of an answer, and how many there were before nested ones were taken out of them.
    pub fn take(&self, answer: &mut Answer) -> Result<(Vec<Json>, usize), String> {
        let rows = records(&self.rows, answer)?;
        let count = rows.len();
        Ok(match &self.nested {
            Some(nested) => (unnest(rows, nested), count),
            None => (rows, count),
        })
    }
}

impl Source {
    /// The request of the next page of a walk, ready to go.
    pub(super) fn page(&self, paged: &Paged, walk: &Walk, context: &Json, doing: &str) -> Result<Built, ConnectError> {
        let mut built = self.built(&paged.request, context, doing)?;
        built.decode = paged.decode();
        walk.place(&paged.next, &mut built).map_err(|why| self.invalid(doing, why))?;
        Ok(built)
    }
}

/// What the way on is read from.
pub(crate) struct Seen<'a> {
    pub answer: &'a Json,
    pub headers: &'a reqwest::header::HeaderMap,
    pub url: &'a Url,
    pub last: Option<&'a Json>,
    pub count: usize,
    pub first_id: Option<String>,
    pub last_id: Option<String>,
    pub last_changed: Option<jiff::Timestamp>,
}

impl<'a> Seen<'a> {
    /// Of an answer whose rows are not known by id.
    pub fn of(answer: &'a Answer, last: Option<&'a Json>, count: usize) -> Self {
        Self {
            answer: &answer.json,
            headers: &answer.headers,
            url: &answer.url,
            last,
            count,
            first_id: None,
            last_id: None,
            last_changed: None,
        }
    }
}

impl Walk {
    /// Puts the token into a request that is ready but for it.
    pub fn place(&self, next: &Next, built: &mut Built) -> Result<(), String> {
        if let Some(url) = &self.url {
            built.url = Url::parse(url).map_err(|e| format!("the next page's address is none: {e}"))?;
            return Ok(());
        }
        let Some(token) = &self.token else { return Ok(()) };
        let send = match &next.kind {
            NextKind::None | NextKind::NextUrl { .. } => return Ok(()),
            NextKind::Cursor { send, .. }
            | NextKind::Offset { send, .. }
            | NextKind::Number { send, .. }
            | NextKind::LastId { send, .. } => send,
        };
        put(send, token, built)
    }

    /// The walk after this page; `None` at its end.
    pub fn after(&self, next: &Next, seen: &Seen<'_>) -> Result<Option<Self>, String> {
        if seen.count > 0 && seen.first_id.is_some() && seen.first_id == self.first_id {
            return Err(format!("it repeats a page (first id {})", seen.first_id.as_deref().unwrap_or("")));
        }
        let mut on = Self {
            token: None,
            url: None,
            above: self.above.clone(),
            at: self.at,
            seen: self.seen + seen.count as u64,
            pages: self.pages + 1,
            first_id: seen.first_id.clone().or_else(|| self.first_id.clone()),
        };
        let found = match &next.kind {
            NextKind::None => None,
            NextKind::NextUrl { read, stop } => match (ended(stop, 0, &on, seen), read_place(read, seen)) {
                (false, Some(token)) => {
                    let url = seen
                        .url
                        .join(&plain_text(&token))
                        .map_err(|e| format!("the next page's address is none: {e}"))?;
                    on.url = Some(url.to_string());
                    if self.url == on.url {
                        return Err("it repeats a page (the same next address)".to_owned());
                    }
                    Some(())
                }
                _ => None,
            },
            NextKind::Cursor { read, stop, .. } => match (ended(stop, 0, &on, seen), read_place(read, seen)) {
                (false, Some(token)) => {
                    if self.token.as_ref() == Some(&token) {
                        return Err(format!("it repeats a page (token {})", short(&token)));
                    }
                    on.token = Some(token);
                    Some(())
                }
                _ => None,
            },
            NextKind::Offset { size, stop, .. } => {
                (!ended(stop, *size, &on, seen)).then(|| on.token = Some(on.seen.into()))
            }
            NextKind::Number { start, size, stop, .. } => {
                (!ended(stop, *size, &on, seen)).then(|| on.token = Some((start + on.pages).into()))
            }
            NextKind::LastId { stop, .. } => match (ended(stop, 0, &on, seen), &seen.last_id) {
                (false, Some(id)) => {
                    on.token = Some(Json::from(id.as_str()));
                    Some(())
                }
                _ => None,
            },
        };
        if found.is_none() {
            return Ok(None);
        }
        if on.pages >= next.pages {
            return Err(format!("it has not ended after {} pages", next.pages));
        }
        match next.cap {
            Some((cap, Then::AboveId)) if on.seen >= cap => {
                let above = seen.last_id.clone().ok_or("the last row has no id to go on above")?;
                if above == on.above {
                    return Err(format!("it does not get past the id {above}"));
                }
                (on.token, on.url, on.seen, on.above) = (None, None, 0, above);
            }
            Some((cap, Then::AtTime)) if on.seen >= cap => {
                let at = seen.last_changed.ok_or("the last row says no time to go on from")?;
                if on.at.is_some_and(|before| before >= at) {
                    return Err(format!("it does not get past {at}: more rows changed at that moment than it shows"));
                }
                // The rows of that moment come once more: the first id may repeat.
                (on.token, on.url, on.seen, on.at, on.first_id) = (None, None, 0, Some(at), None);
            }
            _ => {}
        }
        Ok(Some(on))
    }
}

/// Puts a value at a place of a request.
pub(crate) fn put(send: &SendPlace, token: &Json, built: &mut Built) -> Result<(), String> {
    match send {
        SendPlace::Query(name) => {
            let others: Vec<(String, String)> =
                built.url.query_pairs().filter(|(k, _)| k != name).map(|(k, v)| (k.into(), v.into())).collect();
            built.url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, &plain_text(token));
            spaces(&mut built.url);
        }
        SendPlace::Header(name) => {
            built.headers.retain(|(k, _)| !k.eq_ignore_ascii_case(name));
            built.headers.push((name.clone(), plain_text(token)));
        }
        SendPlace::Body(path) => {
            let body = built.json.get_or_insert_with(|| Json::Object(serde_json::Map::new()));
            if !path.set(body, token.clone()) {
                return Err(format!("the body has no place {:?} for the page token", path.text()));
            }
        }
    }
    Ok(())
}

fn short(token: &Json) -> String {
    plain_text(token).chars().take(40).collect()
}

fn ended(stop: &Stop, size: u64, on: &Walk, seen: &Seen<'_>) -> bool {
    match stop {
        Stop::Absent => false,
        Stop::Short => (seen.count as u64) < size,
        Stop::Empty => seen.count == 0,
        Stop::Total(path) => path.find(seen.answer).and_then(Json::as_u64).is_none_or(|total| on.seen >= total),
        Stop::Flag { path, ends_when } => {
            path.find(seen.answer).is_none_or(|flag| (flag == &Json::Bool(true)) == *ends_when)
        }
    }
}

pub(crate) fn read_place(read: &ReadPlace, seen: &Seen<'_>) -> Option<Json> {
    let json = match read {
        ReadPlace::Body(path) => path.find(seen.answer)?.clone(),
        ReadPlace::Header(name) => Json::from(header(seen.headers, name)?),
        ReadPlace::LinkNext => Json::from(link_next(&header(seen.headers, "link")?)?),
        ReadPlace::Last(path) => path.find(seen.last?)?.clone(),
    };
    let text = plain_text(&json);
    (!text.is_empty() && text != "null").then_some(json)
}

/// The address with `rel="next"` of a Link header.
fn link_next(text: &str) -> Option<String> {
    text.split(',').find_map(|part| {
        let (address, rest) = part.trim().strip_prefix('<')?.split_once('>')?;
        rest.split(';').any(|p| matches!(p.trim(), "rel=\"next\"" | "rel=next")).then(|| address.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::connect::path::Path;

    fn seen<'a>(
        answer: &'a Json,
        headers: &'a reqwest::header::HeaderMap,
        url: &'a Url,
        count: usize,
        last: &str,
    ) -> Seen<'a> {
        Seen {
            answer,
            headers,
            url,
            last: None,
            count,
            first_id: Some(format!("first of {last}")),
            last_id: Some(last.into()),
            last_changed: None,
        }
    }

    fn cursor(cap: Option<u64>, pages: u64) -> Next {
        let path = |t| Path::parse(t).unwrap();
        Next {
            kind: NextKind::Cursor {
                read: ReadPlace::Body(path("paging.next.after")),
                send: SendPlace::Body(path("after")),
                stop: Stop::Absent,
            },
            cap: cap.map(|n| (n, Then::AboveId)),
            pages,
        }
    }

    #[test]
    fn a_cursor_goes_on_until_it_is_absent() {
        let (headers, url) = (reqwest::header::HeaderMap::new(), Url::parse("http://127.0.0.1/x?a=1").unwrap());
        let next = cursor(None, 100);
        let page = json!({"paging": {"next": {"after": "200"}}});
        let on = Walk::default().after(&next, &seen(&page, &headers, &url, 200, "7")).unwrap().unwrap();
        assert_eq!((on.token.clone(), on.seen), (Some(json!("200")), 200));
        let mut built = Built {
            method: super::super::manifest::Method::Post,
            url: url.clone(),
            headers: vec![],
            json: Some(json!({"limit": 200, "after": "0"})),
            form: None,
            decode: Decode::Json,
            unwrap: None,
            local: None,
        };
        on.place(&next, &mut built).unwrap();
        assert_eq!(built.json, Some(json!({"limit": 200, "after": "200"})));
        assert!(on.after(&next, &seen(&page, &headers, &url, 200, "8")).unwrap_err().contains("repeats"));
        let end = json!({"results": []});
        assert_eq!(on.after(&next, &seen(&end, &headers, &url, 5, "9")).unwrap(), None);
        let two = cursor(None, 2);
        let other = json!({"paging": {"next": {"after": "400"}}});
        assert!(on.after(&two, &seen(&other, &headers, &url, 5, "9")).unwrap_err().contains("2 pages"));
    }

    #[test]
    fn a_full_window_starts_again_above_the_last_id() {
        let (headers, url) = (reqwest::header::HeaderMap::new(), Url::parse("http://127.0.0.1/x").unwrap());
        let page = json!({"paging": {"next": {"after": "10000"}}});
        let before = Walk { seen: 9_800, token: Some(json!("9800")), ..Walk::default() };
        let on =
            before.after(&cursor(Some(10_000), 1000), &seen(&page, &headers, &url, 200, "55012")).unwrap().unwrap();
        assert_eq!((on.above.as_str(), on.token, on.seen), ("55012", None, 0));
    }

    #[test]
    fn other_kinds_walk_too() {
        let headers = reqwest::header::HeaderMap::new();
        let url = Url::parse("http://127.0.0.1/v1/x?a=1").unwrap();
        let path = |t| Path::parse(t).unwrap();
        let next = |kind| Next { kind, cap: None, pages: 100 };
        let answer = json!({"next": "/v1/x?page=2", "has_more": false, "total": 6});
        let by_url = next(NextKind::NextUrl { read: ReadPlace::Body(path("next")), stop: Stop::Absent });
        let on = Walk::default().after(&by_url, &seen(&answer, &headers, &url, 3, "3")).unwrap().unwrap();
        assert_eq!(on.url.as_deref(), Some("http://127.0.0.1/v1/x?page=2"));
        let offset = next(NextKind::Offset { send: SendPlace::Query("offset".into()), size: 3, stop: Stop::Short });
        let on = Walk::default().after(&offset, &seen(&answer, &headers, &url, 3, "3")).unwrap().unwrap();
        let mut built = Built {
            method: super::super::manifest::Method::Get,
            url: url.clone(),
            headers: vec![],
            json: None,
            form: None,
            decode: Decode::Json,
            unwrap: None,
            local: None,
        };
        on.place(&offset, &mut built).unwrap();
        assert_eq!(built.url.as_str(), "http://127.0.0.1/v1/x?a=1&offset=3");
        assert_eq!(on.after(&offset, &seen(&answer, &headers, &url, 2, "5")).unwrap(), None);
        let number = next(NextKind::Number {
            send: SendPlace::Query("page".into()),
            start: 1,
            size: 3,
            stop: Stop::Total(path("total")),
        });
        let on = Walk::default().after(&number, &seen(&answer, &headers, &url, 3, "3")).unwrap().unwrap();
        assert_eq!(on.token, Some(json!(2)));
        assert_eq!(on.after(&number, &seen(&answer, &headers, &url, 3, "6")).unwrap(), None);
        let last = next(NextKind::LastId {
            send: SendPlace::Query("starting_after".into()),
            stop: Stop::Flag { path: path("has_more"), ends_when: false },
        });
        assert_eq!(Walk::default().after(&last, &seen(&answer, &headers, &url, 3, "3")).unwrap(), None);
        let empty = next(NextKind::Offset { send: SendPlace::Query("offset".into()), size: 3, stop: Stop::Empty });
        assert_eq!(Walk::default().after(&empty, &seen(&answer, &headers, &url, 0, "3")).unwrap(), None);
        assert_eq!(
            link_next("<https://a/b?p=2>; rel=\"next\", <https://a/b?p=9>; rel=\"last\"").as_deref(),
            Some("https://a/b?p=2")
        );
    }

    #[test]
    fn names_beside_rows_become_records() {
        let rows = Rows::Columns {
            names: Path::parse("columns").unwrap(),
            from: Path::parse("results").unwrap(),
            full_at: None,
        };
        let mut answer = Answer {
            headers: reqwest::header::HeaderMap::new(),
            url: Url::parse("http://127.0.0.1/").unwrap(),
            json: json!({"columns": ["account", "n"], "results": [["acme", 3]]}),
        };
        assert_eq!(records(&rows, &mut answer), Ok(vec![json!({"account": "acme", "n": 3})]));
        answer.json = json!({"columns": ["account", "n"], "results": [["acme"]]});
        assert!(records(&rows, &mut answer).is_err());
        answer.json = json!({"colums": []});
        assert!(records(&rows, &mut answer).unwrap_err().contains("colums"));
    }
}
