//! The background half of a running Rounds: one thread pulls, another pushes notes and computes standings, so that a note
//! never waits for a long pull and a visible row never waits for an invisible one.
//!
//! Decides when: at start, every so often, when asked, and after a note. Both threads report; neither touches what is on
//! screen. Without the lease nothing is pulled or pushed, and another Rounds' data is shown as it arrives.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::book::ids::{AccountId, SourceName};
use crate::book::progress::Progress;
use crate::config::Book;
use crate::connect::Source;
use crate::ops::syncing::{PORTION, Ready};
use crate::ops::{Desk, OpsError};
use crate::sync::{Clock, Lease, LeaseError};

/// What lists show is asked for again at most this often.
const BETWEEN_REPORTS: Duration = Duration::from_millis(250);
const REPORT_GAP: SignedDuration = SignedDuration::from_millis(250);
/// How often another Rounds' changes are looked for while it holds the lease.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

/// What the background half says.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// A step of a sync.
    Progress(Progress),
    /// What lists show has changed (rows kept, standings computed): ask again. At most some times a second.
    DataChanged,
    /// Something to say calmly: another Rounds syncs, the disk is read-only, the cache was pulled again.
    Notice(String),
}

/// Whether enough time has passed for another report. A clock that was set back counts as enough.
fn gap(at: Timestamp, now: Timestamp) -> bool {
    let passed = now.duration_since(at);
    passed >= REPORT_GAP || passed.is_negative()
}

/// The sources of the running sync, so that a push uses the same limits.
type Connected = Vec<(SourceName, Arc<Source>)>;
type Reporter = Arc<dyn Fn(Report) + Send + Sync>;

/// What a thread is woken by.
enum Wake {
    Sync,
    Push,
    Visible(Vec<AccountId>),
    /// Rows were kept: there is something to assess.
    Assess,
}

/// What both threads share.
struct Common {
    report: Reporter,
    cancel: Arc<AtomicBool>,
    /// This process holds the lease.
    leads: AtomicBool,
    /// A pull is running: only what is on screen is worth assessing at once.
    pulling: AtomicBool,
    sources: Mutex<Option<Connected>>,
    clock: Clock,
    reported: Mutex<Option<Timestamp>>,
}

impl Common {
    /// Says that lists have changed, unless that was said a moment ago. `last`: say it in any case.
    /// Answers with whether it was said.
    fn changed(&self, last: bool) -> bool {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let due = last || reported.is_none_or(|at| gap(at, now));
        if due {
            *reported = Some(now);
            (self.report)(Report::DataChanged);
        }
        due
    }

    fn say(&self, message: impl Into<String>) {
        (self.report)(Report::Notice(message.into()));
    }
}

/// The background half of a running Rounds. Dropping it ends both threads at their next look; nothing is waited for.
pub struct Background {
    pulls: Sender<Wake>,
    tends: Sender<Wake>,
    common: Arc<Common>,
}

impl Background {
    /// Starts it: syncs now, then every so often, on [`Background::sync_now`], and after a note.
    pub fn start(desk: &Desk, report: impl Fn(Report) + Send + Sync + 'static) -> Result<Self, OpsError> {
        let common = Arc::new(Common {
            report: Arc::new(report),
            cancel: Arc::default(),
            leads: AtomicBool::new(false),
            pulling: AtomicBool::new(false),
            sources: Mutex::new(None),
            clock: desk.clock.clone(),
            reported: Mutex::new(None),
        });
        let (pulls, pull_wakes) = channel();
        let (tends, tend_wakes) = channel();
        // The settings and the held tokens go along; the databases are opened by each thread for itself.
        let (puller, tender) = (desk.open_again()?, desk.open_again()?);
        let background = Self { pulls, tends: tends.clone(), common: Arc::clone(&common) };
        let failed = |error: std::io::Error| OpsError::failed(format!("a thread cannot be started ({error})"));
        let shared = Arc::clone(&common);
        let ask_sync = background.pulls.clone();
        std::thread::Builder::new()
            .name("rounds-pull".into())
            .spawn(move || pull_loop(puller, &shared, &pull_wakes, &tends))
            .map_err(failed)?;
        std::thread::Builder::new()
            .name("rounds-tend".into())
            .spawn(move || tend_loop(tender, &common, &tend_wakes, &ask_sync))
            .map_err(failed)?;
        Ok(background)
    }

    /// Syncs now (`R`).
    pub fn sync_now(&self) {
        let _ = self.pulls.send(Wake::Sync);
    }

