//! What people read about connectors, made from the files themselves: which there are, and what one brings and needs.
//!
//! Decides the words; every fact comes from a loaded connector, so the page can't say what the file doesn't.

mod format;

pub use format::{FORMAT, Part};

use super::manifest::{Auth, Grant, Manifest, PullSpec, Since, Status, Stream, TextKind, Write, load};
use super::{built_in, built_ins};
use crate::book::row::Entity;

/// A connector in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The word for `connector = "…"`.
    pub connector: String,
    pub name: String,
    pub about: String,
    pub proven: bool,
}

impl Listed {
    /// What a loaded connector says of itself.
    pub fn of(connector: &str, manifest: &Manifest) -> Self {
        let head = manifest.head();
        Self {
            connector: connector.to_owned(),
            name: manifest.name().to_owned(),
            about: head.about.clone().unwrap_or_default(),
            proven: head.status == Status::Proven,
        }
    }
}

/// The connectors that come with Rounds.
pub fn catalogue() -> Vec<Listed> {
    let loaded = built_ins().iter().filter_map(|name| {
        let manifest = load(built_in(name)?, &format!("{name}.toml")).ok()?;
        Some(Listed::of(name, &manifest))
    });
    loaded.collect()
}

/// Everything about one connector.
pub fn page(connector: &str, manifest: &Manifest) -> String {
    let head = manifest.head();
    let mut page = Page { text: format!("{}   connector = \"{connector}\"\n", manifest.name()) };
    if let Some(about) = &head.about {
        page.text.push_str(&format!("{about}\n"));
    }
    let status = if head.status == Status::Proven {
        "proven"
    } else {
        "untested: made by the vendor's documentation, only the main answers played"
    };
    page.text.push_str(&format!("\nStatus: {status}\n"));
    if let Some(proof) = &head.proof {
        page.text.push_str(&format!("  {proof}\n"));
    }
    page.rows("Reads", manifest.streams.iter().map(|stream| (title(&stream.name, stream.entity), reads(stream))));
    page.rows("Writes", manifest.writes.iter().map(|write| (written(write), writes(write))));
    page.rows("Signs in by", manifest.ways.iter().map(|way| (way.name.clone(), signs(&way.auth))));
    let settings = manifest.settings().iter().filter(|(_, setting)| !setting.secret);
    page.rows("Settings", settings.map(|(name, setting)| (name.clone(), setting.says())));
    page.rows("Limits it keeps to", limits(manifest));
    page.list("Rights to grant", &head.needs);
    page.list("What it does not do", &head.gaps);
    page.text
}

struct Page {
    text: String,
}

impl Page {
    fn rows(&mut self, head: &str, rows: impl Iterator<Item = (String, String)>) {
        let rows: Vec<(String, String)> = rows.collect();
        if rows.is_empty() {
            return;
        }
        let wide = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        self.text.push_str(&format!("\n{head}\n"));
        for (name, says) in rows {
            self.text.push_str(&format!("  {name:wide$}  {says}\n"));
        }
    }

    fn list(&mut self, head: &str, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        self.text.push_str(&format!("\n{head}\n"));
        for line in lines {
            self.text.push_str(&format!("  - {line}\n"));
        }
    }
}

/// `accounts`, and the stream's own name where it has another.
fn title(name: &str, entity: Entity) -> String {
    if name == entity.name() { entity.plural().to_owned() } else { format!("{} ({name})", entity.plural()) }
}

fn reads(stream: &Stream) -> String {
    let plain = |name: &&String| !matches!(name.as_str(), "id" | "changed" | "gone" | "merged" | "into");
    let mut fields: Vec<&str> = stream.map.keys().filter(plain).map(String::as_str).collect();
    fields.extend(stream.links.iter().map(|link| link.to_what.name()));
    fields.sort_unstable();
    fields.dedup();
    let mut says = vec![fields.join(", ")];
    if let Some((again, _)) = stream.by_days() {
        says.push(format!("by day; the last {again} days are asked for again"));
    } else if stream.changed.iter().chain(&stream.first).any(changes) && !stream.changed.is_empty() {
        says.push("then only what changed".to_owned());
    } else if stream.first.iter().any(PullSpec::newest_first) {
        says.push("newest first, down to what is known".to_owned());
    } else {
        says.push("all of it each time".to_owned());
    }
    if stream.first.iter().any(|way| way.job.is_some()) {
        says.push("very many by a job".to_owned());
    }
    if let Some(every) = stream.sweep() {
        says.push(format!("what is gone: by a list of ids every {} hours", every.as_secs() / 3600));
    } else if !stream.deleted.is_empty() || stream.map.contains_key("gone") || stream.map.contains_key("into") {
        says.push("what is gone is told".to_owned());
    }
    if let Some(history) = &stream.history {
        says.push(format!("earlier values of {}", history.fields.join(", ")));
    }
    says.retain(|part| !part.is_empty());
    says.join("; ")
}

fn changes(way: &PullSpec) -> bool {
    !matches!(way.since, Since::None)
}

fn written(write: &Write) -> String {
    write.kind.clone().map_or_else(|| write.entity.plural().to_owned(), |kind| format!("{kind}s"))
}

