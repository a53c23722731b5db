//! Which column fills which field: by `--map`, else by a name that is ours.
//!
//! Decides what a file must have, and names what it has in vain. Reads no row.

use crate::book::row::{Entity, Field, Kind, fields};
use crate::store::dated_fields;

/// What a column fills.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    Id,
    /// The id of the account that it belongs to, in the same source; or its domain or external id.
    Account,
    People,
    /// The day from which the row holds.
    On,
    /// The day on which that was learnt.
    Known,
    Field(&'static Field),
}

impl Target {
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Account => "account",
            Self::People => "people",
            Self::On => "on",
            Self::Known => "known",
            Self::Field(field) => field.name,
        }
    }
}

/// A column that is taken.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub target: Target,
    /// Their name, and its place in a table.
    pub theirs: String,
    pub place: usize,
}

/// The columns of a file.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    pub all: Vec<Column>,
    ignored: Vec<String>,
}

/// Fields without which a row of an entity says nothing.
fn required(entity: Entity) -> &'static [&'static str] {
    match entity {
        Entity::Account | Entity::Owner => &["id"],
        Entity::Person | Entity::Opportunity | Entity::Task => &["id", "account"],
        Entity::Ticket => &["id", "account", "opened"],
        Entity::Touch => &["id", "account", "kind", "at"],
        Entity::Note => &["id", "account", "body", "at"],
        Entity::Usage => &["account", "metric", "day", "value"],
    }
}

/// Whether rows of an entity may have a past: several of one id, each from its day on.
fn dated(entity: Entity) -> bool {
    !dated_fields(entity).is_empty()
}

/// Everything that a column can fill.
fn targets(entity: Entity) -> Vec<Target> {
    let mut all = Vec::new();
    if entity != Entity::Usage {
        all.push(Target::Id);
    }
    if !matches!(entity, Entity::Account | Entity::Owner) {
        all.push(Target::Account);
    }
    if matches!(entity, Entity::Touch | Entity::Note | Entity::Task | Entity::Ticket | Entity::Opportunity) {
        all.push(Target::People);
    }
    if dated(entity) {
        all.extend([Target::On, Target::Known]);
    }
    all.extend(fields(entity).iter().map(Target::Field));
    all
}

fn names(entity: Entity) -> String {
    targets(entity).into_iter().map(Target::name).collect::<Vec<_>>().join(", ")
}

/// Refuses a `--map` of a field that there is not, before any file is opened.
pub(super) fn known(entity: Entity, map: &[(String, String)]) -> Result<(), String> {
    for (at, (ours, theirs)) in map.iter().enumerate() {
        if !targets(entity).iter().any(|target| target.name() == ours) {
            return Err(format!(
                "--map {ours}={theirs}: {} {} has no field {ours:?}; there are: {}",
                if entity.name().starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" },
                entity.name(),
                names(entity)
            ));
        }
        if let Some((_, other)) = map[..at].iter().find(|(name, _)| name == ours) {
            return Err(format!("--map {ours}={theirs}: {ours} is filled from {other:?} already"));
        }
    }
    Ok(())
}

/// Names are compared without case, and blanks and hyphens count as underscores.
fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

/// Whether a column is called as the field that it fills.
pub(super) fn same(theirs: &str, ours: &str) -> bool {
    plain(theirs) == ours
}

impl Columns {
    /// The columns of a file with these names.
    pub fn of(entity: Entity, map: &[(String, String)], heads: &[String]) -> Result<Self, Vec<String>> {
        let mut wrong = Vec::new();
        let mut taken = vec![false; heads.len()];
        let mut all = Vec::new();
        let listed = || heads.iter().map(|head| format!("{head:?}")).collect::<Vec<_>>().join(", ");
        for target in targets(entity) {
            let said = map.iter().find(|(ours, _)| ours == target.name()).map(|(_, theirs)| theirs);
            let place = match said {
                Some(theirs) => heads
                    .iter()
                    .position(|head| head == theirs.trim())
                    .or_else(|| heads.iter().position(|head| plain(head) == plain(theirs))),
                None => heads.iter().position(|head| plain(head) == target.name()),
            };
            match (place, said) {
                (Some(place), _) => {
                    taken[place] = true;
                    all.push(Column { target, theirs: heads[place].clone(), place });
                }
                (None, Some(theirs)) => {
                    wrong.push(format!("there is no column {theirs:?} for {}; there are: {}", target.name(), listed()));
                }
                (None, None) => {}
            }
        }
        for name in required(entity) {
            let missing = !all.iter().any(|column: &Column| column.target.name() == *name);
            if missing && !map.iter().any(|(ours, _)| ours == name) {
                wrong.push(format!("no column is {name}: say --map {name}=COLUMN; the columns are {}", listed()));
            }
        }
        let mut seen = std::collections::HashSet::new();
        for head in heads.iter().filter(|head| !head.is_empty() && !seen.insert(plain(head))) {
            wrong.push(format!("two columns are called {head:?}: nobody can say which is meant"));
        }
        if all.iter().any(|column| matches!(column.target, Target::Known))
            && !all.iter().any(|column| matches!(column.target, Target::On))
        {
            wrong.push("a column known needs a column on: the day from which the row holds".to_owned());
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let ignored = heads.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(head, _)| head.clone()).collect();
        Ok(Self { all, ignored })
    }

