//! `rounds practice`: serves the practice CRM until it is stopped.

use std::io::Write;

use crate::cli::args::{Global, PracticeArgs};
use crate::cli::{Exit, session};
use crate::ops::OpsError;
use crate::practice::{Options, Server, parse_fault};

/// Serves until the process is stopped. The first line of standard output is JSON.
pub fn serve(args: &PracticeArgs, global: &Global) -> Result<Exit, OpsError> {
    if !args.listen.ip().is_loopback() {
        return Err(OpsError::usage(format!(
            "--listen {}: the practice CRM serves this machine only: an address such as 127.0.0.1:8080",
            args.listen
        )));
    }
    let late = std::time::Duration::try_from_secs_f64(args.late)
        .map_err(|_| OpsError::usage(format!("--late {}: a number of seconds, 0 or more", args.late)))?;
    let faults = args.fault.iter().map(|fault| parse_fault(fault)).collect::<Result<Vec<_>, _>>();
    let options = Options {
        listen: args.listen,
        accounts: args.accounts,
        seed: args.seed,
        today: session::fixed_today(global)?,
        rate: args.rate,
        faults: faults.map_err(|error| OpsError::usage(error.to_string()))?,
        hostile: args.hostile,
        late,
        ..Options::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| OpsError::failed(format!("the practice CRM cannot start ({error})")))?;
    runtime.block_on(async {
        let server = Server::start(options).await.map_err(|error| OpsError::failed(error.to_string()))?;
        let hello = serde_json::to_string(&server.hello()).map_err(|error| OpsError::failed(error.to_string()))?;
        let mut out = std::io::stdout().lock();
        // Whoever started us reads this line to find us; without a reader there is nobody to serve.
        writeln!(out, "{hello}")
            .and_then(|()| out.flush())
            .map_err(|error| OpsError::failed(format!("cannot write to standard output ({error})")))?;
        drop(out);
        server.wait().await;
        Ok(0)
    })
}
