//! A program of this machine, run to its end.
//!
//! Decides how: without a shell, without standard input, within a bound of time and of what it prints. What it printed is
//! the caller's to judge.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Why a program was not run to its end.
pub(super) enum NotRun {
    /// There is no such program.
    Missing,
    /// The words that go behind its name: `did not end within 20 seconds`.
    Other(String),
}

/// What became of it.
pub(super) struct Ran {
    pub ended_well: bool,
    pub out: Vec<u8>,
    pub err: String,
}

/// Runs a program, or kills it at the limit. `most`: how many bytes it may print.
pub(super) fn run(words: &[String], limit: Duration, most: usize) -> Result<Ran, NotRun> {
    let Some((program, arguments)) = words.split_first() else { return Err(NotRun::Missing) };
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = started.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => NotRun::Missing,
        _ => NotRun::Other(format!("can't be started: {error}")),
    })?;
    let (out, err) = (drain(child.stdout.take(), most), drain(child.stderr.take(), most));
    let begun = Instant::now();
    let printed = out.recv_timeout(limit).ok();
    let too_much = printed.as_ref().is_some_and(|out| out.len() > most);
    // Its output may be closed long before it ends.
    let status = loop {
        match child.try_wait().map_err(|error| NotRun::Other(error.to_string()))? {
            Some(status) => break Some(status),
            None if printed.is_none() || too_much || begun.elapsed() >= limit => break None,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let (Some(out), Some(status), false) = (printed, status, too_much) else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(NotRun::Other(if too_much {
            format!("prints more than {most} bytes")
        } else {
            format!("did not end within {} seconds", limit.as_secs())
        }));
    };
    let err = err.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    Ok(Ran { ended_well: status.success(), out, err: String::from_utf8_lossy(&err).into_owned() })
}

/// Reads what a program prints on a thread of its own, up to one byte more than the bound.
fn drain(pipe: Option<impl Read + Send + 'static>, most: usize) -> mpsc::Receiver<Vec<u8>> {
    let (tx, rx) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            let _ = pipe.take(most as u64 + 1).read_to_end(&mut bytes);
        }
        let _ = tx.send(bytes);
    });
    rx
}
