//! A loopback server that plays the documented answers of an outside system, faults included.
//!
//! It answers whatever the test's closure says, and remembers what it was asked.

// Every file of tests uses its own part of it.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value as Json;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    /// `Null` where it is no JSON.
    pub body: Json,
    /// The body as it came.
    pub text: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }
}

/// What to answer.
pub enum Answer {
    Json(u16, Json),
    /// With headers.
    With(u16, Vec<(&'static str, String)>, String),
    /// With headers that are read from a file.
    Read(u16, Vec<(String, String)>, String),
    /// Half of the promised body, then the line is dead.
    CutOff(u16, String),
    /// Headers, then nothing until the other side gives up.
    Silent,
    /// The line dies before any answer.
    Reset,
}

pub struct Stub {
    pub url: String,
    pub asked: Arc<Mutex<Vec<Asked>>>,
    stopped: Arc<AtomicBool>,
}

impl Stub {
    /// `answer` gets the request and how many came before it.
    pub fn start(answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, answer) = (asked.clone(), Arc::new(answer));
        let stopped: Arc<AtomicBool> = Arc::default();
        let stop = stopped.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::Acquire) {
                    return;
                }
                let (log, answer) = (log.clone(), answer.clone());
                std::thread::spawn(move || serve(stream, &log, &*answer));
            }
        });
        Self { url, asked, stopped }
    }

    /// Gives its port back: for tests that start more of them than a process may hold open.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        // The listener looks up only when somebody comes.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The requests whose path ends so.
    pub fn to(&self, path: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|a| a.path.ends_with(path)).collect()
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<Asked>>, answer: &dyn Fn(&Asked, usize) -> Answer) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let asked = read(&mut reader)?;
        let before = {
            let mut log = log.lock().unwrap();
            log.push(asked.clone());
            log.len() - 1
        };
        let (status, headers, body) = match answer(&asked, before) {
            Answer::Json(status, json) => {
                (status, vec![("content-type".to_owned(), "application/json".to_owned())], json.to_string())
            }
            Answer::With(status, headers, body) => {
                (status, headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), body)
            }
            Answer::Read(status, headers, body) => (status, headers, body),
            Answer::CutOff(status, body) => {
                let half = &body.as_bytes()[..body.len() / 2];
                let _ = write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
                let _ = stream.write_all(half);
                return None;
            }
            Answer::Silent => {
                let _ = write!(stream, "HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n{{");
                // Until the other side hangs up.
                let _ = reader.read(&mut [0; 1]);
                return None;
            }
            Answer::Reset => return None,
        };
        let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).ok()?;
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let url = url::Url::parse(&format!("http://stub{target}")).ok()?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
            None => break,
        }
    }
    let length =
        headers.iter().find(|(k, _)| k.eq_ignore_ascii_case("content-length")).map_or(0, |(_, v)| v.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        method,
        path: url.path().to_owned(),
        query: url.query_pairs().map(|(k, v)| (k.into(), v.into())).collect(),
        headers,
        body: serde_json::from_slice(&body).unwrap_or(Json::Null),
        text: String::from_utf8_lossy(&body).into_owned(),
    })
}
