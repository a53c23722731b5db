//! The practice CRM: a made-up book of business behind a real HTTP API on loopback.
//! Decides how an outside system behaves: HubSpot's CRM API (date version 2026-03) and, on a second port, a
//! query endpoint like PostHog's. It must use no other room of this crate: it is the outside world.
//!
//! ```text
//! serve (faults, sign-in, limits) ─▶ crm ───▶ live (what clients wrote) ─▶ world (the generated book)
//!                                └─▶ usage ─────────────────────────────────┘
//! ```

mod body;
mod crm;
mod dice;
mod faults;
mod hello;
mod kinds;
mod limits;
mod live;
mod serve;
mod state;
mod usage;
mod words;
mod world;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::civil::Date;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use faults::{FaultKind, parse_fault};
pub use hello::Hello;

use serve::{Door, House};
use world::{World, clock};

/// Most accounts that a book can have: beyond it names would repeat.
pub const MOST_ACCOUNTS: u32 = 100_000;

/// What to serve, and how well.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the CRM listens; the usage tool takes the next port, or any free one.
    pub listen: SocketAddr,
    /// Paying customers in the book, 1 to [`MOST_ACCOUNTS`].
    pub accounts: u32,
    pub seed: u64,
    /// The day the book plays on; the wall clock's (UTC) when absent.
    pub today: Option<Date>,
    /// Factor on the documented request limits; greater than 0.
    pub rate: f64,
    /// Share of requests, 0 to 1, that meet each fault.
    pub faults: Vec<(FaultKind, f64)>,
    /// Which owner's user the tokens belong to (0 is Maya Chen).
    pub me: usize,
    /// Gives the last account a name that tries to break terminals.
    pub hostile: bool,
    /// Gives notes a property with unique values, `rounds_key`.
    pub note_key: bool,
    /// How late a late commit comes and how long a lagging row stays out of lists.
    pub late: Duration,
    /// How long a slow body takes.
    pub slow: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            accounts: 84,
            seed: 1,
            today: None,
            rate: 1.0,
            faults: Vec::new(),
            me: 0,
            hostile: false,
            note_key: false,
            late: Duration::from_secs(5),
            slow: Duration::from_secs(3),
        }
    }
}

/// Why the practice CRM could not start.
#[derive(Debug, thiserror::Error)]
pub enum PracticeError {
    #[error("the practice CRM listens on this machine only: {0} is not a loopback address, use 127.0.0.1")]
    NotLoopback(IpAddr),
    #[error("the practice CRM could not listen on {address}: {source}; is another one running there?")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("a practice book has 1 to {MOST_ACCOUNTS} accounts, not {0}")]
    Accounts(u32),
    #[error("the rate is a factor greater than 0, not {0}")]
    Rate(f64),
    #[error("there is no owner number {me}: this book has {owners}")]
    Me { me: usize, owners: usize },
}

/// A running practice CRM. Dropping it ends it.
pub struct Server {
    house: Arc<House>,
    hello: Hello,
    /// Goes when the server is dropped or stopped, and both listeners with it.
    alive: watch::Sender<bool>,
}

impl Server {
    /// Starts both services on loopback.
    ///
    /// # Errors
    /// When an option makes no sense, or the address can't be listened on.
    pub async fn start(options: Options) -> Result<Server, PracticeError> {
        if !options.listen.ip().is_loopback() {
            return Err(PracticeError::NotLoopback(options.listen.ip()));
        }
        if options.accounts == 0 || options.accounts > MOST_ACCOUNTS {
            return Err(PracticeError::Accounts(options.accounts));
        }
        if !(options.rate.is_finite() && options.rate > 0.0) {
            return Err(PracticeError::Rate(options.rate));
        }
        let today = options.today.map_or_else(wall_day, clock::day_of);
        let world = World::new(options.seed, today, options.accounts, options.hostile, options.note_key);
        let owners = world.roster.carrying;
        let me = world.roster.owners.get(options.me).filter(|_| options.me < owners);
        let me = me.ok_or(PracticeError::Me { me: options.me, owners })?.clone();

        let crm = listen(options.listen).await?;
        let crm_at = crm.local_addr().unwrap_or(options.listen);
        let usage = beside(options.listen, crm_at).await?;
        let usage_at = usage.local_addr().unwrap_or(options.listen);

        let tokens = hello::tokens(options.seed);
        let base = format!("http://{crm_at}");
        let hello = hello::hello(&options, &me, &tokens, &base, &format!("http://{usage_at}"));
        let house = Arc::new(House::new(live::Live::new(world, me.user_id), &options, tokens, base));
        let (alive, _) = watch::channel(true);
        tokio::spawn(serve_on(crm, Door::Crm, Arc::clone(&house), alive.subscribe()));
        tokio::spawn(serve_on(usage, Door::Usage, Arc::clone(&house), alive.subscribe()));
        Ok(Server { house, hello, alive })
    }

    /// How to reach it.
    pub fn hello(&self) -> Hello {
        self.hello.clone()
    }

    /// Ends it and waits until no connection is left.
    pub async fn stop(self) {
        self.alive.send_replace(false);
        self.alive.closed().await;
    }

    /// Waits until both listeners have ended, which only a stop makes them do.
    pub async fn wait(&self) {
        self.alive.closed().await;
    }

    /// From now on requests meet these faults, and no others.
    pub fn set_faults(&self, faults: Vec<(FaultKind, f64)>) {
        self.house.set_faults(faults);
    }
}

/// The whole book as a summary that is the same for the same arguments: one line an account, for tests and the curious.
pub fn generate(accounts: u32, seed: u64, today: Date) -> Vec<String> {
    let world = world::generate(accounts, seed, clock::day_of(today));
    let line = |account| {
        let plan = world.plan(account);
        let owner = &world.roster.owners[plan.owner].email;
        let renewal = clock::day_text(plan.renewal);
        format!(
            "{}\t{}\t{}\t{}\t{renewal}\t{owner}",
            plan.id(),
            plan.naming.name,
            plan.naming.domain,
            plan.arr_on(world.today)
        )
    };
    (0..world.total()).map(line).collect()
}

fn wall_day() -> clock::Day {
    clock::day_of_ms(jiff::Timestamp::now().as_millisecond())
}

async fn listen(address: SocketAddr) -> Result<TcpListener, PracticeError> {
    TcpListener::bind(address).await.map_err(|source| PracticeError::Listen { address, source })
}

/// The second listener: on the port after a chosen one if it is free, else on any.
async fn beside(asked: SocketAddr, first: SocketAddr) -> Result<TcpListener, PracticeError> {
    let any = SocketAddr::new(first.ip(), 0);
    match first.port().checked_add(1).filter(|_| asked.port() != 0) {
        Some(port) => match TcpListener::bind(SocketAddr::new(first.ip(), port)).await {
            Ok(listener) => Ok(listener),
            Err(_) => listen(any).await,
        },
        None => listen(any).await,
    }
}

async fn serve_on(listener: TcpListener, door: Door, house: Arc<House>, mut alive: watch::Receiver<bool>) {
    let mut open = JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = alive.wait_for(|alive| !alive) => return,
            // Finished connections are taken off the set so that it does not grow.
            Some(_) = open.join_next() => continue,
        };
        let Ok((stream, _)) = stream else {
            // No file handle left, most likely: give connections time to close.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let house = Arc::clone(&house);
        open.spawn(async move {
            let work = service_fn(move |request| serve::handle(Arc::clone(&house), door, request));
            // A cut connection is what some faults are for: nothing to report.
            let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), work).await;
        });
    }
}