    /// (our field, their column), in our order.
    pub fn mapped(&self) -> Vec<(String, String)> {
        self.all.iter().map(|column| (column.target.name().to_owned(), column.theirs.clone())).collect()
    }

    /// Columns that fill nothing.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }
}

/// What may stand in a cell, in words.
pub(super) fn allowed(target: Target) -> &'static str {
    let kind = match target {
        Target::On | Target::Known => Kind::Day,
        Target::People => Kind::List,
        Target::Id | Target::Account => Kind::Text,
        Target::Field(field) => field.kind,
    };
    match kind {
        Kind::Text => "a text",
        Kind::Bool => "true or false, yes or no, 1 or 0",
        Kind::Number => "a number in plain digits, as in 240 or 0.75",
        Kind::Money => "an amount in plain digits, as in 412000 or 412000.50",
        Kind::Day => "a day, as in 2026-11-22",
        Kind::Instant => "a day or a moment, as in 2026-11-22 or 2026-11-22T14:00:00Z",
        Kind::List => "texts with ; between them",
    }
}

/// Texts of which only some are known.
pub(super) fn words(entity: Entity, field: &str) -> &'static [&'static str] {
    match (entity, field) {
        (Entity::Touch, "kind") => &["meeting", "call", "mail"],
        (Entity::Touch, "direction") => &["in", "out"],
        (Entity::Account, "invoice_state") => &["paid", "open", "overdue"],
        (Entity::Opportunity, "kind") => &["new", "renewal", "upsell"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn columns_are_found_by_name_and_by_map() {
        let map = [("arr".to_owned(), "Annual revenue".to_owned()), ("id".to_owned(), "domain".to_owned())];
        let columns = Columns::of(
            Entity::Account,
            &map,
            &heads(&["Domain", "annual revenue", "Renewal date", "on", "shoe size"]),
        )
        .unwrap();
        let mapped: Vec<_> = columns.mapped();
        let of = |ours: &str| mapped.iter().find(|(name, _)| name == ours).map(|(_, theirs)| theirs.as_str());
        assert_eq!((of("id"), of("domain")), (Some("Domain"), Some("Domain")), "one column may fill two fields");
        assert_eq!(
            (of("arr"), of("renewal_date"), of("on")),
            (Some("annual revenue"), Some("Renewal date"), Some("on"))
        );
        assert_eq!(columns.ignored(), ["shoe size"]);
    }

    #[test]
    fn what_is_missing_or_unknown_is_said_with_what_there_is() {
        let error = known(Entity::Account, &[("revenue".into(), "x".into())]).unwrap_err();
        assert!(error.contains("an account has no field \"revenue\"") && error.contains("arr, cost"), "{error}");
        assert!(known(Entity::Ticket, &[("on".into(), "x".into())]).is_ok());
        assert!(known(Entity::Touch, &[("on".into(), "x".into())]).is_err(), "a touch has its own moment");
        let wrong =
            Columns::of(Entity::Usage, &[("day".into(), "date".into())], &heads(&["account", "value"])).unwrap_err();
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(
            wrong[0].contains("no column \"date\" for day") && wrong[1].contains("--map metric=COLUMN"),
            "{wrong:?}"
        );
        assert!(
            Columns::of(Entity::Account, &[], &heads(&["id", "known"])).unwrap_err()[0].contains("needs a column on")
        );
        assert!(Columns::of(Entity::Account, &[], &heads(&["id", "ID"])).unwrap_err()[0].contains("two columns"));
    }
}
