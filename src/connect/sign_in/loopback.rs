//! The page on this machine to which a browser comes back with the code.
//!
//! Decides which requests are answers to this sign-in. It takes one request line and no more, bounded in size, time and
//! number, and shows nothing of what it was sent.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::pkce::{Heard, Pkce};

/// How much of a request is read.
const HEAD: usize = 16 << 10;
/// How long one may take.
const LIMIT: Duration = Duration::from_secs(5);
/// How many are looked at at once: browsers open a few connections ahead.
const AT_ONCE: usize = 16;

/// An open door: it closes when it is dropped.
pub(super) struct Door {
    pub port: u16,
    heard: mpsc::Receiver<Heard>,
    doormen: Vec<JoinHandle<()>>,
}

impl Door {
    /// Opens the port, or any that is free, for answers to that sign-in.
    pub async fn open(port: Option<u16>, pkce: Arc<Pkce>) -> Result<Self, String> {
        let taken = |error: std::io::Error| match port {
            Some(port) => format!("port {port} of this machine can't be opened ({error}): another program may have it"),
            None => format!("no port of this machine can be opened ({error})"),
        };
        let first =
            TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port.unwrap_or(0)))).await.map_err(taken)?;
        let port = first.local_addr().map_err(taken)?.port();
        let mut listeners = vec![first];
        // `localhost` is both: a browser may try this one first. A machine without it is no mistake, another's program
        // there is one.
        match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
            Ok(second) => listeners.push(second),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                return Err(format!("port {port} of this machine is used by another program"));
            }
            Err(_) => {}
        }
        let (tx, heard) = mpsc::channel(AT_ONCE);
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let doormen = listeners
            .into_iter()
            .map(|listener| tokio::spawn(stand(listener, Arc::clone(&pkce), tx.clone(), Arc::clone(&places))))
            .collect();
        Ok(Self { port, heard, doormen })
    }

    /// The next answer to this sign-in.
    pub async fn next(&mut self) -> Heard {
        match self.heard.recv().await {
            Some(heard) => heard,
            // The doormen never leave; should they, only pasting is left.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        for doorman in &self.doormen {
            doorman.abort();
        }
    }
}

async fn stand(listener: TcpListener, pkce: Arc<Pkce>, heard: mpsc::Sender<Heard>, places: Arc<Semaphore>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file handles, say: a busy loop would not help.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let (pkce, heard) = (Arc::clone(&pkce), heard.clone());
        tokio::spawn(async move {
            let _place = place;
            if let Ok(Some(answer)) = tokio::time::timeout(LIMIT, attend(stream, &pkce)).await {
                let _ = heard.send(answer).await;
            }
        });
    }
}

/// Reads one request, shows a page, and gives what belongs to this sign-in.
async fn attend(stream: TcpStream, pkce: &Pkce) -> Option<Heard> {
    let head = read(&stream).await?;
    let line = head.lines().next()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (status, says, heard) = if method != "GET" || path != "/callback" {
        ("404 Not Found", "There is nothing here.", None)
    } else {
        match pkce.heard(query) {
            heard @ Heard::Code(_) => (
                "200 OK",
                "Rounds has what it needs. You can close this window and go back to the terminal.",
                Some(heard),
            ),
            heard @ Heard::Refused { .. } => {
                ("200 OK", "You were not signed in. You can close this window; the terminal says why.", Some(heard))
            }
            Heard::WrongState => (
                "400 Bad Request",
                "This answer belongs to another sign-in. Open the address that the terminal shows now.",
                None,
            ),
            Heard::Nothing => ("400 Bad Request", "This answer holds no code.", None),
        }
    };
    show(&stream, status, says).await;
    heard
}

/// The head of a request. What follows its first line is read so that the browser sees the page, and is not looked at.
async fn read(stream: &TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut chunk = [0_u8; 2048];
    while head.len() < HEAD {
        stream.readable().await.ok()?;
        match stream.try_read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => head.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return None,
        }
        if head.windows(4).any(|four| four == b"\r\n\r\n") {
            break;
        }
    }
    String::from_utf8(head).ok()
}

async fn show(stream: &TcpStream, status: &str, says: &str) {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Rounds</title>\
         <body style=\"font:1.1rem sans-serif;margin:4rem\"><p>{says}</p></body></html>"
    );
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n\r\n{page}",
        page.len()
    );
    let mut rest = answer.as_bytes();
    while !rest.is_empty() {
        if stream.writable().await.is_err() {
            return;
        }
        match stream.try_write(rest) {
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
