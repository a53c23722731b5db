//! What does not work when a token may not read a kind of record, in the words of whoever misses it.
//!
//! Decides words only.

use crate::book::row::Entity;

/// `without tickets: no flags of escalation, no open tickets`
pub fn means(entity: Entity, stream: &str) -> String {
    let (what, missing) = match entity {
        Entity::Owner => ("colleagues", "accounts belong to numbers instead of names, and your own book can't be told"),
        Entity::Account => ("accounts", "there is no book: nothing else can be shown"),
        Entity::Person => {
            ("people", "no champions, no empty seats, no flags of a silent or lost buyer, and @ completes nobody")
        }
        Entity::Opportunity => {
            ("deals", "no renewal forecast, no expansion, no win/loss; renewals only from the account's own date")
        }
        Entity::Ticket => ("tickets", "no flags of escalation, no open tickets"),
        Entity::Touch => {
            return format!(
                "without {}: the last touch looks older than it was, and buyers look silent",
                plural(stream)
            );
        }
        Entity::Note => ("notes", "what colleagues wrote is not read, and no fact of it counts"),
        Entity::Task => ("tasks", "open tasks of the CRM are not shown"),
        Entity::Usage => ("usage", "no usage trend, no unused licences, no use of features"),
    };
    format!("without {what}: {missing}")
}

fn plural(stream: &str) -> String {
    if stream.ends_with('s') { stream.to_owned() } else { format!("{stream}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_for_every_kind_what_is_missing() {
        assert_eq!(means(Entity::Ticket, "ticket"), "without tickets: no flags of escalation, no open tickets");
        assert!(means(Entity::Touch, "meeting").starts_with("without meetings: "));
        for entity in Entity::ALL {
            let says = means(entity, entity.name());
            assert!(says.starts_with("without ") && says.contains(": "), "{says}");
        }
    }
}
