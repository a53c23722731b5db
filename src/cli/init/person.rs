//! The questions of `init` as a person sees them: on standard error, with the proposal that Enter takes.
//!
//! Decides the words and how an answer is typed. What an answer may be is not its business.

use std::fmt::Write;

use secrecy::SecretString;

use crate::cli::table::{Align, Table};
use crate::cli::typed::{Passphrase, Typed};
use crate::ops::{
    BookAnswer, BookQuestion, FieldAnswer, FieldChoice, FieldQuestion, Grant, Interview, Offer, OpsError, Person,
    Route, RouteKind, SettingQuestion,
};
use crate::text;

/// Somebody at a terminal.
pub struct Somebody {
    typed: Typed,
    passphrase: Passphrase,
    browser: bool,
    width: usize,
}

impl Somebody {
    /// Who sees so many columns.
    pub fn new(browser: bool, width: usize) -> Self {
        Self { typed: Typed::default(), passphrase: Passphrase::default(), browser, width }
    }

    /// Asks; an empty answer is `proposed`.
    fn ask(&self, question: &str, proposed: Option<&str>) -> Result<String, OpsError> {
        let shown = proposed.map(|proposed| format!(" [{proposed}]")).unwrap_or_default();
        let answer = self.typed.ask(&format!("{question}{shown}: ")).ok_or_else(stopped)?;
        let answer = text::clean_line(answer.trim());
        Ok(if answer.is_empty() { proposed.unwrap_or_default().to_owned() } else { answer })
    }

    /// Yes or no; Enter is `default`.
    pub fn agreed(&self, question: &str, default: bool) -> Result<bool, OpsError> {
        loop {
            let shown = if default { "Y/n" } else { "y/N" };
            let answer = self.ask(&format!("{question} [{shown}]"), None)?.to_lowercase();
            match answer.as_str() {
                "" => return Ok(default),
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => say("! y or n"),
            }
        }
    }

    /// One of a list, by its number or as it is typed.
    fn one_of(&self, question: &str, list: &[String], proposed: Option<&str>) -> Result<String, OpsError> {
        let answer = self.ask(question, proposed)?;
        let number = answer.parse::<usize>().ok().and_then(|n| list.get(n.checked_sub(1)?));
        Ok(number.cloned().unwrap_or(answer))
    }

    fn show(&self, table: &Table) {
        let text = table.aligned(Some(self.width));
        // The table's own head is empty: the question above says what it lists.
        say(text.split_once('\n').map_or(text.as_str(), |(_, rows)| rows).trim_end());
    }
}

fn stopped() -> OpsError {
    OpsError::failed("\nthe answers end here: nothing was written")
}

fn say(text: &str) {
    eprintln!("{text}");
}

fn table(columns: usize) -> Table {
    Table::new(&vec![("", Align::Left); columns])
}

