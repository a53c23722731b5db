//! The two files of a model as they are written: parsing, checking, hashing.
//!
//! Decides what is an error (the file cannot be read) and what is a fault (it can, but makes no sense).

use serde::Deserialize;

use super::{
    Bands, Cadence, Case, Curve, Gates, Group, Input, MAX_GROUPS, MAX_MEASURES, Measure, Model, Order, TierRules,
};
use crate::book::flags::Rule;
use crate::book::plays::Play;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HealthFile {
    bands: Bands,
    gates: Gates,
    cadence: Cadence,
    tiers: TierRules,
    order: Order,
    group: Vec<Group>,
    measure: Vec<MeasureFile>,
    #[serde(default)]
    flag: Vec<Rule>,
}

// Curve and steps stand side by side, since serde cannot flatten and refuse unknown keys at once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasureFile {
    id: String,
    label: String,
    group: String,
    input: Input,
    weight: f64,
    validity: Option<f64>,
    curve: Option<Vec<[f64; 2]>>,
    steps: Option<Vec<[f64; 2]>>,
    #[serde(default)]
    by: Vec<CaseFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    #[serde(default)]
    segment: Vec<String>,
    months: Option<[f64; 2]>,
    curve: Option<Vec<[f64; 2]>>,
    steps: Option<Vec<[f64; 2]>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaysFile {
    #[serde(default)]
    play: Vec<Play>,
}

fn shape(id: &str, curve: Option<Vec<[f64; 2]>>, steps: Option<Vec<[f64; 2]>>) -> Result<Curve, String> {
    match (curve, steps) {
        (Some(points), None) => Ok(Curve::Curve(points)),
        (None, Some(points)) => Ok(Curve::Steps(points)),
        _ => Err(format!("health.toml: measure {id:?} needs either `curve` or `steps`, and not both")),
    }
}

impl MeasureFile {
    fn measure(self, groups: &[Group]) -> Result<Measure, String> {
        let group = groups.iter().position(|group| group.id == self.group).ok_or_else(|| {
            let known: Vec<_> = groups.iter().map(|group| group.id.as_str()).collect();
            format!(
                "health.toml: measure {:?} names the group {:?}; there are: {}",
                self.id,
                self.group,
                known.join(", ")
            )
        })?;
        let case = |case: CaseFile| {
            let shape = shape(&self.id, case.curve, case.steps)?;
            Ok(Case { segment: case.segment, months: case.months, shape })
        };
        Ok(Measure {
            curve: shape(&self.id, self.curve, self.steps)?,
            by: self.by.into_iter().map(case).collect::<Result<_, String>>()?,
            id: self.id,
            label: self.label,
            group,
            input: self.input,
            weight: self.weight,
            validity: self.validity,
        })
    }
}

impl Model {
    /// Reads both files. The error names the file and, where it can, the line; [`Model::check`] has the finer faults.
    pub fn parse(health_toml: &str, plays_toml: &str) -> Result<Self, String> {
        let health: HealthFile = toml::from_str(health_toml).map_err(|e| mistake("health.toml", health_toml, &e))?;
        let plays: PlaysFile = toml::from_str(plays_toml).map_err(|e| mistake("plays.toml", plays_toml, &e))?;
        if health.group.len() > MAX_GROUPS || health.measure.len() > MAX_MEASURES {
            return Err(format!("health.toml: at most {MAX_GROUPS} groups and {MAX_MEASURES} measures are possible"));
        }
        let measures = health.measure.into_iter().map(|one| one.measure(&health.group)).collect::<Result<_, _>>()?;
        Ok(Self {
            groups: health.group,
            measures,
            gates: health.gates,
            bands: health.bands,
            cadence: health.cadence,
            tiers: health.tiers,
            order: health.order,
            flags: health.flag,
            plays: plays.play,
            hash: hash_of(&[health_toml, plays_toml]),
        })
    }

