//! The outside system of a scenario: which answer a request gets, and what it says of requests that none is for.
//!
//! Decides matching and counting. It knows nothing of connectors.

use std::sync::{Arc, Mutex};

use serde_json::Value as Json;

use super::CANARY;
use super::scenario::{Answer, Scenario, plain};
use crate::stub::{self, Asked, Stub};

pub struct Vendor {
    pub scenario: Arc<Scenario>,
    stub: Stub,
    other: Stub,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// How often each answer was served.
    used: Vec<u64>,
    unmatched: Vec<String>,
}

impl Vendor {
    /// Listens at two addresses, then reads the scenario, which may name them.
    pub fn start(read: impl FnOnce(&str, &str) -> Result<Scenario, String>) -> Result<Self, String> {
        let state: Arc<Mutex<State>> = Arc::default();
        let slot: Arc<Mutex<Option<Arc<Scenario>>>> = Arc::default();
        let (counting, reading) = (state.clone(), slot.clone());
        let stub = Stub::start(move |asked, _| {
            let scenario = reading.lock().unwrap().clone();
            answer(asked, scenario.as_ref().map_or(&[], |s| &s.answer), &mut counting.lock().unwrap())
        });
        let other = Stub::start(|_, _| stub::Answer::With(200, Vec::new(), "{}".to_owned()));
        let scenario = match read(&stub.url, &other.url) {
            Ok(scenario) => Arc::new(scenario),
            Err(why) => {
                stub.stop();
                other.stop();
                return Err(why);
            }
        };
        state.lock().unwrap().used = vec![0; scenario.answer.len()];
        *slot.lock().unwrap() = Some(scenario.clone());
        Ok(Self { scenario, stub, other, state })
    }

    /// The source's address.
    pub fn url(&self) -> String {
        format!("{}{}", self.stub.url, self.scenario.base)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.stub.asked()
    }

    /// The last requests, a line each.
    pub fn last(&self, n: usize) -> String {
        let asked = self.asked();
        asked[asked.len().saturating_sub(n)..].iter().map(|a| format!("\n  {}", line(a))).collect()
    }

    /// Asks the address that must never be asked: the proof that it is noticed.
    pub fn ask_other(&self, target: &str) {
        use std::io::{Read, Write};
        let mut there = std::net::TcpStream::connect(self.other.url.trim_start_matches("http://")).unwrap();
        write!(there, "GET {target} HTTP/1.1\r\n\r\n").unwrap();
        there.read_exact(&mut [0; 1]).unwrap();
    }

    /// What every scenario must hold. `whole`: all its steps were taken. `in_query`: where the token may stand in the
    /// query, since the vendor wants it there.
    pub fn faults(&self, whole: bool, in_query: &[String]) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let mut faults = state.unmatched.clone();
        for (n, (answer, used)) in self.scenario.answer.iter().zip(&state.used).enumerate() {
            if whole && *used == 0 && !answer.spare {
                faults.push(format!("answer {} ({}) was never asked for", n + 1, answer.on));
            }
        }
        for asked in self.asked() {
            let leaks = |(key, value): &(String, String)| value.contains(CANARY) && !in_query.contains(key);
            if asked.path.contains(CANARY) || asked.query.iter().any(leaks) {
                faults.push(format!("the token stands in an address: {}", line(&asked)));
            }
        }
        faults.extend(self.other.asked().iter().map(|a| format!("another host was asked: {}", whole_request(a))));
        faults
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.stub.stop();
        self.other.stop();
    }
}

fn answer(asked: &Asked, answers: &[Answer], state: &mut State) -> stub::Answer {
    let mut near = Vec::new();
    for (n, answer) in answers.iter().enumerate() {
        let Some(why) = differs(asked, answer) else { continue };
        let why = match why {
            Some(why) => why,
            None if answer.times.is_some_and(|times| state.used[n] >= times) => "it was served often enough".to_owned(),
            None => {
                state.used[n] += 1;
                return play(answer);
            }
        };
        near.push(format!("\n  not answer {} ({}): {why}", n + 1, answer.on));
    }
    state.unmatched.push(format!("no answer for {}{}", whole_request(asked), near.concat()));
    // A class that nobody tries again.
    let said = r#"{"message": "the scenario has no answer for this request"}"#;
    stub::Answer::With(418, vec![("content-type", "application/json".to_owned())], said.to_owned())
}