fn writes(write: &Write) -> String {
    let text = match write.text {
        TextKind::Plain => "plain text",
        TextKind::Html | TextKind::Paragraphs => "HTML",
    };
    let mut says = vec![match write.max {
        Some(max) => format!("{text} of up to {max} characters"),
        None => text.to_owned(),
    }];
    let can =
        [(write.create.is_some(), "new"), (write.update.is_some(), "edited"), (write.delete.is_some(), "deleted")];
    says.push(can.iter().filter(|(can, _)| *can).map(|(_, word)| *word).collect::<Vec<_>>().join(", "));
    says.push(match write.find.as_ref().map(|find| find.by_own_id()) {
        Some(true) => "never twice: under an id of ours".to_owned(),
        Some(false) => "never twice: its mark is looked for first".to_owned(),
        None => "after a doubtful answer you are asked".to_owned(),
    });
    says.join("; ")
}

fn signs(auth: &Auth) -> String {
    match auth {
        Auth::Bearer { .. } => "a token".to_owned(),
        Auth::Header { name, .. } => format!("a token in the header {name}"),
        Auth::Basic { .. } => "a name and a token or password".to_owned(),
        Auth::Query { name, .. } => format!("a token in the address, {name}: addresses may be logged on the way"),
        Auth::None => "nothing".to_owned(),
        Auth::OAuth(oauth) => {
            let ways = oauth.grants.iter().map(|grant| match grant {
                Grant::Pkce => "in a browser",
                Grant::Device => "by a code typed on any machine",
                Grant::ClientCredentials => "as an app, without a person",
            });
            format!("OAuth: {}", ways.collect::<Vec<_>>().join(", or "))
        }
        Auth::Command(ask) => {
            let program = ask.run.first().map_or("", |word| word.plain().unwrap_or(""));
            format!("the program {program} on this machine, where you are signed in already")
        }
    }
}

fn limits(manifest: &Manifest) -> impl Iterator<Item = (String, String)> {
    let limits = manifest.limits();
    limits.pools.into_iter().map(|pool| {
        let mut says = Vec::new();
        if let Some((n, span)) = pool.rate {
            says.push(match span.as_secs() {
                0 | 1 => format!("{n} requests a second"),
                60 => format!("{n} requests a minute"),
                3600 => format!("{n} requests an hour"),
                seconds => format!("{n} requests in {seconds} seconds"),
            });
        }
        if let Some(n) = pool.at_once {
            says.push(format!("{n} at once"));
        }
        if pool.daily.is_some() || pool.packed.is_some() {
            says.push("heeds what is left of the day".to_owned());
        } else if pool.remaining.is_some() {
            says.push("heeds what is left".to_owned());
        }
        if let Some(share) = pool.stop_at {
            says.push(format!("stops at {:.0} % of the day", share * 100.0));
        }
        (pool.on.unwrap_or_else(|| "all".to_owned()), says.join("; "))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::manifest::WORDS;
    use super::super::manifest::tests::WIDE;
    use super::*;

    #[test]
    fn the_page_of_the_format_has_each_word_that_is_read_and_no_other() {
        WORDS.with_borrow_mut(BTreeSet::clear);
        load(WIDE, "wide.toml").unwrap();
        for name in built_ins() {
            load(built_in(name).unwrap(), "x.toml").unwrap();
        }
        let read = WORDS.with_borrow(Clone::clone);
        let said: BTreeSet<&str> =
            FORMAT.iter().flat_map(|part| part.words).flat_map(|(words, _)| words.split(", ")).collect();
        // Tables stand in the heads of the parts.
        let heads: String = FORMAT.iter().map(|part| format!("{} {} ", part.at, part.says)).collect();
        let head = |word: &str| heads.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word);
        let missing: Vec<&&str> = read.iter().filter(|word| !said.contains(**word) && !head(word)).collect();
        assert!(missing.is_empty(), "read and not on the page: {missing:?}");
        // Names that a map, a `call` or a template knows are not asked for as words of a table.
        let free = ["id", "changed", "account", "people", "gone", "into", "merged", "item", "for_each", "json_in"];
        let unread: Vec<&&str> = said.iter().filter(|word| !read.contains(**word) && !free.contains(word)).collect();
        assert!(unread.is_empty(), "on the page and never read: {unread:?}");
    }

    #[test]
    fn every_connector_has_a_line_and_a_page_that_says_what_it_does() {
        let list = catalogue();
        assert_eq!(list.len(), built_ins().len());
        for listed in &list {
            assert!(!listed.about.is_empty(), "{}: about is missing", listed.connector);
            let manifest = load(built_in(&listed.connector).unwrap(), "x.toml").unwrap();
            let page = page(&listed.connector, &manifest);
            assert!(page.contains("\nStatus: ") && page.contains("Signs in by"), "{page}");
            assert_eq!(page.contains("\nReads\n"), !manifest.streams.is_empty());
            assert!(manifest.head().proof.is_some(), "{}: how it was proven is missing", listed.connector);
            assert!(!manifest.head().gaps.is_empty(), "{}: what it does not do is missing", listed.connector);
        }
        let manifest = load(built_in("hubspot").unwrap(), "hubspot.toml").unwrap();
        let page = page("hubspot", &manifest);
        assert!(page.contains("never twice: its mark is looked for first"), "{page}");
        assert!(page.contains("8 requests a second; 6 at once"), "{page}");
    }
}