    /// What makes no sense in it, one sentence each, with what is allowed; empty when all is well.
    pub fn check(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let positive = |n: f64| n.is_finite() && n > 0.0;
        for group in &self.groups {
            if !positive(group.weight) {
                faults.push(format!("group {:?}: weight {} must be above 0", group.id, group.weight));
            }
        }
        for measure in &self.measures {
            let id = &measure.id;
            if !positive(measure.weight) {
                faults.push(format!("measure {id:?}: weight {} must be above 0", measure.weight));
            }
            if measure.validity.is_some_and(|days| !positive(days)) {
                faults.push(format!("measure {id:?}: validity must be above 0 days"));
            }
            let curves = std::iter::once(&measure.curve).chain(measure.by.iter().map(|case| &case.shape));
            faults.extend(curves.filter_map(Curve::fault).map(|fault| format!("measure {id:?}: its curve {fault}")));
            if measure.by.iter().any(|case| case.months.is_some_and(|[from, to]| from >= to)) {
                faults.push(format!("measure {id:?}: `months` is [from, to) with from before to"));
            }
        }
        faults.extend(twice("group", self.groups.iter().map(|group| group.id.as_str())));
        faults.extend(twice("measure", self.measures.iter().map(|measure| measure.id.as_str())));
        faults.extend(twice("play", self.plays.iter().map(|play| play.id.as_str())));
        for group in [&self.gates.outcomes.group, &self.gates.weakest_tier.group] {
            if !self.groups.iter().any(|one| &one.id == group) {
                faults.push(format!("gates: there is no group {group:?}"));
            }
        }
        let bands = &self.bands;
        let order = [0.0, bands.at_risk, bands.at_risk_kept, bands.healthy_kept, bands.healthy, 100.0];
        if !order.is_sorted() {
            faults.push("bands: at_risk ≤ at_risk_kept ≤ healthy_kept ≤ healthy, all of 0 to 100".into());
        }
        let Cadence { buyer, influencer, user, builder } = self.cadence;
        if ![buyer, influencer, user, builder].into_iter().all(positive) {
            faults.push("cadence: days must be above 0".into());
        }
        if !positive(self.order.width) || self.order.near_days >= self.order.far_days {
            faults.push("order: width must be above 0, and near_days below far_days".into());
        }
        faults.extend(self.flags.iter().flat_map(|rule| rule.faults()));
        faults.extend(self.plays.iter().flat_map(|play| play.faults(&self.flags)));
        faults
    }
}

/// `health.toml:12: unknown field ...`.
fn mistake(file: &str, text: &str, error: &toml::de::Error) -> String {
    let at = error.span().map_or(0, |span| span.start);
    let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    format!("{file}:{line}: {}", error.message().replace('\n', " "))
}

fn twice<'a>(what: &str, ids: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut seen = std::collections::BTreeSet::new();
    let mut ids = ids;
    ids.find(|id| !seen.insert(*id)).map(|id| format!("{what} {id:?} stands twice"))
}

/// FNV-1a over the parsed tables: the same on every machine, and blind to comments and layout.
fn hash_of(files: &[&str]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for file in files {
        let plain = file.parse::<toml::Table>().map_or_else(|_| (*file).to_owned(), |table| table.to_string());
        for byte in plain.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEALTH: &str = include_str!("../../config/health.toml");
    const PLAYS: &str = include_str!("../../config/plays.toml");

    #[test]
    fn the_shipped_model_has_no_fault() {
        let model = Model::built_in_for_tests();
        assert_eq!(model.check(), Vec::<String>::new());
        let weights: Vec<_> = model.groups.iter().map(|group| group.weight).collect();
        assert_eq!(weights, [40.0, 30.0, 20.0, 10.0]);
        assert!(model.plays.len() >= 14);
    }

    #[test]
    fn the_hash_sees_content_and_not_comments() {
        let model = Model::built_in_for_tests();
        let commented = Model::parse(&format!("# mine\n{HEALTH}"), PLAYS).unwrap();
        assert_eq!(model.hash(), commented.hash());
        let other = Model::parse(&HEALTH.replacen("at_risk = 50", "at_risk = 49", 1), PLAYS).unwrap();
        assert_ne!(model.hash(), other.hash());
    }

    #[test]
    fn an_unknown_input_is_answered_with_the_known_ones() {
        let error = Model::parse(&HEALTH.replacen("usage.breadth", "usage.width", 1), PLAYS).unwrap_err();
        assert!(error.contains("usage.width") && error.contains("usage.breadth"), "{error}");
        let error = Model::parse(&HEALTH.replacen("validity = 365", "valid = 365", 1), PLAYS).unwrap_err();
        assert!(error.contains("valid"), "{error}");
    }

    #[test]
    fn faults_are_listed_together() {
        let mut model = Model::built_in_for_tests();
        model.measures[0].weight = 0.0;
        model.measures[1].curve = Curve::Curve(vec![[2.0, 1.0], [1.0, 1.0]]);
        model.bands.at_risk = 90.0;
        let id = model.measures[0].id.clone();
        model.measures[2].id = id;
        assert_eq!(model.check().len(), 4, "{:?}", model.check());
    }
}