/// `crm.objects, x, ...` below each other, folded to the width.
fn folded(text: &str, width: usize, indent: &str) -> String {
    let mut out = String::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && text::width(indent) + text::width(&line) + 1 + text::width(word) > width {
            let _ = writeln!(out, "{indent}{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = write!(out, "{indent}{line}");
    out
}

impl Interview for Somebody {
    fn remark(&mut self, says: &str) {
        say(says);
    }

    fn wrong(&mut self, _key: &str, error: OpsError) -> Result<(), OpsError> {
        say(&folded(&error.message, self.width, "! "));
        Ok(())
    }

    fn connector(&mut self, offers: &[Offer]) -> Result<String, OpsError> {
        say("Which system?");
        let (rest, first): (Vec<&Offer>, Vec<&Offer>) = offers.iter().partition(|offer| offer.untested && !offer.own);
        let mut rows = table(3);
        for (at, offer) in first.iter().enumerate() {
            let own = if offer.own { "yours: " } else { "" };
            rows.rows.push(vec![format!(" {:>2}", at + 1), offer.name.clone(), format!("{own}{}", offer.about)]);
        }
        self.show(&rows);
        let names: Vec<String> = first.iter().chain(&rest).map(|offer| offer.name.clone()).collect();
        if !rest.is_empty() {
            let rest = names[first.len()..].join(", ");
            say(&folded(&format!("By name, made by their documentation and little tried: {rest}"), self.width, "  "));
        }
        self.one_of("Number or name", &names, None)
    }

    fn chosen(&mut self, offer: &Offer) {
        let about = if offer.about.is_empty() { String::new() } else { format!(": {}", offer.about) };
        say(&folded(&format!("{}{about}", offer.system), self.width, ""));
        if offer.untested {
            say(&format!("untested: made by the documentation of {}, only the main answers were played", offer.system));
        }
        if !offer.needs.is_empty() {
            say("What it needs there:");
            for need in &offer.needs {
                say(&folded(need, self.width, "  "));
            }
        }
    }

    fn name(&mut self, proposed: &str) -> Result<String, OpsError> {
        self.ask("What it is called in config.toml", Some(proposed))
    }

    fn replace(&mut self, name: &str, connector: &str) -> Result<bool, OpsError> {
        self.agreed(&format!("There is a source {name} already ({connector}). Write it anew"), false)
    }

    fn way(&mut self, routes: &[Route]) -> Result<String, OpsError> {
        say("How do you sign in?");
        let mut rows = table(3);
        for (at, route) in routes.iter().enumerate() {
            let needs =
                if route.needs.is_empty() { String::new() } else { format!("; needs {}", route.needs.join(", ")) };
            rows.rows.push(vec![
                format!(" {:>2}", at + 1),
                route.name.clone(),
                format!("{}{needs}", kind(&route.kind)),
            ]);
        }
        self.show(&rows);
        let names: Vec<String> = routes.iter().map(|route| route.name.clone()).collect();
        let first = names.first().cloned();
        self.one_of("Number or name", &names, first.as_deref())
    }

    fn setting(&mut self, question: &SettingQuestion) -> Result<Option<String>, OpsError> {
        let mut ask = question.ask.clone();
        if !question.choices.is_empty() {
            let _ = write!(ask, " ({})", question.choices.join(", "));
        } else if let Some(example) = question.example.as_ref().filter(|_| question.default.is_none()) {
            let _ = write!(ask, " (as in {example})");
        }
        if !question.needed && question.default.is_none() && !ask.contains("empty") {
            ask.push_str(", or nothing");
        }
        let answer = self.ask(&ask, question.default.as_deref())?;
        Ok((!answer.is_empty()).then_some(answer))
    }

    fn stored(&mut self, place: &str) -> Result<bool, OpsError> {
        self.agreed(&format!("A token is there already, in {place}. Use it"), true)
    }

    fn secret(&mut self, question: &str, _optional: bool) -> Result<Option<SecretString>, OpsError> {
        match rpassword::prompt_password(format!("{question} (not shown): ")) {
            Ok(typed) => Ok(Some(typed.trim().to_owned()).filter(|typed| !typed.is_empty()).map(SecretString::from)),
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::Interrupted) =>
            {
                Err(stopped())
            }
            Err(error) => Err(OpsError::failed(format!("the secret cannot be read ({error}); nothing was written"))),
        }
    }

    fn person(&mut self, _way: &str) -> Result<Person, OpsError> {
        let mut person = Person::new(|step| eprintln!("{step}"));
        person.browser = self.browser;
        let typed = self.typed.clone();
        person.pasted = Some(Box::new(move || typed.lines()));
        Ok(person)
    }

    fn passphrase(&self) -> Option<SecretString> {
        self.passphrase.ask()
    }

    fn field(&mut self, question: &FieldQuestion) -> Result<FieldAnswer, OpsError> {
        say(&format!("\nWhich field is {}?", question.words));
        if question.choices.is_empty() {
            say("  none there looks like it");
        } else {
            let mut rows = table(5);
            for (at, choice) in question.choices.iter().enumerate() {
                let mut cells = vec![format!(" {:>2}", at + 1), choice.name.clone()];
                cells.extend([choice.label.clone().unwrap_or_default(), filled(choice), holds(choice)]);
                rows.rows.push(cells);
            }
            self.show(&rows);
        }
        if let Some((reads, choice)) = &question.now {
            let has = choice.as_ref().map(|choice| format!("  {}  {}", filled(choice), holds(choice)));
            say(&text::cut(&format!("  now: {reads}{}", has.unwrap_or_default()), self.width));
        }
        let proposed = question.proposed.map(|at| (at + 1).to_string());
        let proposed = proposed.unwrap_or_else(|| if question.now.is_some() { "now" } else { "none" }.to_owned());
        let names: Vec<String> = question.choices.iter().map(|choice| choice.name.clone()).collect();
        let answer = self.one_of("Number, the name of another field, or none", &names, Some(&proposed))?;
        Ok(match answer.as_str() {
            "now" if question.now.is_some() => FieldAnswer::Keep,
            "none" | "-" => FieldAnswer::Drop,
            _ => FieldAnswer::Take(answer),
        })
    }

    fn matching(&mut self, now: Option<&str>) -> Result<Option<String>, OpsError> {
        say("\nHow do its records find their account?");
        say("  By a key that your accounts know it by (external_id:NAME), else by domain.");
        let answer = self.ask("Key, or nothing", now)?;
        Ok((!answer.is_empty()).then_some(answer))
    }

    fn book(&mut self, question: &BookQuestion) -> Result<BookAnswer, OpsError> {
        say("\nWhose accounts are in the book?");
        let mut rows = table(2);
        let mut words: Vec<(&str, String)> = vec![
            ("all", "everybody's".to_owned()),
            (
                "mine",
                match &question.me {
                    Some(me) => format!("those that I own ({me})"),
                    None => "those that I own".to_owned(),
                },
            ),
            ("field", "those in which a field has a value, your name under CSM for one".to_owned()),
        ];
        if !question.teams.is_empty() {
            words.push(("team", format!("those of the colleagues of a team: {}", question.teams.join(", "))));
        }
        if let Some(now) = &question.now {
            words.push(("keep", format!("as config.toml says: {now}")));
        }
        for (at, (word, says)) in words.iter().enumerate() {
            rows.rows.push(vec![format!(" {:>2}", at + 1), format!("{word}: {says}")]);
        }
        self.show(&rows);
        let names: Vec<String> = words.iter().map(|(word, _)| (*word).to_owned()).collect();
        loop {
            let proposed = if question.now.is_some() { "keep" } else { "mine" };
            let answer = self.one_of("Number or word", &names, Some(proposed))?;
            return Ok(match answer.as_str() {
                "all" => BookAnswer::All,
                "keep" => BookAnswer::Keep,
                "mine" => BookAnswer::Mine(Some(self.ask("Your mail address there", question.me.as_deref())?)),
                "field" => {
                    let field = self.ask("The field", None)?;
                    let values = self.ask("Its value, several with commas between them", None)?;
                    BookAnswer::Field { field, values: values.split(',').map(|one| one.trim().to_owned()).collect() }
                }
                "team" if !question.teams.is_empty() => {
                    BookAnswer::Team(self.one_of("Which team", &question.teams, None)?)
                }
                other => {
                    say(&format!("! {other:?} is none of them"));
                    continue;
                }
            });
        }
    }
}

fn kind(kind: &RouteKind) -> String {
    match kind {
        RouteKind::Nothing => "nothing is needed".to_owned(),
        RouteKind::Token => "a token, key or password that you paste".to_owned(),
        RouteKind::Program(Some(name)) => format!("the {name} command of this machine, signed in already"),
        RouteKind::Program(None) => "a program of this machine".to_owned(),
        RouteKind::OAuth(grants) => {
            let words = grants.iter().map(|grant| match grant {
                Grant::Pkce => "in the browser",
                Grant::Device => "by a code that you type on any machine",
                Grant::ClientCredentials => "as an app, by its secret",
            });
            words.collect::<Vec<_>>().join(", or ")
        }
    }
}

/// `80 % of 100`
fn filled(choice: &FieldChoice) -> String {
    let share = (choice.filled * 100).checked_div(choice.rows).unwrap_or(0);
    let share = if share == 0 && choice.filled > 0 { 1 } else { share };
    format!("{share} % of {}", choice.rows)
}

fn holds(choice: &FieldChoice) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(choice.monthly.then(|| "×12".to_owned()));
    parts.extend((!choice.examples.is_empty()).then(|| choice.examples.join(" · ")));
    parts.extend(choice.misfit.as_ref().map(|why| format!("can't be read: {why}")));
    parts.extend(choice.note.clone());
    parts.join(" | ")
}