fn play(answer: &Answer) -> stub::Answer {
    let mut headers: Vec<(String, String)> = answer.headers.clone().into_iter().collect();
    let body = answer.json.clone().or_else(|| answer.text.clone()).unwrap_or_default();
    if answer.cut {
        return stub::Answer::CutOff(answer.status, body);
    }
    if answer.json.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    stub::Answer::Read(answer.status, headers, body)
}

/// `None`: an answer for another address. `Some(None)`: it is for this request. Else why it isn't.
fn differs(asked: &Asked, answer: &Answer) -> Option<Option<String>> {
    let (method, path) = answer.on.split_once(' ')?;
    if method != asked.method || !fits(path, &asked.path) {
        return None;
    }
    for (key, wanted) in &answer.query {
        let wanted: Vec<String> = match wanted {
            toml::Value::Array(list) => list.iter().map(plain).collect(),
            one => vec![plain(one)],
        };
        let came: Vec<&str> = asked.query.iter().filter(|(k, _)| k == key).map(|(_, v)| v.as_str()).collect();
        if came.len() != wanted.len() || !wanted.iter().zip(&came).all(|(wanted, came)| fits(wanted, came)) {
            return Some(Some(format!("query {key}: wanted {wanted:?}, came {came:?}")));
        }
    }
    if let Some(key) = answer.without.iter().find(|key| asked.query(key).is_some()) {
        return Some(Some(format!("query {key} was sent")));
    }
    for (name, wanted) in &answer.header {
        let came = asked.header(name);
        if !came.is_some_and(|came| fits(wanted, came)) {
            let came = came.map_or("none".to_owned(), |came| hide(name, came));
            return Some(Some(format!("header {name}: wanted {wanted:?}, came {came}")));
        }
    }
    Some(answer.body.as_ref().and_then(|wanted| misses(wanted, &sent(asked), "body")))
}

/// The body: JSON, or a form as an object of texts.
fn sent(asked: &Asked) -> Json {
    let is_form = asked.header("content-type").is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        return asked.body.clone();
    }
    let mut form = serde_json::Map::new();
    for (key, value) in url::form_urlencoded::parse(asked.text.as_bytes()) {
        let value = Json::from(value.as_ref());
        match form.get_mut(key.as_ref()) {
            None => drop(form.insert(key.into_owned(), value)),
            Some(Json::Array(list)) => list.push(value),
            Some(one) => *one = Json::Array(vec![one.take(), value]),
        }
    }
    Json::Object(form)
}

/// Where a body isn't what is wanted: keys beside the wanted ones may be there; lists are compared whole.
fn misses(wanted: &Json, came: &Json, at: &str) -> Option<String> {
    if let (Json::Object(wanted), Json::Object(came)) = (wanted, came) {
        return wanted.iter().find_map(|(key, wanted)| match came.get(key) {
            Some(came) => misses(wanted, came, &format!("{at}.{key}")),
            None => Some(format!("{at}.{key} is missing; wanted {wanted}")),
        });
    }
    (!same(wanted, came)).then(|| format!("{at}: wanted {wanted}, came {came}"))
}

fn same(wanted: &Json, came: &Json) -> bool {
    match (wanted, came) {
        (Json::String(wanted), Json::String(came)) => fits(wanted, came),
        (Json::Array(wanted), Json::Array(came)) => {
            wanted.len() == came.len() && wanted.iter().zip(came).all(|(wanted, came)| same(wanted, came))
        }
        (Json::Object(wanted), Json::Object(came)) => {
            wanted.len() == came.len()
                && wanted.iter().all(|(key, wanted)| came.get(key).is_some_and(|came| same(wanted, came)))
        }
        (wanted, came) => wanted == came,
    }
}

/// `*` stands for any text.
pub fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn line(asked: &Asked) -> String {
    let query: Vec<String> = asked.query.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{} {}{mark}{}", asked.method, asked.path, query.join("&")).replace(CANARY, "<token>")
}

fn whole_request(asked: &Asked) -> String {
    let mut out = line(asked);
    for (name, value) in &asked.headers {
        out.push_str(&format!("\n  {name}: {}", hide(name, value)));
    }
    if !asked.text.is_empty() {
        out.push_str(&format!("\n  {}", asked.text.replace(CANARY, "<token>")));
    }
    out
}

/// A header's value without the token, which may stand there encoded.
fn hide(name: &str, value: &str) -> String {
    match value.split_once(' ') {
        Some((way, _)) if name.eq_ignore_ascii_case("authorization") => format!("{way} <token>"),
        _ => value.replace(CANARY, "<token>"),
    }
}
