//! Promise: signing in gives a token to Rounds and to nobody else. Codes, tokens and secrets go only where the connector
//! file says, are kept only where they can't be read, survive a renewal, and are never shown. The vendor is a loopback
//! server; the browser, the person and the second process are played here. On Linux alone: there a test can keep away from
//! the keyring of whoever runs it, and look at the command lines of all processes.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/mod.rs"]
mod common;
#[path = "stub/mod.rs"]
mod stub;

#[path = "signin/canary.rs"]
mod canary;
#[path = "signin/flows.rs"]
mod flows;
#[path = "signin/places.rs"]
mod places;
#[path = "signin/program.rs"]
mod program;
#[path = "signin/renewal.rs"]
mod renewal;
#[path = "signin/vendor.rs"]
mod vendor;
