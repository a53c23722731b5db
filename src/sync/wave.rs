//! The network half of a pull: one task per stream, all sending pages to the one writer.
//!
//! Decides what a stream pulls one after the other: rows, then what is gone. Keeps nothing.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use crate::book::row::Entity;
use crate::connect::{ConnectError, ErrorClass, Pull, PullEnd, PulledPage, Source, StreamInfo};
use crate::sync::cursor::{Phase, Progressed};

/// Where a message comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The source's place in the list of this sync.
    pub source: usize,
    pub stream: String,
    pub entity: Entity,
    pub phase: Phase,
    /// Usage: the window.
    pub window: Option<(Date, Date)>,
}

/// What a stream's task says.
#[derive(Debug)]
pub enum Word {
    /// Rows to keep.
    Page(PulledPage),
    /// One phase came to its end.
    End(PullEnd),
    /// The watermark no longer serves: a full pass follows.
    Stale(String),
    /// The stream stops here.
    Failed(ConnectError),
}

/// One stream to pull.
pub struct Work {
    pub source: usize,
    pub connection: Arc<Source>,
    pub info: StreamInfo,
    pub cursor: Progressed,
    pub today: Date,
    pub now: Timestamp,
    /// How many days of usage are pulled the first time.
    pub back: u32,
}

/// The running tasks of a wave: all of them, each with its source's place, and what they say.
pub struct Running {
    pub tasks: JoinSet<()>,
    pub handles: Vec<(usize, AbortHandle)>,
    pub words: mpsc::Receiver<(Origin, Word)>,
}

/// Starts a task per stream. The channel ends when all tasks have.
pub fn start(works: Vec<Work>) -> Running {
    // A few pages wait at most: memory stays flat when the disk is slower than the network.
    let (sender, receiver) = mpsc::channel(1);
    let mut tasks = JoinSet::new();
    let mut handles = Vec::new();
    for work in works {
        let sender = sender.clone();
        let source = work.source;
        handles.push((source, tasks.spawn(stream(work, sender))));
    }
    Running { tasks, handles, words: receiver }
}

async fn stream(work: Work, sender: mpsc::Sender<(Origin, Word)>) {
    let name = work.info.name.as_str();
    if let Some(again) = work.info.days_again {
        let Some(pull) = work.cursor.days(name, work.today, again, work.back) else { return };
        let window = match &pull {
            Pull::Days { from, to, .. } => Some((*from, *to)),
            _ => None,
        };
        phase(&work, Phase::Days, window, pull, &sender).await;
        return;
    }
    let (first, pull) = work.cursor.rows(name, work.info.changes);
    if !phase(&work, first, None, pull, &sender).await {
        return;
    }
    // A full pass has just listed everything.
    let due =
        work.info.sweep_every.is_none_or(|every| first == Phase::Changed && work.cursor.sweep_due(every, work.now));
    if work.info.deletes && due {
        let cut = work.cursor.cut.as_ref().filter(|cut| cut.phase == Phase::Deleted);
        let pull = Pull::Deleted { stream: name.to_owned(), resume: cut.map(|cut| cut.resume.clone()) };
        phase(&work, Phase::Deleted, None, pull, &sender).await;
    }
}

/// One phase to its end; whether the stream goes on. A stale watermark is answered with a full pass, once.
async fn phase(
    work: &Work,
    phase: Phase,
    window: Option<(Date, Date)>,
    pull: Pull,
    sender: &mpsc::Sender<(Origin, Word)>,
) -> bool {
    let name = work.info.name.as_str();
    let mut next = Some((phase, pull));
    while let Some((phase, pull)) = next.take() {
        let origin = Origin { source: work.source, stream: name.to_owned(), entity: work.info.entity, phase, window };
        let word = match forward(work, &origin, pull, sender).await {
            Ok(end) => Word::End(end),
            Err(error) if error.class() == ErrorClass::StaleCursor && phase == Phase::Changed => {
                next = Some((Phase::First, Pull::First { stream: name.to_owned(), resume: None }));
                Word::Stale(error.to_string())
            }
            Err(error) => {
                let _ = sender.send((origin, Word::Failed(error))).await;
                return false;
            }
        };
        if sender.send((origin, word)).await.is_err() {
            return false;
        }
    }
    true
}

/// Passes the pages of one pull on to the writer, who may be slower.
async fn forward(
    work: &Work,
    origin: &Origin,
    pull: Pull,
    sender: &mpsc::Sender<(Origin, Word)>,
) -> Result<PullEnd, ConnectError> {
    let (pages, mut inbox) = mpsc::channel(1);
    let pulling = work.connection.pull(pull, pages);
    let passing = async move {
        while let Some(page) = inbox.recv().await {
            if sender.send((origin.clone(), Word::Page(page))).await.is_err() {
                // The writer has gone: closing our end tells the pull.
                return;
            }
        }
    };
    let (end, ()) = tokio::join!(pulling, passing);
    end
}
