//! Opens an address in the browser of this machine.
//!
//! Decides only whether there seems to be one. No shell ever sees the address.

use std::process::{Command, Stdio};

use url::Url;

/// Whether a browser was started. `false`: somebody opens the address by hand.
pub(super) fn open(address: &Url) -> bool {
    let secure = address.scheme() == "https" || address.scheme() == "http";
    let Some((program, before)) = program().filter(|_| secure) else { return false };
    let started = Command::new(program)
        .args(before)
        .arg(address.as_str())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        Ok(mut child) => {
            // It may last as long as the browser does.
            std::thread::spawn(move || child.wait());
            true
        }
        Err(_) => false,
    }
}

#[cfg(target_os = "macos")]
fn program() -> Option<(&'static str, &'static [&'static str])> {
    Some(("open", &[]))
}

#[cfg(windows)]
fn program() -> Option<(&'static str, &'static [&'static str])> {
    Some(("rundll32", &["url.dll,FileProtocolHandler"]))
}

/// Without a display a browser in text would take the terminal away.
#[cfg(not(any(target_os = "macos", windows)))]
fn program() -> Option<(&'static str, &'static [&'static str])> {
    let display =
        ["WAYLAND_DISPLAY", "DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()));
    display.then_some(("xdg-open", &[]))
}
