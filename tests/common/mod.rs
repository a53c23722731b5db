//! What the end-to-end tests share: the practice CRM as a process of its own, the real binary, and a terminal to run it in.
//!
//! Nothing here sleeps for a guess: everything waits for a state, with a bound after which the test fails and says what
//! was on screen.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use serde_json::Value;

/// The bound of every wait. Far beyond what anything takes, so that only what never comes fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The day that tests live in.
pub const TODAY: &str = "2026-11-23";

/// The practice CRM in a process of its own.
pub struct Practice {
    child: Child,
    pub hello: Value,
}

impl Practice {
    /// Starts one with these arguments.
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rounds"))
            .arg("practice")
            .args(["--today", TODAY, "--rate", "1000"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the practice CRM starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("its first line");
        let hello = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Self { child, hello }
    }

    /// The address of the CRM.
    pub fn url(&self) -> &str {
        self.hello["url"].as_str().expect("url")
    }

    /// What it was sent: `GET /practice/state`.
    pub fn state(&self) -> Value {
        serde_json::from_str(&http(self.url(), "GET", "/practice/state", "", None)).expect("the state is JSON")
    }

    /// Changes what goes wrong from now on: `{"429":0.1}`.
    pub fn faults(&self, faults: &str) {
        http(self.url(), "POST", "/practice/faults", faults, None);
    }

    /// From now on this user writes, whoever's the token is; 0: the user of the token again.
    pub fn act_as(&self, user: u64) {
        http(self.url(), "POST", "/practice/as", &format!("{{\"user\":{user}}}"), None);
    }

    /// A request with the CRM's token, and the JSON of its answer.
    pub fn api(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.request(method, path, &body);
        if answer.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{e}: {answer}"))
        }
    }

    /// The notes that were sent and are still there.
    pub fn notes(&self) -> Vec<Value> {
        let notes = self.state()["notes"].as_array().cloned().unwrap_or_default();
        notes.into_iter().filter(|note| note["archived"] != Value::Bool(true)).collect()
    }

    /// How many requests it has had.
    pub fn requests(&self) -> u64 {
        self.state()["requests"]["total"].as_u64().expect("a count")
    }

    /// How often it was asked that: `GET /crm/objects/2026-03/companies`.
    pub fn asked(&self, what: &str) -> u64 {
        self.state()["requests"]["by_path"][what].as_u64().unwrap_or(0)
    }

