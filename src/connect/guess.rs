//! Which of a company's own fields is likely the yearly money, the renewal, the segment, the manager or a person's role.
//!
//! Decides by the words of names and labels alone, and orders; a person confirms. It reads no values and maps nothing.

use super::types::DescribedField;
use crate::book::row::Entity;

/// What is looked for: the fields of ours without which a book says little, and which no two companies name alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What the customer pays a year.
    Arr,
    /// When the contract ends.
    Renewal,
    /// Its kind of customer.
    Segment,
    /// The customer success manager.
    Manager,
    /// What a person decides.
    Roles,
    /// Who speaks for us.
    Champion,
}

/// A field that may be the one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its name there.
    pub name: String,
    /// What people see.
    pub label: Option<String>,
    /// It holds a month's worth: twelve of it are a year's.
    pub monthly: bool,
    /// How well it fits; only good for an order.
    pub score: u32,
}

/// What speaks for a field, and what says that it means something else. A word that ends in `*` may go on.
struct Rule {
    says: &'static [(&'static str, u32)],
    not: &'static [&'static str],
}

impl Wanted {
    /// All of them, in the order of asking.
    pub const ALL: [Self; 6] = [Self::Arr, Self::Renewal, Self::Segment, Self::Manager, Self::Roles, Self::Champion];

    /// The records and the field of ours that it fills.
    pub fn field(self) -> (Entity, &'static str) {
        match self {
            Self::Arr => (Entity::Account, "arr"),
            Self::Renewal => (Entity::Account, "renewal_date"),
            Self::Segment => (Entity::Account, "segment"),
            Self::Manager => (Entity::Account, "owner"),
            Self::Roles => (Entity::Person, "roles"),
            Self::Champion => (Entity::Person, "champion"),
        }
    }

    /// How people call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Arr => "what the customer pays a year (ARR)",
            Self::Renewal => "the day the contract ends or renews",
            Self::Segment => "the customer's segment",
            Self::Manager => "the customer success manager",
            Self::Roles => "a person's role in the decision (buyer, influencer, user)",
            Self::Champion => "whether a person is your champion",
        }
    }

    fn rule(self) -> Rule {
        match self {
            Self::Arr => Rule {
                says: &[
                    ("annual recurring", 9),
                    ("arr", 9),
                    ("annual contract value", 8),
                    ("acv", 8),
                    ("yearly recurring", 8),
                    ("recurring revenue", 6),
                    ("annual subscription", 6),
                    ("annuali*ed", 5),
                    ("mrr", 5),
                    ("monthly recurring", 5),
                    ("contract value", 3),
                    ("subscription value", 3),
                    ("subscription amount", 3),
                ],
                not: &[
                    "date",
                    "currency",
                    "percent*",
                    "pct",
                    "change*",
                    "growth",
                    "delta",
                    "previous",
                    "prior",
                    "last",
                    "forecast*",
                    "target",
                    "goal",
                    "churn*",
                    "lost",
                    "expansion",
                    "upsell",
                    "potential",
                    "pipeline",
                    "band",
                    "range",
                    "bucket",
                    "count",
                    "type",
                    "status",
                    "owner",
                    "risk",
                    "total contract",
                    "tcv",
                ],
            },
            Self::Renewal => Rule {
                says: &[
                    ("renewal date", 9),
                    ("next renewal", 9),
                    ("renew* on", 9),
                    ("renew* date", 9),
                    ("contract end*", 8),
                    ("contractend*", 8),
                    ("end of contract", 8),
                    ("contract expir*", 8),
                    ("subscription end*", 8),
                    ("subscription expir*", 8),
                    ("subscription renew*", 8),
                    ("term end*", 7),
                    ("end of term", 7),
                    ("period end", 6),
                    ("expiration date", 5),
                    ("expiry date", 5),
                    ("renew*", 4),
                ],
                not: &[
                    "status",
                    "stage",
                    "owner",
                    "amount",
                    "risk",
                    "likelihood",
                    "probability",
                    "type",
                    "note*",
                    "count",
                    "price",
                    "notice",
                    "length",
                    "auto*",
                    "rate",
                    "score",
                    "forecast*",
                    "start*",
                    "reminder",
                    "percent*",
                    "value",
                    "arr",
                    "quote*",
                    "trial",
                    "previous",
                    "last",
                    "card",
                    "certificate",
                    "domain",
                    "password",
                    "manager",
                    "reason",
                ],
            },
            Self::Segment => Rule {
                says: &[
                    ("customer segment", 9),
                    ("account segment", 9),
                    ("segment*", 8),
                    ("customer tier", 8),
                    ("account tier", 8),
                    ("tier", 6),
                    ("customer size", 5),
                    ("company size", 4),
                ],
                not: &[
                    "date", "score", "owner", "count", "file", "deal", "email*", "support", "list", "source",
                    "previous", "last", "price", "pricing", "number", "id",
                ],
            },
            Self::Manager => Rule {
                says: &[
                    ("csm", 9),
                    ("success manager", 9),
                    ("success owner", 9),
                    ("cs owner", 8),
                    ("cs manager", 8),
                    ("success rep*", 7),
                    ("customer success", 4),
                    ("account manager", 4),
                ],
                not: &[
                    "date",
                    "note*",
                    "score",
                    "sentiment",
                    "pulse",
                    "comment*",
                    "last",
                    "next",
                    "health",
                    "team",
                    "status",
                    "count",
                    "activity",
                    "touch",
                    "rating",
                    "plan",
                    "previous",
                    "former",
                    "stage",
                    "tier",
                ],
            },
            Self::Roles => Rule {
                says: &[
                    ("buying role", 9),
                    ("decision role", 8),
                    ("contact role", 8),
                    ("stakeholder*", 7),
                    ("persona", 6),
                    ("decision maker", 5),
                    ("role*", 4),
                ],
                not: &[
                    "job",
                    "employment",
                    "permission*",
                    "security",
                    "user role",
                    "date",
                    "count",
                    "previous",
                    "last",
                    "score",
                    "email*",
                ],
            },
            Self::Champion => Rule {
                says: &[("champion", 9)],
                not: &["date", "since", "previous", "former", "name", "email*", "count", "score", "left", "note*"],
            },
        }
    }
}

