//! The way of a request: fault, sign-in, limits, work, answer.
//! Decides in which order these come. The work itself is in `crm` and `usage`, which know no sockets.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::body::Pieces;
use super::crm::reply::{Reply, fail, too_fast, unauthorized};
use super::crm::{self, Call};
use super::faults::{FaultKind, draw};
use super::limits::Rolling;
use super::live::Live;
use super::usage::{self, Usage};
use super::{Options, state};

/// Largest body that is read.
const MOST_BODY: usize = 10 * 1024 * 1024;
/// Longest address that the vendor's gateway takes.
const MOST_ADDRESS: usize = 16_000;
const DAILY: f64 = 650_000.0;

/// The tokens that are good here.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub crm: String,
    /// May read everything and write nothing.
    pub crm_read_only: String,
    pub usage: String,
    /// Good, but without the right to query.
    pub usage_no_scope: String,
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub total: u64,
    pub by_path: BTreeMap<String, u64>,
    pub by_status: BTreeMap<String, u64>,
}

struct Budgets {
    ten_seconds: Rolling,
    search: Rolling,
    daily: u64,
    /// Refusals so far; every other one carries `Retry-After`.
    refused: u64,
}

/// Everything that the two listeners share.
pub(crate) struct House {
    pub live: Live,
    pub usage: Usage,
    pub tokens: Tokens,
    pub counts: Mutex<Counts>,
    faults: Mutex<Vec<(FaultKind, f64)>>,
    budgets: Mutex<Budgets>,
    usage_minute: Mutex<Rolling>,
    usage_at_once: Semaphore,
    count: AtomicU64,
    daily_most: u64,
    seed: u64,
    late: Duration,
    slow: Duration,
    pub base: String,
}

/// Which of the two services a connection speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Crm,
    Usage,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl House {
    pub(crate) fn new(live: Live, options: &Options, tokens: Tokens, base: String) -> House {
        let rate = options.rate;
        House {
            usage: Usage::default(),
            live,
            tokens,
            counts: Mutex::default(),
            faults: Mutex::new(options.faults.clone()),
            budgets: Mutex::new(Budgets {
                ten_seconds: Rolling::new(190.0, rate, Duration::from_secs(10)),
                search: Rolling::new(5.0, rate, Duration::from_secs(1)),
                daily: 0,
                refused: 0,
            }),
            usage_minute: Mutex::new(Rolling::new(240.0, rate, Duration::from_secs(60))),
            usage_at_once: Semaphore::new(3),
            count: AtomicU64::new(0),
            daily_most: (DAILY * rate) as u64,
            seed: options.seed,
            late: options.late,
            slow: options.slow,
            base,
        }
    }

    pub(crate) fn set_faults(&self, faults: Vec<(FaultKind, f64)>) {
        *lock(&self.faults) = faults;
    }
}

/// What a request is, once its head and body are read.
struct Asked {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    json: bool,
    token: Option<String>,
    body: Bytes,
    long: bool,
}

