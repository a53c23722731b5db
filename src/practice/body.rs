//! Answer bodies, sound and unsound: whole, cut off, dribbling.
//! Decides how bytes leave. Works on any runtime that tokio's timer runs on.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// A body that sends its pieces one by one.
pub(crate) struct Pieces {
    pieces: VecDeque<Bytes>,
    /// What the headers promise, which is more than is sent when the body breaks off.
    promised: u64,
    breaks: bool,
    pause: Option<Duration>,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Pieces {
    pub(crate) fn whole(bytes: Bytes) -> Pieces {
        let promised = bytes.len() as u64;
        Pieces { pieces: VecDeque::from([bytes]), promised, breaks: false, pause: None, waiting: None }
    }

    /// Half of the body, then the connection is cut.
    pub(crate) fn cut(bytes: Bytes) -> Pieces {
        let half = bytes.slice(..bytes.len() / 2);
        Pieces { breaks: true, promised: bytes.len() as u64, ..Pieces::whole(half) }
    }

    /// The whole body, but spread over `over`.
    pub(crate) fn slow(bytes: Bytes, over: Duration) -> Pieces {
        let size = bytes.len().div_ceil(16).max(1);
        let pieces: VecDeque<Bytes> =
            (0..bytes.len()).step_by(size).map(|at| bytes.slice(at..bytes.len().min(at + size))).collect();
        let pause = over / pieces.len().max(1) as u32;
        Pieces { promised: bytes.len() as u64, pieces, breaks: false, pause: Some(pause), waiting: None }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(pause) = self.pause.filter(|_| !self.pieces.is_empty()) {
            let timer = self.waiting.get_or_insert_with(|| Box::pin(sleep(pause)));
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.waiting = None;
        }
        match self.pieces.pop_front() {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            None if self.breaks => Poll::Ready(Some(Err(io::Error::other("cut off on purpose")))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && !self.breaks
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
