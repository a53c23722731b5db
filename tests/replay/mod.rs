//! Plays an outside system's documented answers from a scenario file against a connector, and says what went wrong.
//!
//! A scenario is what the vendor answers, the steps we take, and what must come of them. This folder knows no vendor;
//! it finds no files either: `tests/vendors.rs` does.

mod proof;
mod rows;
mod scenario;
mod source;
mod steps;
mod vendor;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use scenario::Scenario;
use vendor::Vendor;

/// What is given as the token: wherever it shows but in a request's own sign-in, it has leaked.
pub const CANARY: &str = "canary-4f1d-do-not-show";

/// How long a scenario may take: its waits are milliseconds.
const LONGEST: Duration = Duration::from_secs(60);

/// What a scenario came to: nothing is good.
pub type Faults = Vec<String>;

/// Plays one scenario. `read` gives the text of a connector by its name.
pub fn play(text: &str, folder: &str, read: &dyn Fn(&str) -> Result<String, String>) -> Faults {
    let vendor = match Vendor::start(|url, other| Scenario::read(text, url, other)) {
        Ok(vendor) => vendor,
        Err(why) => return vec![format!("the scenario can't be read: {why}")],
    };
    let name = vendor.scenario.connector.clone().unwrap_or_else(|| folder.to_owned());
    let connector = match read(&name) {
        Ok(text) => text,
        Err(why) => return vec![why],
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return vec![format!("no runtime: {error}")],
    };
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async { tokio::time::timeout(LONGEST, steps::play(&vendor, &name, &connector)).await })
    }));
    let (mut faults, whole) = match played {
        Ok(Ok(faults)) => {
            let whole = faults.is_empty();
            (faults, whole)
        }
        Ok(Err(_)) => {
            (vec![format!("no end after {} s; the last requests:{}", LONGEST.as_secs(), vendor.last(5))], false)
        }
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            (vec![format!("it panicked: {}", said.unwrap_or("without a word"))], false)
        }
    };
    faults.extend(vendor.faults(whole, &source::query_names(&connector)));
    faults
}