async fn read(request: Request<Incoming>) -> io::Result<Asked> {
    let (head, body) = request.into_parts();
    let text = |name: &str| head.headers.get(name).and_then(|v| v.to_str().ok());
    let query = head.uri.query().unwrap_or_default();
    let bytes = Limited::new(body, MOST_BODY).collect().await.map_err(io::Error::other)?.to_bytes();
    Ok(Asked {
        method: head.method.as_str().to_string(),
        path: head.uri.path().to_string(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        json: text("content-type").is_some_and(|t| t.starts_with("application/json")),
        token: text("authorization").and_then(|t| t.strip_prefix("Bearer ")).map(str::to_string),
        long: head.uri.to_string().len() > MOST_ADDRESS,
        body: bytes,
    })
}

/// An answer on its way out.
struct Out {
    reply: Reply,
    headers: Vec<(&'static str, String)>,
    html: Option<&'static str>,
}

impl From<Reply> for Out {
    fn from(reply: Reply) -> Out {
        Out { reply, headers: Vec::new(), html: None }
    }
}

fn page(status: u16, html: &'static str) -> Out {
    Out { reply: Reply { status, body: Value::Null }, headers: Vec::new(), html: Some(html) }
}

/// Serves one request; an error cuts the connection.
pub(crate) async fn handle(house: Arc<House>, door: Door, request: Request<Incoming>) -> io::Result<Response<Pieces>> {
    let asked = read(request).await?;
    if asked.path.starts_with("/practice/") {
        let reply = state::answer(&house, &asked.method, &asked.path, &asked.body);
        return Ok(house.send(Out::from(reply), None));
    }
    let n = house.count.fetch_add(1, Ordering::Relaxed);
    count(&house, |counts| {
        counts.total += 1;
        *counts.by_path.entry(format!("{} {}", asked.method, pattern(&asked.path))).or_default() += 1;
    });
    let writes = door == Door::Crm && writes(&asked);
    let fault = draw(&lock(&house.faults), house.seed, n, writes);
    let out = match fault {
        Some(FaultKind::Reset) => return cut(&house, "reset"),
        Some(FaultKind::Broken) => page(500, "<html><body><h1>Internal error</h1></body></html>"),
        Some(FaultKind::Unauthorized) if door == Door::Crm => Out::from(unauthorized("EXPIRED_AUTHENTICATION")),
        Some(FaultKind::Unauthorized) => Out::from(usage::unauthorized()),
        Some(FaultKind::TooMany) if door == Door::Crm => {
            let mut out = Out::from(too_fast("TEN_SECONDLY_ROLLING"));
            retry_after(&house, &mut out, Duration::from_secs(1));
            out
        }
        Some(FaultKind::TooMany) => throttled(Duration::from_secs(1)),
        Some(FaultKind::LateCommit) => {
            let later = Arc::clone(&house);
            tokio::spawn(async move {
                tokio::time::sleep(later.late).await;
                crm_work(later, asked, 0).await;
            });
            page(504, "<html><body><h1>Gateway timeout</h1></body></html>")
        }
        _ => {
            let lag = if fault == Some(FaultKind::Lag) { house.late.as_millis() as i64 } else { 0 };
            match door {
                Door::Crm => crm_work(Arc::clone(&house), asked, lag).await,
                Door::Usage => usage_work(Arc::clone(&house), asked).await,
            }
        }
    };
    if fault == Some(FaultKind::LostReply) {
        return cut(&house, "lost");
    }
    let status = out.reply.status.to_string();
    count(&house, |counts| *counts.by_status.entry(status).or_default() += 1);
    Ok(house.send(out, fault))
}

fn cut(house: &House, what: &str) -> io::Result<Response<Pieces>> {
    count(house, |counts| *counts.by_status.entry(what.to_string()).or_default() += 1);
    Err(io::Error::other("connection cut on purpose"))
}

fn count(house: &House, add: impl FnOnce(&mut Counts)) {
    add(&mut lock(&house.counts));
}

/// Sign-in, limits and the CRM's answer.
async fn crm_work(house: Arc<House>, asked: Asked, lag: i64) -> Out {
    if asked.long {
        return page(414, "<html><body><h1>414 Request-URI Too Large</h1></body></html>");
    }
    let may_write = match asked.token.as_deref() {
        Some(token) if token == house.tokens.crm => true,
        Some(token) if token == house.tokens.crm_read_only => false,
        // The vendor's gateway stumbles over what can't be a token at all.
        Some(token) if token.chars().any(|c| !c.is_ascii_alphanumeric() && !"-_.".contains(c)) => {
            return page(530, "<html><body><h1>530</h1></body></html>");
        }
        _ => return Out::from(unauthorized("INVALID_AUTHENTICATION")),
    };
    let searching = asked.path.ends_with("/search");
    let (headers, daily) = match budget(&house, searching) {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    let has_body = matches!(asked.method.as_str(), "POST" | "PATCH");
    if has_body && !asked.json {
        return Out::from(fail(415, "VALIDATION_ERROR", "The content type must be application/json."));
    }
    let live_house = Arc::clone(&house);
    let worked = tokio::task::spawn_blocking(move || {
        let call = Call {
            method: &asked.method,
            path: &asked.path,
            query: asked.query,
            body: &asked.body,
            may_write,
            lag,
            base: &live_house.base,
            daily,
        };
        crm::answer(&live_house.live, &call)
    });
    match worked.await {
        Ok(reply) => Out { headers, ..Out::from(reply) },
        Err(_) => page(500, "<html><body><h1>Internal error</h1></body></html>"),
    }
}

type Headers = Vec<(&'static str, String)>;

/// Takes the request out of the budgets: headers to answer with, and the daily figures.
fn budget(house: &House, searching: bool) -> Result<(Headers, (u64, u64)), Box<Out>> {
    let now = Instant::now();
    let mut budgets = lock(&house.budgets);
    let refusal = if budgets.daily >= house.daily_most {
        Some(("DAILY", Duration::ZERO))
    } else if let Some(wait) = budgets.ten_seconds.take(now).err() {
        Some(("TEN_SECONDLY_ROLLING", wait))
    } else if searching {
        budgets.search.take(now).err().map(|wait| ("SECONDLY", wait))
    } else {
        None
    };
    if let Some((policy, wait)) = refusal {
        drop(budgets);
        let mut out = Out::from(too_fast(policy));
        if policy != "DAILY" {
            retry_after(house, &mut out, wait);
        }
        return Err(Box::new(out));
    }
    budgets.daily += 1;
    let daily = (budgets.daily, house.daily_most);
    let mut headers = Headers::new();
    if !searching {
        headers.push(("x-hubspot-ratelimit-max", budgets.ten_seconds.most().to_string()));
        headers.push(("x-hubspot-ratelimit-remaining", budgets.ten_seconds.left().to_string()));
        headers.push(("x-hubspot-ratelimit-interval-milliseconds", "10000".to_string()));
        headers.push(("x-hubspot-ratelimit-daily", daily.1.to_string()));
        headers.push(("x-hubspot-ratelimit-daily-remaining", (daily.1 - daily.0).to_string()));
    }
    Ok((headers, daily))
}

/// Every other refusal says how long to wait.
fn retry_after(house: &House, out: &mut Out, wait: Duration) {
    let mut budgets = lock(&house.budgets);
    budgets.refused += 1;
    if budgets.refused % 2 == 1 {
        out.headers.push(("retry-after", wait.as_secs_f64().ceil().max(1.0).to_string()));
    }
}

fn throttled(wait: Duration) -> Out {
    let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
    let mut out = Out::from(usage::throttled(seconds));
    out.headers.push(("retry-after", seconds.to_string()));
    out
}

/// Sign-in, limits and the usage tool's answer.
async fn usage_work(house: Arc<House>, asked: Asked) -> Out {
    let scoped = match asked.token.as_deref() {
        Some(token) if token == house.tokens.usage => true,
        Some(token) if token == house.tokens.usage_no_scope => false,
        _ => return Out::from(usage::unauthorized()),
    };
    if let Err(wait) = lock(&house.usage_minute).take(Instant::now()) {
        return throttled(wait);
    }
    let waiting = tokio::time::timeout(Duration::from_secs(30), house.usage_at_once.acquire());
    let Ok(Ok(_turn)) = waiting.await else {
        return throttled(Duration::from_secs(5));
    };
    let inner = Arc::clone(&house);
    let worked =
        tokio::task::spawn_blocking(move || usage::answer(&inner, &asked.method, &asked.path, &asked.body, scoped));
    match worked.await {
        Ok(reply) => Out::from(reply),
        Err(_) => page(500, "<html><body><h1>Internal error</h1></body></html>"),
    }
}

fn writes(asked: &Asked) -> bool {
    match asked.method.as_str() {
        "PATCH" | "PUT" | "DELETE" => true,
        "POST" => !asked.path.ends_with("/search") && !asked.path.ends_with("/read"),
        _ => false,
    }
}

/// A path with its ids taken out, for counting.
fn pattern(path: &str) -> String {
    let parts: Vec<&str> = path
        .split('/')
        .map(|part| if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) { "{id}" } else { part })
        .collect();
    parts.join("/")
}

impl House {
    fn send(&self, out: Out, fault: Option<FaultKind>) -> Response<Pieces> {
        let bytes = match out.html {
            Some(html) => Bytes::from_static(html.as_bytes()),
            None if out.reply.body.is_null() => Bytes::new(),
            None => Bytes::from(out.reply.body.to_string()),
        };
        let whole = bytes.is_empty();
        let pieces = match fault {
            Some(FaultKind::Truncate) if !whole => Pieces::cut(bytes),
            Some(FaultKind::Slow) if !whole => Pieces::slow(bytes, self.slow),
            _ => Pieces::whole(bytes),
        };
        let mut response = Response::builder().status(out.reply.status).header("date", self.date());
        if !whole {
            let kind = if out.html.is_some() { "text/html;charset=utf-8" } else { "application/json;charset=utf-8" };
            response = response.header("content-type", kind);
        }
        for (name, value) in out.headers {
            response = response.header(name, value);
        }
        // All parts are made here and well formed; should one not be, an empty 500 says so.
        response.body(pieces).unwrap_or_else(|_| {
            let mut broken = Response::new(Pieces::whole(Bytes::new()));
            *broken.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
            broken
        })
    }

    /// This server's clock as HTTP writes it.
    fn date(&self) -> String {
        let now = jiff::Timestamp::from_millisecond(self.live.now()).unwrap_or_default();
        now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// What the house knows, for `/practice/state`.
    pub(crate) fn faults_now(&self) -> Value {
        lock(&self.faults).iter().map(|(kind, rate)| json!({"kind": kind.to_string(), "rate": rate})).collect()
    }
}
