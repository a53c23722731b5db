//! Roles to styles, by what the terminal can show.
//!
//! Decides every colour there is: nobody else names one. A role says what a thing means, the theme how that looks.
//! Reads no file and asks no terminal: texts and environment are arguments.

pub mod ansi;
mod ascii;
mod colour;

use ratatui::style::{Modifier, Style};
use serde::Deserialize;
use std::collections::BTreeMap;

pub use ascii::ascii;
pub use colour::Depth;

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident $name:literal $plain:expr;)*) => {
        /// What a thing on screen means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Role { $($(#[$doc])* $role,)* }

        impl Role {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$role,)*];

            /// Its name in a theme file.
            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name,)* }
            }

            /// How it looks without any colour.
            fn plain(self) -> Modifier {
                match self { $(Self::$role => $plain,)* }
            }
        }
    };
}

roles! {
    Text "text" Modifier::empty();
    /// Can be ignored.
    Muted "muted" Modifier::DIM;
    /// The name of the thing.
    Title "title" Modifier::BOLD;
    Accent "accent" Modifier::BOLD;
    Border "border" Modifier::DIM;
    BorderFocus "border_focus" Modifier::empty();
    /// The row under the cursor.
    Selection "selection" Modifier::REVERSED;
    Key "key" Modifier::UNDERLINED;
    Good "good" Modifier::empty();
    Watch "watch" Modifier::empty();
    Bad "bad" Modifier::BOLD;
    Critical "critical" Modifier::BOLD.union(Modifier::REVERSED);
    /// Old, or of low confidence.
    Stale "stale" Modifier::DIM;
    Up "up" Modifier::empty();
    Down "down" Modifier::BOLD;
    Buyers "buyers" Modifier::BOLD;
    Users "users" Modifier::empty();
    Builders "builders" Modifier::DIM;
    Link "link" Modifier::UNDERLINED;
    Error "error" Modifier::BOLD;
    /// What is being typed.
    Input "input" Modifier::empty();
    Match "match" Modifier::UNDERLINED;
}

/// What the terminal and its user ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub depth: Depth,
    /// Only ASCII can be shown.
    pub ascii: bool,
}

impl Look {
    /// By the usual variables: `NO_COLOR`, `COLORTERM`, `TERM`, `LC_ALL`, `LC_CTYPE`, `LANG`.
    pub fn from_env(var: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| var(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| set(name));
        // No locale at all is a container or a service, and its terminal is a modern one; a named one is taken at its word.
        let utf8 = locale.is_none_or(|l| {
            let l = l.to_ascii_lowercase();
            l.contains("utf-8") || l.contains("utf8")
        });
        let linux_console = set("TERM").as_deref() == Some("linux");
        Self { depth: Depth::from_env(&set), ascii: !utf8 && !linux_console || set("ROUNDS_ASCII").is_some() }
    }
}

/// One way for everything to look.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    styles: Vec<Style>,
    /// Only ASCII can be shown: what is drawn is translated at the end.
    pub ascii: bool,
}

/// What a theme file says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The theme it changes; left out: the default one.
    inherits: Option<String>,
    #[serde(default)]
    roles: BTreeMap<String, Entry>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    fg: Option<String>,
    bg: Option<String>,
    #[serde(default)]
    mods: Vec<String>,
}

/// The themes that come with Rounds.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("default", include_str!("../themes/default.toml")),
    ("dusk", include_str!("../themes/dusk.toml")),
    ("paper", include_str!("../themes/paper.toml")),
];

impl Theme {
    /// The default theme as a terminal of that kind shows it.
    pub fn new(look: Look) -> Self {
        Self::load("default", look, |_| None).0
    }