    /// A request to the CRM itself, with its token.
    pub fn request(&self, method: &str, path: &str, body: &str) -> String {
        http(self.url(), method, path, body, self.hello["token"].as_str())
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request over a plain socket: the tests need no HTTP client of the program's own.
pub fn http(url: &str, method: &str, path: &str, body: &str, token: Option<&str>) -> String {
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = std::net::TcpStream::connect(host).expect("the practice CRM answers");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let auth = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{auth}Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("the request is sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the answer");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if head.to_lowercase().contains("transfer-encoding: chunked") { unchunk(body) } else { body.to_owned() }
}

fn unchunk(mut body: &str) -> String {
    let mut out = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 || size > rest.len() {
            break;
        }
        out.push_str(&rest[..size]);
        body = rest[size..].trim_start_matches("\r\n");
    }
    out
}

/// A workspace of its own: settings and data in a temporary folder.
pub struct Home {
    pub folder: tempfile::TempDir,
    pub env: BTreeMap<String, String>,
    /// `--today` of every command; `None`: the clock's.
    pub today: Option<String>,
    /// Where the data is; `None`: beside the settings.
    pub data: Option<PathBuf>,
}

impl Home {
    /// One whose settings read this practice CRM: Maya's own book.
    pub fn of(practice: &Practice) -> Self {
        let config = practice.hello["config"].as_str().expect("config");
        let own = config.replace("book = \"team\"", "me = \"maya.chen@example.com\"\nbook = \"owner\"");
        let home = Self::with(&own);
        let env = practice.hello["env"].as_object().expect("env");
        let env = env.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned())).collect();
        Self { env, ..home }
    }

    /// A colleague's workspace on the same practice CRM: everybody's book.
    pub fn colleague(practice: &Practice, email: &str) -> Self {
        let home = Self::of(practice);
        home.edit_config(|text| {
            text.replace("maya.chen@example.com", email).replace("book = \"owner\"", "book = \"team\"")
        });
        home
    }

    /// One with these settings.
    pub fn with(config: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir_all(folder.path().join("config")).expect("a config folder");
        std::fs::write(folder.path().join("config/config.toml"), config).expect("config.toml");
        Self { folder, env: BTreeMap::new(), today: Some(TODAY.to_owned()), data: None }
    }

    /// The settings' folder.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// The data's folder.
    pub fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| self.folder.path().join("data"))
    }

    /// Adds to `config.toml`.
    pub fn append_config(&self, text: &str) {
        let path = self.config().join("config.toml");
        let old = std::fs::read_to_string(&path).expect("config.toml");
        std::fs::write(path, format!("{old}\n{text}\n")).expect("config.toml");
    }

    /// Sets a top-level key of `config.toml`.
    pub fn set(&self, line: &str) {
        let path = self.config().join("config.toml");
        let old = std::fs::read_to_string(&path).expect("config.toml");
        std::fs::write(path, format!("{line}\n{old}")).expect("config.toml");
    }

    /// Rewrites `config.toml`.
    pub fn edit_config(&self, edit: impl FnOnce(&str) -> String) {
        let path = self.config().join("config.toml");
        let old = std::fs::read_to_string(&path).expect("config.toml");
        std::fs::write(path, edit(&old)).expect("config.toml");
    }

    /// Sets keys in the limits of all sources, over what is there.
    pub fn limits(&self, lines: &str) {
        let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
        let keys: Vec<String> = lines.lines().map(key).filter(|key| !key.is_empty()).collect();
        self.edit_config(|text| {
            let kept: Vec<&str> = text.lines().filter(|line| !keys.contains(&key(line))).collect();
            kept.join("\n").replace(".limits.all]", &format!(".limits.all]\n{lines}"))
        });
    }

    /// Reads another practice CRM of the same book from now on.
    pub fn point_at(&self, practice: &Practice) {
        let urls = |text: &str| -> Vec<String> {
            text.lines().filter(|line| line.starts_with("url = ")).map(str::to_owned).collect()
        };
        let new = urls(practice.hello["config"].as_str().expect("config"));
        self.edit_config(|text| {
            urls(text).iter().zip(&new).fold(text.to_owned(), |text, (old, new)| text.replace(old, new))
        });
    }

    /// The arguments and variables that every start has.
    fn base(&self) -> (Vec<String>, BTreeMap<String, String>) {
        let text = |path: &Path| path.display().to_string();
        let mut arguments = vec!["--config".into(), text(&self.config()), "--data".into(), text(&self.data())];
        if let Some(today) = &self.today {
            arguments.extend(["--today".into(), today.clone()]);
        }
        let mut env = self.env.clone();
        env.insert("DBUS_SESSION_BUS_ADDRESS".into(), "unix:path=/nonexistent".into());
        env.insert("RUST_BACKTRACE".into(), "0".into());
        (arguments, env)
    }

    /// A command, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let (base, env) = self.base();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rounds"));
        command.args(base).args(arguments).envs(env).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("rounds runs")
    }

    /// Runs a command that must end with 0, and gives its output.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {}\n{out}\n{err}", output.status);
        out.into_owned()
    }

    /// Runs a command that must end with 0, and gives its JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let text = self.ok(arguments);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{text}"))
    }

    /// Opens the workspace in a terminal of that size.
    pub fn open(&self, columns: u16, rows: u16) -> Terminal {
        self.open_with(&[], columns, rows)
    }

    /// The same, with these arguments.
    pub fn open_with(&self, more: &[&str], columns: u16, rows: u16) -> Terminal {
        let (base, env) = self.base();
        let arguments: Vec<&str> = base.iter().map(String::as_str).chain(more.iter().copied()).collect();
        Terminal::start(&arguments, &env, columns, rows)
    }
}