    /// Something waits in the outbox: push it.
    pub fn push_now(&self) {
        let _ = self.tends.send(Wake::Push);
    }

    /// Ends the running sync at the next page; what was pulled is kept.
    pub fn cancel(&self) {
        self.common.cancel.store(true, Ordering::Relaxed);
    }

    /// These rows are on screen: assess them first.
    pub fn visible(&self, accounts: Vec<AccountId>) {
        let _ = self.tends.send(Wake::Visible(accounts));
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Pulls at start, every so often and when asked.
fn pull_loop(mut desk: Desk, common: &Common, wakes: &Receiver<Wake>, tends: &Sender<Wake>) {
    // The very first look at standings does not wait for the network.
    let _ = tends.send(Wake::Assess);
    let nothing_to_pull = desk.settings().sources.is_empty() || desk.settings().read_only || desk.is_past();
    if nothing_to_pull {
        if desk.settings().sources.is_empty() && !desk.is_past() {
            common.say("config.toml names no source yet: the README shows how; rounds demo opens a made-up book");
        }
        while wakes.recv().is_ok() {
            common.say(match desk.is_past() {
                true => "nothing is pulled while a past day is looked at",
                false => "nothing is pulled: there is no source, or --read-only was given",
            });
        }
        return;
    }
    let runtime = match super::runtime() {
        Ok(runtime) => runtime,
        Err(error) => return common.say(error.message),
    };
    let Some(_lease) = lead(&desk, common, wakes) else { return };
    // What was on its way when a Rounds died is looked for before anything is sent again.
    if let Err(error) = desk.recover_outbox() {
        common.say(error.message);
    }
    common.leads.store(true, Ordering::Relaxed);
    loop {
        desk.turn();
        mend(&desk, common);
        common.cancel.store(false, Ordering::Relaxed);
        common.pulling.store(true, Ordering::Relaxed);
        let mut stale_token = false;
        if let Err(error) = pull_once(&desk, &runtime, common, tends, &mut stale_token) {
            common.say(error.message);
        }
        common.pulling.store(false, Ordering::Relaxed);
        if matches!(desk.scope(), Ok(scope) if scope.owner.is_none()) && desk.settings().book == Book::Owner {
            common.say("the token belongs to no person, so everybody's accounts are shown: set me = \"you@example.com\" in config.toml");
        }
        if stale_token {
            // Somebody may sign in again meanwhile: the next sync asks for the token anew.
            *common.sources.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        (common.report)(Report::Progress(Progress::Done));
        common.changed(true);
        let _ = tends.send(Wake::Push);
        match wakes.recv_timeout(desk.settings().sync_every) {
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) | Ok(_) => while wakes.try_recv().is_ok() {},
        }
    }
}

/// A file that was found damaged is moved aside and made anew while Rounds runs.
fn mend(desk: &Desk, common: &Common) {
    match desk.mend() {
        Ok(notices) => notices.into_iter().for_each(|notice| common.say(notice)),
        Err(error) => common.say(error.message),
    }
}

/// Waits for the lease. `None`: Rounds ends.
fn lead(desk: &Desk, common: &Common, wakes: &Receiver<Wake>) -> Option<Lease> {
    let mut told = false;
    let mut seen = None;
    loop {
        match Lease::take(&desk.settings().folders.data) {
            Ok(lease) => {
                return Some(lease);
            }
            Err(error) => {
                if !told || matches!(error, LeaseError::Io { .. }) {
                    common.say(error.to_string());
                    told = true;
                }
                if matches!(error, LeaseError::Io { .. }) {
                    // A disk that cannot be written does not become writable by asking every few seconds.
                    wakes.recv().ok()?;
                    continue;
                }
            }
        }
        match wakes.recv_timeout(BETWEEN_LOOKS) {
            Err(RecvTimeoutError::Disconnected) => return None,
            Ok(_) => told = false,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let version = desk.store().data_version().ok();
        if version != seen {
            seen = version;
            common.changed(true);
        }
    }
}

fn pull_once(
    desk: &Desk,
    runtime: &tokio::runtime::Runtime,
    common: &Common,
    tends: &Sender<Wake>,
    stale_token: &mut bool,
) -> Result<(), OpsError> {
    let ready: Ready = desk.ready(&[]);
    *stale_token = !ready.exits.is_empty();
    let sources: Vec<_> = ready.runs.iter().map(|run| (run.name.clone(), Arc::clone(&run.source))).collect();
    *common.sources.lock().unwrap_or_else(PoisonError::into_inner) = Some(sources);
    let _ = tends.send(Wake::Push);
    let last = std::cell::Cell::new(None::<Timestamp>);
    let report = |step: Progress| {
        let many = matches!(step, Progress::Pulled { .. });
        if many {
            let _ = tends.send(Wake::Assess);
            let now = common.clock.now();
            if last.get().is_some_and(|at| !gap(at, now)) {
                return;
            }
            last.set(Some(now));
        }
        (common.report)(Report::Progress(step));
    };
    let outcome = desk.pull_with(runtime, ready, false, &common.cancel, &report)?;
    *stale_token |= outcome.exit != 0;
    Ok(())
}

/// Pushes what waits and assesses what is out of date.
fn tend_loop(mut desk: Desk, common: &Common, wakes: &Receiver<Wake>, pulls: &Sender<Wake>) {
    let mut visible: Vec<AccountId> = Vec::new();
    let mut runtime = None;
    // What is usual is kept from before: the whole book is read for it only once something in it has moved.
    let mut work =
        Work { push: true, assess: true, moved: desk.store().typical(None).map_or(true, |kept| kept.is_none()) };
    loop {
        if desk.turn() {
            work.assess = true;
        }
        mend(&desk, common);
        // Everything that waits is taken in before anything long is begun.
        while let Ok(wake) = wakes.try_recv() {
            work.take(wake, &mut visible);
        }
        if work.push {
            work.push = false;
            match push_once(&desk, common, &mut runtime) {
                Ok(0) => {}
                // What was just sent comes back with what others wrote meanwhile.
                Ok(_) => drop(pulls.send(Wake::Sync)),
                Err(error) => common.say(error.message),
            }
        }
        if work.assess {
            match desk.assess_stale(&visible, PORTION) {
                Ok(0) => {
                    if std::mem::take(&mut work.moved) {
                        let _ = desk.refresh_typical();
                    }
                    let _ = desk.refresh_summary();
                    // What is estimated from the others is right only when the others are all there.
                    let pulling = common.pulling.load(Ordering::Relaxed);
                    work.assess = !pulling && desk.store_mut().follow_medians().is_ok_and(|moved| moved > 0);
                    // News is told of a whole book, by the one Rounds that fills it.
                    if !pulling && !work.assess && common.leads.load(Ordering::Relaxed) {
                        desk.tell_news().map_or_else(|error| common.say(error.message), |_| ());
                    }
                    common.changed(true);
                }
                Ok(_) => {
                    work.moved = true;
                    if common.changed(false) {
                        let _ = desk.refresh_summary();
                    }
                }
                Err(error) => {
                    work.assess = false;
                    common.say(error.message);
                }
            }
            if work.assess && !common.pulling.load(Ordering::Relaxed) {
                continue;
            }
        }
        // While pages arrive every one of them puts standings out of date: a breath between two portions.
        let wait = if work.assess { Some(BETWEEN_REPORTS) } else { desk.next_push_in(desk.now()) };
        let woken = match wait {
            Some(wait) => wakes.recv_timeout(wait),
            None => wakes.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match woken {
            Ok(wake) => work.take(wake, &mut visible),
            Err(RecvTimeoutError::Timeout) => work.push = true,
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// What is to be done next.
struct Work {
    push: bool,
    assess: bool,
    /// Standings were computed since what is usual was.
    moved: bool,
}

impl Work {
    fn take(&mut self, wake: Wake, visible: &mut Vec<AccountId>) {
        match wake {
            Wake::Push => {
                self.push = true;
                self.assess = true;
            }
            Wake::Visible(accounts) => {
                *visible = accounts;
                self.assess = true;
            }
            Wake::Assess | Wake::Sync => self.assess = true,
        }
    }
}

fn push_once(desk: &Desk, common: &Common, runtime: &mut Option<tokio::runtime::Runtime>) -> Result<u64, OpsError> {
    if !common.leads.load(Ordering::Relaxed) {
        return Ok(0);
    }
    let sources = common.sources.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(sources) = sources else { return Ok(0) };
    if runtime.is_none() {
        *runtime = Some(super::runtime()?);
    }
    let Some(runtime) = runtime else { return Ok(0) };
    let sent = desk.push(runtime, &sources, &|step| (common.report)(Report::Progress(step)))?;
    if sent > 0 {
        common.changed(true);
    }
    Ok(sent)
}
