//! The command line as clap sees it: names, flags and their help. Names, JSON keys and exit codes are a contract:
//! add freely, change never.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A terminal workspace for customer success managers.
#[derive(Debug, Parser)]
#[command(
    name = "rounds",
    version,
    about = "A terminal workspace for customer success managers",
    disable_help_subcommand = true,
    after_help = "Without a command, Rounds opens on what it last knew and syncs in the background.\n\
                  Try it on a made-up book: rounds demo"
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// What was typed. Help, version and wrong use are answered here, and end the process.
    pub fn from_arguments() -> Self {
        Self::parse()
    }
}

/// Flags that every command takes; a flag beats its variable.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    /// Folder of config.toml, keys.toml, health.toml, plays.toml
    #[arg(long, global = true, value_name = "DIR", env = "ROUNDS_CONFIG")]
    pub config: Option<PathBuf>,
    /// Folder of cache.db, own.db and the log
    #[arg(long, global = true, value_name = "DIR", env = "ROUNDS_DATA")]
    pub data: Option<PathBuf>,
    /// A book of its own, with its own settings and data
    #[arg(long, global = true, value_name = "NAME", env = "ROUNDS_PROFILE")]
    pub profile: Option<String>,
    /// Look at the book as it was on that day
    #[arg(long, global = true, value_name = "DATE", env = "ROUNDS_AS_OF")]
    pub as_of: Option<String>,
    /// What today is, for demos, tests and training
    #[arg(long, global = true, value_name = "DATE", env = "ROUNDS_TODAY")]
    pub today: Option<String>,
    /// Write nothing, here or in the CRM
    #[arg(long, global = true)]
    pub read_only: bool,
    /// How much goes to rounds.log: error, warn, info, debug, trace
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info")]
    pub log_level: String,
}

/// How a result is printed.
#[derive(Clone, Debug, Default, Args)]
pub struct Format {
    /// Print one JSON document
    #[arg(long, group = "format")]
    pub json: bool,
    /// Print one JSON object a line
    #[arg(long, group = "format")]
    pub jsonl: bool,
    /// Print comma-separated values
    #[arg(long, group = "format")]
    pub csv: bool,
    /// Print a Markdown table
    #[arg(long, group = "format")]
    pub markdown: bool,
}

impl Format {
    /// For people: no other form was asked for.
    pub fn plain(&self) -> bool {
        !(self.json || self.jsonl || self.csv || self.markdown)
    }
}

/// What Rounds can be asked to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open a made-up book: starts the practice CRM, syncs over HTTP, opens the workspace
    Demo(DemoArgs),
    /// Serve the practice CRM only; its first line of output is JSON
    Practice(PracticeArgs),
    /// Connect a system by answering questions: sign-in, your own fields, whose book
    Init(InitArgs),
    /// Pull what changed and push what waits, with progress
    Sync(SyncArgs),
    /// Try everything without changing anything: settings, sign-in, streams, fields
    Check(CheckArgs),
    /// The portfolio
    List(ListArgs),
    /// One account, whole
    Show(ShowArgs),
    /// Why this score: measures, evidence, weights, gates, what changed
    Explain(ExplainArgs),
    /// Five lines before the call: paid, proven, open, who agrees, what next
    Brief(BriefArgs),
    /// The value review for the buyer, as Markdown or as one HTML file
    Review(ReviewArgs),
    /// Pyramids, clocks, who is stuck, whom to keep: the loyalty of the book
    Loyalty(FormatOnly),
    /// What moved since the last rounds
    Changes(ChangesArgs),
    /// Take a note, and see what was understood
    Note(NoteArgs),
    /// Add a task, or close one
    Task(TaskArgs),
    /// Open tasks and plays, best first
    Actions(ActionsArgs),
    /// Do something about a play
    Act(ActArgs),
    /// Close a flag as real, as a false alarm or as too early; put it off, or open it again
    Flag(FlagArgs),
    /// Every flag rule: its severity, how often it stands, how often it was right
    Flags(FormatOnly),
    /// Put an account off until a day; `rounds snooze ACCOUNT off` takes it up again
    Snooze(SnoozeArgs),
    /// How good the health model was on this book's own history
    Backtest(BacktestArgs),
    /// What waits to reach the CRM, and why
    Outbox(OutboxArgs),
    /// Sign in to a source, keep that in the keyring, and say who it is
    Login(LoginArgs),
    /// Forget a source's token or sign-in
    Logout(SourceArg),
    /// Who the token of a source belongs to
    Whoami(WhoamiArgs),
    /// The keys in force
    Keys(KeysArgs),
    /// Every command that a key can run
    Commands(FormatOnly),
    /// Read CSV or JSON lines as if a source had sent them: accounts with their past, usage, tickets
    Import(ImportArgs),
    /// Write out what is ours
    Export(ExportArgs),
    /// Take a person, an account or everything out of this machine, and out of our notes in the CRM
    Forget(ForgetArgs),
    /// The query language, models, plays, connectors, or one command
    Help(HelpArgs),
}