/// The state of a process by its letter (R, S, T, Z ...); `None`: there is none.
fn state_of(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may hold anything: the state follows the last one.
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

fn cells(n: u16) -> std::num::NonZero<u16> {
    std::num::NonZero::new(n).expect("a size above 0")
}

/// A program in a pseudo-terminal, with the screen that a person would see.
pub struct Terminal {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    screen: Arc<(Mutex<Screen>, Condvar)>,
}

struct Screen {
    parser: vt100::Parser,
    output: Vec<u8>,
    ended: bool,
}

impl Terminal {
    /// Starts the binary.
    pub fn start(arguments: &[&str], env: &BTreeMap<String, String>, columns: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rounds"));
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        for (key, value) in env {
            command.env(key, value);
        }
        let child = pair.slave.spawn_command(command).expect("rounds starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let parser = vt100::Parser::new(cells(rows), cells(columns), 0);
        let screen = Arc::new((Mutex::new(Screen { parser, output: Vec::new(), ended: false }), Condvar::new()));
        let shared = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            loop {
                let read = reader.read(&mut buffer).unwrap_or(0);
                let (lock, changed) = &*shared;
                let mut screen = lock.lock().expect("the screen");
                screen.parser.process(&buffer[..read]);
                screen.output.extend_from_slice(&buffer[..read]);
                screen.ended = read == 0;
                changed.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Self { child, master: pair.master, writer, screen }
    }

    /// The text on screen.
    pub fn text(&self) -> String {
        self.screen.0.lock().expect("the screen").parser.screen().contents()
    }

    /// Everything that was written to the terminal so far.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.screen.0.lock().expect("the screen").output).into_owned()
    }

    /// Whether it is stopped, as after Ctrl-Z.
    pub fn stopped(&self) -> bool {
        state_of(self.pid()).is_some_and(|state| state == 'T')
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).and_then(|()| self.writer.flush()).expect("keys are taken");
    }

    /// Waits until the screen says so.
    pub fn wait(&self, what: &str, mut until: impl FnMut(&vt100::Screen) -> bool) {
        let (lock, changed) = &*self.screen;
        let started = Instant::now();
        let mut screen = lock.lock().expect("the screen");
        while !until(screen.parser.screen()) {
            let left = PATIENCE.checked_sub(started.elapsed());
            let Some(left) = left.filter(|_| !screen.ended) else {
                panic!("{what} did not come; on screen:\n{}", screen.parser.screen().contents());
            };
            screen = changed.wait_timeout(screen, left).expect("the screen").0;
        }
    }

    /// Waits until a text is on screen.
    pub fn wait_for(&self, text: &str) {
        self.wait(&format!("{text:?}"), |screen| screen.contents().contains(text));
    }

    /// Waits until what is typed is not shown.
    pub fn wait_hidden(&self) {
        // ECHO of <termios.h>, as Linux has it.
        const ECHO: u32 = 0o10;
        let started = Instant::now();
        while self.master.get_termios().is_none_or(|termios| termios.local_flags.bits() & ECHO != 0) {
            assert!(started.elapsed() < PATIENCE, "what is typed is still shown:\n{}", self.text());
            std::thread::yield_now();
        }
    }

    /// Another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.screen.0.lock().expect("the screen").parser.screen_mut().set_size(cells(rows), cells(columns));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("the size changes");
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends a signal by name (`TERM`, `HUP`, `STOP`).
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for its end and gives its exit code.
    pub fn end(&mut self) -> u32 {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status.exit_code();
            }
            assert!(started.elapsed() < PATIENCE, "it did not end; on screen:\n{}", self.text());
            std::thread::yield_now();
        }
    }

    /// Whether the terminal is as a shell expects it: main screen, visible cursor, no bracketed paste, no mouse.
    pub fn restored(&self) -> bool {
        let (lock, changed) = &*self.screen;
        let mut screen = lock.lock().expect("the screen");
        while !screen.ended {
            screen = changed.wait_timeout(screen, PATIENCE).expect("the screen").0;
        }
        let state = screen.parser.screen();
        !state.alternate_screen()
            && !state.hide_cursor()
            && !state.bracketed_paste()
            && state.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