    /// The theme of that name: the user's file of that name (as `user` reads it) wins over the embedded one.
    /// What can't be used is said, and the rest of it holds.
    pub fn load(name: &str, look: Look, user: impl Fn(&str) -> Option<String>) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let mut styles: Vec<Style> = vec![Style::new(); Role::ALL.len()];
        let mut chain: Vec<(String, File)> = Vec::new();
        let mut next = Some(name.to_owned());
        while let Some(name) = next.take() {
            let own = user(&name);
            let embedded = EMBEDDED.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
            // A user's "default" may build on ours.
            let seen = chain.iter().filter(|(known, _)| *known == name).count();
            let text = if seen == 0 { own.or(embedded) } else { embedded.filter(|_| seen == 1) };
            let Some(text) = text else {
                let known: Vec<_> = EMBEDDED.iter().map(|(name, _)| *name).collect();
                problems.push(format!(
                    "there is no theme {name}; known are {}, and files in themes/ of the config folder",
                    known.join(", ")
                ));
                break;
            };
            match toml::from_str::<File>(&text) {
                Ok(file) => {
                    let root = name == "default" && file.inherits.is_none();
                    next = if root { None } else { file.inherits.clone().or_else(|| Some("default".into())) };
                    chain.push((name, file));
                }
                Err(error) => {
                    problems.push(format!("themes/{name}.toml: {}", error.to_string().trim().replace('\n', " ")));
                    next = (name != "default" || seen == 0).then(|| "default".into());
                    chain.push((name, File { inherits: None, roles: BTreeMap::new() }));
                }
            }
            if chain.len() > 8 {
                problems.push("the theme inherits from itself".to_owned());
                break;
            }
        }
        for (name, file) in chain.into_iter().rev() {
            for (role, entry) in &file.roles {
                let Some(role) = Role::ALL.iter().find(|known| known.name() == role) else {
                    let known: Vec<_> = Role::ALL.iter().map(|role| role.name()).collect();
                    problems
                        .push(format!("themes/{name}.toml: there is no role {role}; there are {}", known.join(", ")));
                    continue;
                };
                match colour::style(entry.fg.as_deref(), entry.bg.as_deref(), &entry.mods) {
                    Ok(style) => styles[*role as usize] = style,
                    Err(word) => problems.push(format!(
                        "themes/{name}.toml: {}: {word} is neither a colour (red, #d7875f, 173) nor a modifier (bold, dim, italic, underlined, reversed)",
                        role.name()
                    )),
                }
            }
        }
        for role in Role::ALL {
            let style = &mut styles[*role as usize];
            *style = match look.depth {
                Depth::None => Style::new().add_modifier(role.plain()),
                depth => colour::fit(*style, depth),
            };
        }
        (Self { styles, ascii: look.ascii }, problems)
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The same, bold.
    pub fn bold(&self, role: Role) -> Style {
        self.style(role).add_modifier(Modifier::BOLD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUE: Look = Look { depth: Depth::True, ascii: false };

    #[test]
    fn the_embedded_themes_are_whole() {
        for (name, _) in EMBEDDED {
            let (theme, problems) = Theme::load(name, TRUE, |_| None);
            assert_eq!(problems, Vec::<String>::new(), "{name}");
            assert_ne!(theme.style(Role::Bad), theme.style(Role::Good), "{name}");
            assert_ne!(theme.style(Role::Muted), theme.style(Role::Text), "{name}");
            assert_ne!(theme.style(Role::Selection), theme.style(Role::Text), "{name}");
        }
    }

    #[test]
    fn the_users_file_wins_and_its_mistakes_cost_only_themselves() {
        let user = |name: &str| {
            (name == "mine").then(|| {
                "inherits = \"dusk\"\n[roles]\nbad = { fg = \"#ff0000\" }\nwatch = { fg = \"oragne\" }\nglow = {}"
                    .to_owned()
            })
        };
        let (theme, problems) = Theme::load("mine", TRUE, user);
        let (dusk, _) = Theme::load("dusk", TRUE, |_| None);
        assert_ne!(theme.style(Role::Bad), dusk.style(Role::Bad));
        assert_eq!(theme.style(Role::Watch), dusk.style(Role::Watch));
        assert_eq!(problems.len(), 2);
        assert!(problems.iter().any(|p| p.contains("oragne")) && problems.iter().any(|p| p.contains("no role glow")));
        let (_, problems) = Theme::load("nowhere", TRUE, |_| None);
        assert!(problems[0].contains("there is no theme nowhere"));
        let (_, problems) = Theme::load("loop", TRUE, |_| Some("inherits = \"loop\"".into()));
        assert!(!problems.is_empty());
    }

    #[test]
    fn without_colour_there_are_only_modifiers() {
        let (theme, _) = Theme::load("dusk", Look { depth: Depth::None, ascii: false }, |_| None);
        for role in Role::ALL {
            let style = theme.style(*role);
            assert_eq!((style.fg, style.bg), (None, None));
        }
        assert_ne!(theme.style(Role::Bad), theme.style(Role::Good));
    }

    #[test]
    fn the_environment_decides_what_can_be_shown() {
        let look = |vars: &'static [(&str, &str)]| {
            Look::from_env(move |name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(look(&[("TERM", "xterm-256color")]).depth, Depth::Indexed);
        assert_eq!(look(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]).depth, Depth::True);
        assert_eq!(look(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]).depth, Depth::None);
        assert_eq!(look(&[("TERM", "vt220")]).depth, Depth::Sixteen);
        assert_eq!(look(&[("TERM", "dumb")]).depth, Depth::None);
        assert!(look(&[("LANG", "C")]).ascii);
        assert!(!look(&[("LANG", "de_DE.UTF-8")]).ascii);
        assert!(!look(&[]).ascii);
    }
}
