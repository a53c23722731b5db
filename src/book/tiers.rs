//! Which tier a person belongs to: by hand, else by the CRM's roles, else by the words of the title.
//!
//! Decides nothing by itself: both tables stand in `health.toml`. Must not guess: no role and no known word is no tier.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::book::facts::{Person, Tier};

/// How roles and titles become tiers, and which tiers an account should have.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierRules {
    /// Tiers that every account should have.
    pub expected: Vec<Tier>,
    /// Other expectations for single segments.
    #[serde(default)]
    pub segment: BTreeMap<String, Vec<Tier>>,
    /// The CRM's role, lower case, to a tier.
    pub roles: BTreeMap<String, Tier>,
    /// Words of titles; the first line that fits decides.
    pub titles: Vec<TitleRule>,
}

/// One line of title words.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TitleRule {
    pub tier: Tier,
    /// Whole words or phrases, lower case.
    pub words: Vec<String>,
}

impl TierRules {
    /// The tiers that an account of this segment should have.
    pub fn expected(&self, segment: Option<&str>) -> &[Tier] {
        segment
            .and_then(|name| self.segment.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)))
            .map_or(&self.expected, |(_, tiers)| tiers)
    }
}

/// The tier of a person on a day: what was said by hand by then, else the usual one.
pub fn tier_of(person: &Person, rules: &TierRules, day: Date) -> Option<Tier> {
    person.tier.at(day).copied().or_else(|| usual_tier(person, rules))
}

/// The tier by roles, else by title, of which no source says since when; of several roles the one that decides most.
pub fn usual_tier(person: &Person, rules: &TierRules) -> Option<Tier> {
    let by_role = person.roles.iter().filter_map(|role| rules.roles.get(&role.trim().to_lowercase())).min().copied();
    by_role.or_else(|| by_title(person.title.as_deref()?, rules))
}

fn by_title(title: &str, rules: &TierRules) -> Option<Tier> {
    let mut plain = String::with_capacity(title.len() + 2);
    plain.push(' ');
    for c in title.chars().flat_map(char::to_lowercase) {
        let c = if c.is_alphanumeric() { c } else { ' ' };
        if c != ' ' || !plain.ends_with(' ') {
            plain.push(c);
        }
    }
    if !plain.ends_with(' ') {
        plain.push(' ');
    }
    let holds = |word: &String| {
        plain
            .match_indices(word.as_str())
            .any(|(at, found)| plain[..at].ends_with(' ') && plain[at + found.len()..].starts_with(' '))
    };
    rules.titles.iter().find(|rule| rule.words.iter().any(holds)).map(|rule| rule.tier)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::model::Model;

    fn person(title: &str, roles: &[&str]) -> Person {
        Person {
            id: "crm:1".into(),
            name: "Jane Doe".into(),
            title: Some(title.to_owned()),
            email: None,
            phone: None,
            roles: roles.iter().map(|&role| role.to_owned()).collect(),
            created: None,
            champion: Default::default(),
            left: Default::default(),
            tier: Default::default(),
        }
    }

    #[test]
    fn roles_go_before_titles_and_words_are_whole() {
        let model = Model::built_in_for_tests();
        for (title, roles, tier) in [
            ("VP Operations", &[][..], Some(Tier::Buyer)),
            ("Chief Financial Officer", &[], Some(Tier::Buyer)),
            ("Head of Engineering", &[], Some(Tier::Influencer)),
            ("Platform Engineer", &[], Some(Tier::Builder)),
            ("Supply planner", &[], Some(Tier::User)),
            ("VP Operations", &["END_USER"], Some(Tier::User)),
            ("Analyst", &["INFLUENCER", "BUDGET_HOLDER"], Some(Tier::Buyer)),
            ("Scoop", &[], None),
        ] {
            assert_eq!(usual_tier(&person(title, roles), &model.tiers), tier, "{title} {roles:?}");
        }
    }

    #[test]
    fn the_hand_goes_before_both_from_its_day_on() {
        let model = Model::built_in_for_tests();
        let day = |n| Date::constant(2026, 11, n);
        let mut sam = person("VP Operations", &["END_USER"]);
        sam.tier.push(day(20), day(22), Some(Tier::Builder));
        assert_eq!(tier_of(&sam, &model.tiers, day(19)), Some(Tier::User));
        assert_eq!(tier_of(&sam, &model.tiers, day(20)), Some(Tier::Builder));
    }
}