/// `rounds help`
#[derive(Debug, Args)]
pub struct HelpArgs {
    /// query, model, plays, journal, connectors, connector-file, or a command
    pub topic: Vec<String>,
}

/// `rounds demo`
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// How many accounts the made-up book has
    #[arg(long, default_value_t = 84, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub accounts: u32,
    /// Which book: the same seed makes the same one
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Keep the folder, and say where it is
    #[arg(long)]
    pub keep: bool,
}

/// `rounds practice`
#[derive(Debug, Args)]
pub struct PracticeArgs {
    /// Address to listen on (loopback only)
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR")]
    pub listen: std::net::SocketAddr,
    /// How many accounts
    #[arg(long, default_value_t = 84, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub accounts: u32,
    /// Which book
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Scales the documented limits
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    pub rate: f64,
    /// Goes wrong with that rate: 429, 500, reset, truncate, slow, lost-reply, late-commit, lag, 401
    #[arg(long, value_name = "KIND=RATE")]
    pub fault: Vec<String>,
    /// Add companies with hostile names
    #[arg(long, hide = true)]
    pub hostile: bool,
    /// How many seconds late commits and lagging rows take
    #[arg(long, hide = true, default_value_t = 5.0, value_name = "SECONDS")]
    pub late: f64,
}