/// The fields that may be the wanted one, best first.
pub fn candidates(wanted: Wanted, fields: &[DescribedField]) -> Vec<Candidate> {
    let rule = wanted.rule();
    let mut found: Vec<Candidate> = fields
        .iter()
        .filter_map(|field| {
            let texts = [words(&field.name), words(field.label.as_deref().unwrap_or_default())];
            if rule.not.iter().any(|phrase| texts.iter().any(|text| says(text, phrase))) {
                return None;
            }
            let scores = texts.iter().map(|text| {
                rule.says.iter().filter(|(phrase, _)| says(text, phrase)).map(|(_, score)| *score).max().unwrap_or(0)
            });
            // The better of name and label decides; that both say so is worth a little.
            let scores: Vec<u32> = scores.collect();
            let best = scores.iter().copied().max().filter(|best| *best > 0)?;
            let both = u32::from(scores.iter().all(|score| *score > 0));
            let monthly = wanted == Wanted::Arr && texts.iter().any(|text| says(text, "mrr") || says(text, "monthly"));
            Some(Candidate { name: field.name.clone(), label: field.label.clone(), monthly, score: best * 2 + both })
        })
        .collect();
    found.sort_by(|a, b| b.score.cmp(&a.score).then(a.name.len().cmp(&b.name.len())).then_with(|| a.name.cmp(&b.name)));
    found
}

