//! What can be connected, and how a connector file is written: the pages behind `rounds help`.
//!
//! Decides where a connector's file comes from; its words are the connector's.

use crate::connect::{self, FORMAT, Listed};

/// The connectors that come with Rounds.
pub fn connectors() -> Vec<Listed> {
    connect::catalogue()
}

/// The page of a connector that comes with Rounds.
pub fn connector(name: &str) -> Option<String> {
    let manifest = connect::load(connect::built_in(name)?, &format!("{name}.toml")).ok()?;
    Some(connect::page(name, &manifest))
}

/// The file of a connector that comes with Rounds: the way to one's own.
pub fn connector_text(name: &str) -> Option<&'static str> {
    connect::built_in(name)
}

/// The page of the format of connector files.
pub fn connector_format() -> String {
    let mut page = String::from(
        "A connector is one file, connectors/NAME.toml in the config folder, used by connector = \"NAME\" of a source.\n\
         rounds check --dry-run names every mistake by file and line; rounds check NAME tries it. A connector that comes with\n\
         Rounds is a good beginning: rounds help connectors NAME file prints it. Small changes need no file: what stands under\n\
         [source.NAME.with] of config.toml is laid over the connector.\n",
    );
    for part in FORMAT {
        page.push_str(&format!("\n{}\n", part.at));
        for line in part.says.lines() {
            page.push_str(&format!("  {line}\n"));
        }
        for (words, says) in part.words {
            page.push_str(&format!("    {words:30} {says}\n"));
        }
    }
    page
}