/// `rounds init`
#[derive(Debug, Args)]
#[command(
    after_help = "It asks which system, signs in, shows which of your own fields look like ARR, renewal date, segment, CSM and roles, \
                  with values of each, and whose book it is. Then it shows each line that would change in config.toml; \
                  before you say yes, nothing is written. What else stands in the file stays as it is.\n\n\
                  Answers for scripts, as TOML or JSON:\n\n  \
                  connector = \"hubspot\"\n  name = \"crm\"\n  way = \"token\"              # rounds init shows the ways\n  confirm = true             \
                  # else nothing is written\n  replace = false            # true: a source of that name is written anew\n  \
                  book = \"mine\"              # or all, keep, { me = \"you@example.com\" },\n                             \
                  # { field = \"csm\", value = \"Maya\" }, { team = \"West\" }\n  \
                  settings = { region = \"eu\" }\n  [fields]                   # a name there, \"auto\", \"none\", or a formula\n  \
                  arr = \"annual_recurring_revenue\"\n  renewal_date = \"auto\"\n\n\
                  The token never stands in them: it comes from ROUNDS_TOKEN_<NAME>, the keyring, or --token-stdin.\n\n\
                  Examples:\n  rounds init\n  rounds init hubspot --dry-run\n  rounds init --answers crm.toml --json"
)]
pub struct InitArgs {
    /// The connector (else it is asked for)
    pub connector: Option<String>,
    /// What the source is called in config.toml
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The system's address, where it is not the connector's own
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Take the answers from that file, and ask nothing
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Only show what would be written
    #[arg(long)]
    pub dry_run: bool,
    /// Read the token, or the app's client secret, from standard input
    #[arg(long, requires = "answers")]
    pub token_stdin: bool,
    /// Only print the address; open no browser
    #[arg(long)]
    pub no_browser: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// `rounds sync`
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Only these sources
    pub sources: Vec<String>,
    /// Pull everything again
    #[arg(long)]
    pub full: bool,
    /// Go on, every so often: 15m
    #[arg(long, value_name = "EVERY")]
    pub watch: Option<String>,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds check`
#[derive(Debug, Args)]
#[command(
    after_help = "Looks at two pages of each stream, by the code of the sync: what each of your fields reads, how often it is \
                  filled, and with what. Nothing is changed, here or there; whether writing works is not tried.\n\n\
                  Examples:\n  rounds check                    everything\n  rounds check crm account        one stream\n  \
                  rounds check crm --requests     each request with its status and time\n  \
                  rounds check --json | jq '.sources[].streams[].fields'"
)]
pub struct CheckArgs {
    /// Only this source
    pub source: Option<String>,
    /// Only this stream, or the streams of this kind of record: account, meeting, touch
    pub stream: Option<String>,
    /// List each request: status, time, rows; no token is shown
    #[arg(long, conflicts_with = "dry_run")]
    pub requests: bool,
    /// Check the files only; send nothing
    #[arg(long, visible_alias = "dry")]
    pub dry_run: bool,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds list`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  rounds list 'health<60 renewal<90d'\n  rounds list --sort arr --limit 20 --csv")]
pub struct ListArgs {
    /// Words of the name, and comparisons: health<60 renewal<90d is:champion-left
    pub query: Vec<String>,
    /// urgency, health, change, arr, renewal, touch or name
    #[arg(long, default_value = "urgency", value_name = "KEY")]
    pub sort: String,
    /// Columns of the table
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub columns: Vec<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds show`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// An id, a unique part of the name, or a domain
    pub account: String,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// An id, a unique part of the name, or a domain
    pub account: String,
    /// Compare with that day (else with seven days before)
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds brief`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  rounds brief northwind\n  rounds brief northwind --json | jq -r '.lines[].text'")]
pub struct BriefArgs {
    /// An id, a unique part of the name, or a domain
    pub account: String,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds review`
#[derive(Debug, Args)]
#[command(after_help = "Nothing private stands in it: no feelings, scores, flags or plays, and no private note.\n\n\
                  Examples:\n  rounds review northwind                      prints Markdown\n  rounds review northwind --out review.html    one file, with pictures, for print too")]
pub struct ReviewArgs {
    /// An id, a unique part of the name, or a domain
    pub account: String,
    /// Where it goes: a name that ends in .html or .md; without it, Markdown is printed
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace the file where it is there already
    #[arg(long)]
    pub force: bool,
}

/// `rounds changes`
#[derive(Debug, Args)]
pub struct ChangesArgs {
    /// Since that day (else since the last rounds, else seven days)
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds note`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  rounds note northwind 'Renewal on track /call @jane'\n  git log -1 | rounds note northwind -"
)]
pub struct NoteArgs {
    /// An id, a unique part of the name, or a domain
    pub account: String,
    /// The note; `-` reads it from standard input
    pub text: Option<String>,
    /// Only say what would be understood
    #[arg(long)]
    pub dry_run: bool,
    /// Keep it on this machine
    #[arg(long)]
    pub private: bool,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds task`
#[derive(Debug, Args)]
pub struct TaskArgs {
    /// An id, a unique part of the name, or a domain
    pub account: String,
    /// What to do, and by when: send ROI deck fri
    pub text: Vec<String>,
    /// Close the task with that id (rounds actions --json shows them)
    #[arg(long, value_name = "ID", conflicts_with = "text")]
    pub done: Option<String>,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds actions`
#[derive(Debug, Args)]
pub struct ActionsArgs {
    /// Only of this account
    pub account: Option<String>,
    #[command(flatten)]
    pub format: Format,
}

/// What is done about a play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Verb {
    /// It is being done
    Do,
    /// Somebody else takes it (--to)
    Assign,
    /// Not before a day (--until)
    Snooze,
    /// Not wanted (--because)
    Dismiss,
    /// Done (--because: how it ended)
    Done,
}

/// `rounds act`
#[derive(Debug, Args)]
pub struct ActArgs {
    /// An id, a unique part of the name, or a domain
    pub account: String,
    /// The play, by the id that `rounds actions` shows
    pub play: String,
    /// What is done about it
    pub verb: Verb,
    /// Until when: fri, +2w, 2026-12-31
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    /// Why, or how it ended
    #[arg(long, value_name = "TEXT")]
    pub because: Option<String>,
    /// Who takes it
    #[arg(long, value_name = "EMAIL")]
    pub to: Option<String>,
    #[command(flatten)]
    pub format: Format,
}

/// What is said of a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FlagWord {
    /// It is right, and is being seen to: quiet until it clears
    Real,
    /// It is wrong: quiet until it clears, and out of the sums
    FalseAlarm,
    /// It may become right: asked again in two weeks
    TooEarly,
    /// Not before a day: UNTIL, and why
    Snooze,
    /// Forget what was last said of it
    Reopen,
}