/// The words of a name or label, in lower case: `contractEnd`, `Contract_End__c` and `Contract end` are alike.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut lower = false;
    for c in text.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower) {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        lower = c.is_lowercase() || c.is_numeric();
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Whether the words of a phrase stand side by side.
fn says(text: &[String], phrase: &str) -> bool {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    text.windows(phrase.len()).any(|part| part.iter().zip(&phrase).all(|(word, wanted)| fits(word, wanted)))
}

/// `*` stands for any ending, or for one letter in the middle.
fn fits(word: &str, wanted: &str) -> bool {
    match wanted.split_once('*') {
        None => word == wanted,
        Some((begin, "")) => word.starts_with(begin),
        Some((begin, end)) => word.len() == wanted.len() && word.starts_with(begin) && word.ends_with(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(list: &[(&str, &str)]) -> Vec<DescribedField> {
        let label = |label: &str| (!label.is_empty()).then(|| label.to_owned());
        list.iter().map(|(name, text)| DescribedField { name: (*name).to_owned(), label: label(text) }).collect()
    }

    fn found(wanted: Wanted, list: &[(&str, &str)]) -> Vec<String> {
        candidates(wanted, &fields(list)).into_iter().map(|one| one.name).collect()
    }

    #[test]
    fn yearly_money_is_not_the_customers_own_turnover() {
        let list = [
            ("annualrevenue", "Annual revenue"),
            ("AnnualRevenue", "Annual Revenue"),
            ("total_revenue", "Total revenue"),
            ("arrival_date", "Arrival date"),
            ("arr_growth", "ARR growth"),
            ("arr_date", "ARR date"),
            ("arr_band", "ARR band"),
            ("contract_value", "Contract value"),
            ("mrr", "MRR"),
            ("ACV__c", "ACV"),
            ("annual_recurring_revenue", "Annual recurring revenue"),
        ];
        assert_eq!(
            found(Wanted::Arr, &list),
            ["annual_recurring_revenue", "ACV__c", "mrr", "contract_value"],
            "{:?}",
            candidates(Wanted::Arr, &fields(&list))
        );
        let monthly = |name: &str| candidates(Wanted::Arr, &fields(&list)).iter().any(|c| c.name == name && c.monthly);
        assert!(monthly("mrr") && !monthly("ACV__c") && !monthly("annual_recurring_revenue"));
    }

    #[test]
    fn a_renewal_is_a_day_and_neither_its_risk_nor_its_owner() {
        let list = [
            ("renewal_risk", "Renewal risk"),
            ("renewal_owner", "Renewal owner"),
            ("renewal_amount", ""),
            ("contract_start", "Contract start"),
            ("last_renewal_date", "Last renewal date"),
            ("auto_renewal", "Auto-renewal"),
            ("trial_end", "Trial end"),
            ("renewal", ""),
            ("contract_end", "Contract end (renewal)"),
            ("ContractEndDate", ""),
            ("subscriptionExpiresAt", ""),
            ("RenewalDate__c", "Renewal Date"),
        ];
        assert_eq!(
            found(Wanted::Renewal, &list),
            ["RenewalDate__c", "contract_end", "ContractEndDate", "subscriptionExpiresAt", "renewal"]
        );
    }

    #[test]
    fn segment_manager_and_roles_are_found_by_name_or_label() {
        let segments = [
            ("customer_segment", "Customer segment"),
            ("cf_17", "Tier"),
            ("support_tier", "Support tier"),
            ("segment_date", ""),
            ("numberofemployees", "Number of employees"),
            ("company_size", "Company size"),
        ];
        assert_eq!(found(Wanted::Segment, &segments), ["customer_segment", "cf_17", "company_size"]);
        let managers = [
            ("hubspot_owner_id", "Company owner"),
            ("csm_sentiment", "CSM sentiment"),
            ("csm_notes", "CSM notes"),
            ("last_csm_touch", "Last CSM touch"),
            ("account_manager", "Account manager"),
            ("customerSuccessManager", ""),
            ("csm", "CSM"),
        ];
        assert_eq!(found(Wanted::Manager, &managers), ["csm", "customerSuccessManager", "account_manager"]);
        let roles = [
            ("job_role", "Job role"),
            ("hs_role", "Employment Role"),
            ("hs_buying_role", "Buying Role"),
            ("persona", "Persona"),
            ("is_champion", "Champion"),
            ("champion_since", "Champion since"),
        ];
        assert_eq!(found(Wanted::Roles, &roles), ["hs_buying_role", "persona"]);
        assert_eq!(found(Wanted::Champion, &roles), ["is_champion"]);
    }

    #[test]
    fn every_wanted_field_is_one_of_ours() {
        for wanted in Wanted::ALL {
            let (entity, field) = wanted.field();
            assert!(crate::book::row::fields(entity).iter().any(|known| known.name == field), "{field}");
        }
    }
}
