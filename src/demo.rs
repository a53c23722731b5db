//! `rounds demo`: the practice CRM, a first sync over HTTP and the workspace, all in a temporary folder.

use std::io::Write;

use rounds::cli::{self, DemoArgs, Global};
use rounds::ops::OpsError;
use rounds::practice::{Options, Server};

/// Starts the practice CRM in this process, and the workspace on it.
pub fn run(args: &DemoArgs, global: &Global) -> Result<u8, OpsError> {
    if global.as_of.is_some() {
        return Err(OpsError::usage(
            "a new demo has no past of its own yet: rounds demo --keep, then look back with the folders that it names",
        ));
    }
    let folder = tempfile::Builder::new()
        .prefix("rounds-demo-")
        .tempdir()
        .map_err(|error| OpsError::failed(format!("no temporary folder can be made ({error}); set TMPDIR")))?;
    let global = Global {
        config: Some(folder.path().join("config")),
        data: Some(folder.path().join("data")),
        profile: None,
        ..global.clone()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| OpsError::failed(format!("the practice CRM cannot start ({error})")))?;
    let options = Options {
        accounts: args.accounts,
        seed: args.seed,
        today: cli::fixed_today(&global)?,
        // A made-up CRM need not make a newcomer wait: only `rounds practice` keeps the vendor's documented pace.
        rate: 50.0,
        ..Options::default()
    };
    let server = runtime.block_on(Server::start(options)).map_err(|error| OpsError::failed(error.to_string()))?;
    let hello = server.hello();
    let config = folder.path().join("config");
    let written = std::fs::create_dir_all(&config).and_then(|()| {
        let mut file = std::fs::File::create(config.join("config.toml"))?;
        write!(file, "{}", book_of_maya(&hello.config))
    });
    written.map_err(|error| OpsError::failed(format!("cannot write to {} ({error})", config.display())))?;

    crate::log::start(&global);
    let (mut session, problems) = cli::open_workspace(&global)?;
    for (variable, token) in &hello.env {
        if let Some(source) = variable.strip_prefix("ROUNDS_TOKEN_") {
            session.desk.hold_token(&source.to_lowercase(), token);
        }
    }
    let result = crate::show(session.desk, problems);
    runtime.block_on(server.stop());
    if args.keep {
        let kept = folder.keep();
        println!("kept: rounds --config {0}/config --data {0}/data (its practice CRM has ended)", kept.display());
    }
    result
}

/// The practice settings, opened on one CSM's own book.
fn book_of_maya(config: &str) -> String {
    let own = config.replace("book = \"team\"", "me = \"maya.chen@example.com\"\nbook = \"owner\"");
    format!("practice = true\n{own}")
}