/// `rounds flag`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  rounds flag northwind champion-left real\n  rounds flag initech usage-drop snooze fri 'they migrate this week'"
)]
pub struct FlagArgs {
    /// An id, a unique part of the name, or a domain
    pub account: String,
    /// The flag, by its kind: champion-left
    pub kind: String,
    /// What is said of it
    pub word: FlagWord,
    /// Of a snooze: until when (fri, +2w, 2026-12-31)
    pub until: Option<String>,
    /// Of a snooze: why
    pub why: Vec<String>,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds snooze`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  rounds snooze northwind fri legal is reading it\n  rounds snooze northwind off")]
pub struct SnoozeArgs {
    /// An id, a unique part of the name, or a domain
    pub account: String,
    /// Until when: fri, +2w, 2026-12-31; off: no longer
    pub until: String,
    /// Why
    pub why: Vec<String>,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds backtest`
#[derive(Debug, Args)]
#[command(
    after_help = "Every account at every month-end is scored on what was known on that day, and held against what became of it: \
                  lost is an account that left, or whose ARR fell by more than 20 %, within the horizon.\n\n\
                  Examples:\n  rounds backtest --horizon 180d\n  rounds backtest --model other.toml\n  rounds backtest --keep"
)]
pub struct BacktestArgs {
    /// How far ahead a loss counts
    #[arg(long, default_value = "90d", value_name = "DAYS")]
    pub horizon: String,
    /// The first month that is looked at (else 18 months back)
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Another health.toml, beside the one in force: both figures, and whom only one of them flags
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Keep what scores have meant: probabilities and urgency come from it, not from the formula
    #[arg(long, conflicts_with = "model")]
    pub keep: bool,
    /// Forget what was kept: back to the formula
    #[arg(long, conflicts_with_all = ["keep", "model", "from", "horizon"])]
    pub forget: bool,
    /// Deal the outcomes anew by that seed: what is left of the AUC is chance
    #[arg(long, hide = true, value_name = "SEED", conflicts_with = "keep")]
    pub shuffle: Option<u64>,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds outbox`
#[derive(Debug, Args)]
pub struct OutboxArgs {
    #[command(subcommand)]
    pub what: Option<OutboxVerb>,
    #[command(flatten)]
    pub format: Format,
}

/// What is done about a row of the outbox.
#[derive(Debug, Subcommand)]
pub enum OutboxVerb {
    /// Send it again at the next sync (without an id: everything that was refused)
    Retry { id: Option<String> },
    /// Give it up; the note stays here
    Drop { id: String },
}

/// `rounds login`
#[derive(Debug, Args)]
#[command(
    after_help = "How it goes on depends on the connector: a token is typed (not shown); or a browser opens and comes back to this \
                  machine; or a code is typed into a page on any machine; or another program is asked. Over SSH the address that \
                  the browser ends on can be pasted. Nothing secret is written in the clear: it goes to the keyring, or to a file \
                  under a passphrase (ROUNDS_PASSPHRASE).\n\n\
                  Examples:\n  rounds login crm\n  rounds login crm --way device\n  pass show crm | rounds login crm --token-stdin"
)]
pub struct LoginArgs {
    /// The source's name in config.toml
    pub source: String,
    /// One of the connector's ways by its name, or pkce, device, client_credentials (else sign_in of the source, the way of
    /// last time, or the first whose settings are given)
    #[arg(long, value_name = "NAME")]
    pub way: Option<String>,
    /// Read the token, or the app's client secret, from standard input
    #[arg(long)]
    pub token_stdin: bool,
    /// Only print the address; open no browser
    #[arg(long)]
    pub no_browser: bool,
}

/// A source's name.
#[derive(Debug, Args)]
pub struct SourceArg {
    /// The source's name in config.toml
    pub source: String,
}

/// `rounds whoami`
#[derive(Debug, Args)]
pub struct WhoamiArgs {
    /// Only this source
    pub source: Option<String>,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds keys`
#[derive(Debug, Args)]
pub struct KeysArgs {
    /// Find conflicts and unknown names in keys.toml
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub format: Format,
}

/// A command with nothing but a format.
#[derive(Debug, Args)]
pub struct FormatOnly {
    #[command(flatten)]
    pub format: Format,
}

/// `rounds import`
#[derive(Debug, Args)]
#[command(
    after_help = "A column fills the field of its name (id, name, domain, arr, renewal_date, churned_on ...), or the one that --map \
                  says.\n\nSeveral rows of one id are its past: a column `on` says from which day each holds, and `known` when that \
                  was learnt, where it was later.\n\nA file is imported whole or not at all; the same file twice changes nothing.\n\n\
                  Examples:\n  \
                  rounds import accounts.csv --map arr='Annual revenue' --map on=month\n  \
                  rounds import usage.csv              (columns account, metric, day, value)\n  \
                  rounds import export.jsonl --as ticket --dry-run\n  \
                  rounds import --forget"
)]
pub struct ImportArgs {
    /// CSV with a head, or JSON with one object a line
    #[arg(required_unless_present = "forget", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What the rows are: account, person, owner, opportunity, ticket, touch, note, task or usage (else by the file's name)
    #[arg(long = "as", value_name = "ENTITY")]
    pub entity: Option<String>,
    /// Which column fills one of our fields: arr='Annual revenue'
    #[arg(long, value_name = "OURS=THEIRS")]
    pub map: Vec<String>,
    /// The name under which the rows are kept, beside the connected sources
    #[arg(long, value_name = "NAME", default_value = "import")]
    pub source: String,
    /// Only look for mistakes, and say all of them
    #[arg(long)]
    pub dry_run: bool,
    /// Forget everything that was imported under the name
    #[arg(long, conflicts_with_all = ["files", "entity", "map", "dry_run"])]
    pub forget: bool,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds forget`
#[derive(Debug, Args)]
#[command(
    after_help = "Without --yes it lists what would go, and asks on a terminal. What was forgotten by name is left out of every \
                  later sync.\n\nExamples:\n  rounds forget jane.doe@northwind.example\n  rounds forget northwind --yes"
)]
pub struct ForgetArgs {
    /// An account, or a person's name or mail address
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub what: Option<String>,
    /// Everything on this machine; the CRM keeps what it has
    #[arg(long)]
    pub all: bool,
    /// Do it without asking
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub format: Format,
}

/// `rounds export`
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Notes, drafts, outbox, snoozes: what is on this machine only
    #[arg(long)]
    pub own: bool,
    /// Write to that file (else to standard output)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
