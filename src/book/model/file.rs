//! The two files of a model as they are written: parsing, checking, hashing.
//!
//! Decides what is an error (the file cannot be read) and what is a fault (it can, but makes no sense).

use serde::Deserialize;

use super::curve::Given;
use super::{
    Bands, Cadence, CapRule, Case, Curve, Gates, Group, Input, MAX_GROUPS, MAX_MEASURES, Measure, Model, Order,
    Override, TierRules, overrides,
};
use crate::book::fill;
use crate::book::flags::RuleFile;
use crate::book::loyalty::pyramid::{Group as Climbers, Rules as PyramidRules};
use crate::book::plays::PlayFile;
use crate::book::query::{self, Expr, Leaf, Needs, Num, Template, Vocabulary};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HealthFile {
    bands: Bands,
    #[serde(default)]
    gates: Gates,
    #[serde(default)]
    gate: Vec<CapFile>,
    #[serde(default)]
    score: ScoreFile,
    cadence: Cadence,
    tiers: TierRules,
    #[serde(default)]
    pyramid: PyramidRules,
    order: Order,
    group: Vec<Group>,
    measure: Vec<MeasureFile>,
    #[serde(default)]
    flag: Vec<RuleFile>,
    #[serde(default, rename = "override")]
    overrides: Vec<toml::Table>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScoreFile {
    when: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CapFile {
    id: String,
    label: String,
    when: String,
    cap: f64,
}

// Curve and steps stand side by side, since serde cannot flatten and refuse unknown keys at once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasureFile {
    id: String,
    label: String,
    group: String,
    value: String,
    when: Option<String>,
    weight: f64,
    validity: Option<f64>,
    #[serde(default = "yes")]
    fades: bool,
    #[serde(default, deserialize_with = "fill::alternatives")]
    evidence: Vec<String>,
    missing: Option<String>,
    curve: Option<Vec<(Given, f64)>>,
    steps: Option<Vec<(Given, f64)>>,
    #[serde(default)]
    by: Vec<CaseFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    #[serde(default)]
    segment: Vec<String>,
    months: Option<[f64; 2]>,
    when: Option<String>,
    curve: Option<Vec<(Given, f64)>>,
    steps: Option<Vec<(Given, f64)>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaysFile {
    #[serde(default)]
    play: Vec<PlayFile>,
}

fn yes() -> bool {
    true
}

/// Reads the expressions of a file and collects what is wrong with them, so that all of it can be told at once.
#[derive(Debug, Default)]
pub struct Faults {
    found: Vec<String>,
    words: Vocabulary,
}

impl Faults {
    /// Something is wrong at a place: `measure "pulse": value`.
    pub fn add(&mut self, place: &str, message: impl AsRef<str>) {
        self.found.push(format!("{place}: {}", message.as_ref()));
    }

    fn wrong(&mut self, place: &str, text: &str, error: &query::QueryError) {
        self.add(place, format!("{error} (character {} of {text:?})", error.at + 1));
    }

    /// A query that may need no more than this; a broken one never holds.
    pub fn query(&mut self, place: &str, text: &str, most: Needs) -> Expr {
        let never = Expr::Any(Vec::new());
        match query::parse_known(text, &self.words) {
            Ok(parsed) if parsed.is_all() => {
                self.add(place, "is empty: it would always hold");
                never
            }
            Ok(parsed) => {
                let expr = parsed.expr();
                self.allowed(place, expr.needs(), most);
                expr
            }
            Err(error) => {
                self.wrong(place, text, &error);
                never
            }
        }
    }

    /// A number; a broken one is 0.
    pub fn number(&mut self, place: &str, text: &str, most: Needs) -> Num {
        match query::parse_number(text) {
            Ok(number) => {
                self.allowed(place, number.needs(), most);
                number
            }
            Err(error) => {
                self.wrong(place, text, &error);
                Num::Plain(0.0)
            }
        }
    }

    /// Sentences with their holes; a broken one stands as it is.
    pub fn sentences(&mut self, place: &str, texts: &[String], most: Needs) -> Vec<Template> {
        let mut out = Vec::new();
        for text in texts {
            match Template::parse(text) {
                Ok(template) => {
                    self.allowed(place, template.needs(), most);
                    out.push(template);
                }
                Err(error) => {
                    self.wrong(place, text, &error);
                    out.push(Template::plain(text));
                }
            }
        }
        out
    }

    /// What the score is made of cannot ask for the score: it would answer itself.
    fn allowed(&mut self, place: &str, needs: Needs, most: Needs) {
        if needs > most {
            let what = if needs == Needs::Flags { "flags" } else { "the score" };
            let allowed = match most {
                Needs::Facts => "facts only: no health, band, change or flag",
                Needs::Score | Needs::Flags => "facts, health, band and change: no flag",
            };
            self.add(place, format!("it asks for {what}, which is made of it; allowed are {allowed}"));
        }
    }
}

impl MeasureFile {
    fn measure(self, groups: &[Group], faults: &mut Faults) -> Result<Measure, String> {
        let group = groups.iter().position(|group| group.id == self.group).ok_or_else(|| {
            let known: Vec<_> = groups.iter().map(|group| group.id.as_str()).collect();
            format!("measure {:?}: group: there is no group {:?}; there are: {}", self.id, self.group, known.join(", "))
        })?;
        let place = |key: &str| format!("measure {:?}: {key}", self.id);
        let value = faults.number(&place("value"), &self.value, Needs::Facts);
        let unit = value.unit();
        let shape = |curve: Option<Vec<(Given, f64)>>, steps: Option<Vec<(Given, f64)>>, faults: &mut Faults| {
            let (given, key) = match (curve, steps) {
                (Some(points), None) => (points, "curve"),
                (None, Some(points)) => (points, "steps"),
                _ => {
                    faults.add(&format!("measure {:?}", self.id), "needs either `curve` or `steps`, and not both");
                    (Vec::new(), "")
                }
            };
            let points = Curve::points_of(&given, unit).unwrap_or_else(|fault| {
                faults.add(&place(key), fault);
                vec![[0.0, 0.0]]
            });
            match key {
                "curve" => Curve::Curve(points),
                "steps" => Curve::Steps(points),
                // Said already.
                _ => Curve::Steps(vec![[0.0, 0.0]]),
            }
        };
        let curve = shape(self.curve, self.steps, faults);
        let mut by = Vec::new();
        for case in self.by {
            let shape = shape(case.curve, case.steps, faults);
            let when = case.when.map(|when| faults.query(&place("when"), &when, Needs::Facts));
            by.push(Case { segment: case.segment, months: case.months, when, shape });
        }
        let when = self.when.map(|when| faults.query(&place("when"), &when, Needs::Facts));
        let evidence = faults.sentences(&place("evidence"), &self.evidence, Needs::Facts);
        let mut inputs: Vec<Input> = Vec::new();
        value.visit(&mut |leaf| {
            if let Leaf::Number(use_) = leaf {
                inputs.extend(use_.field.input());
            }
        });
        Ok(Measure {
            id: self.id,
            label: self.label,
            group,
            value,
            typed: self.value,
            inputs,
            when,
            weight: self.weight,
            validity: self.validity,
            fades: self.fades,
            evidence,
            missing: self.missing,
            curve,
            by,
        })
    }
}

impl Model {
    /// Reads both files. The error names the file and, where it can, the line; [`Model::check`] has the finer faults.
    pub fn parse(health_toml: &str, plays_toml: &str) -> Result<Self, String> {
        Self::read(health_toml, plays_toml, true)
    }

    /// As [`Model::parse`], with plays that were not written for this model: those on a flag that it does not know are
    /// never offered, and that is no mistake.
    pub fn parse_with_other_plays(health_toml: &str, plays_toml: &str) -> Result<Self, String> {
        Self::read(health_toml, plays_toml, false)
    }

    fn read(health_toml: &str, plays_toml: &str, own_plays: bool) -> Result<Self, String> {
        let mut health: HealthFile =
            toml::from_str(health_toml).map_err(|e| mistake("health.toml", health_toml, &e))?;
        let plays: PlaysFile = toml::from_str(plays_toml).map_err(|e| mistake("plays.toml", plays_toml, &e))?;
        let words = Vocabulary::of_flags(health.flag.iter().map(RuleFile::kind));
        let mut faults = Faults { found: Vec::new(), words };
        let given = std::mem::take(&mut health.overrides);
        let rules = std::mem::take(&mut health.flag);
        let mut model = Self::of_file(health, &mut faults).map_err(|fault| format!("health.toml: {fault}"))?;
        model.flags = rules.into_iter().map(|rule| rule.rule(&mut faults)).collect();
        if !own_plays {
            faults.words.flags = None;
        }
        model.plays = plays.play.into_iter().map(|play| play.play(&mut faults)).collect();
        let base = match given.is_empty() {
            true => toml::Table::new(),
            false => health_toml.parse::<toml::Table>().map_err(|e| mistake("health.toml", health_toml, &e))?,
        };
        for (at, one) in given.into_iter().enumerate() {
            let place = format!("override {}", at + 1);
            let read = overrides::merged(&base, one).and_then(|(when, merged)| {
                let file: HealthFile =
                    merged.try_into().map_err(|e: toml::de::Error| e.message().replace('\n', " "))?;
                let mut own = Faults { found: Vec::new(), words: faults.words.clone() };
                let other = Self::of_file(file, &mut own)?;
                Ok((when, other, own))
            });
            let (when, mut other, own) = match read {
                Ok(read) => read,
                Err(fault) => {
                    faults.add(&place, fault);
                    continue;
                }
            };
            let when = faults.query(&format!("{place}: when"), &when, Needs::Facts);
            other.faults = own.found;
            // What is wrong without it was said already.
            let more = other.check().into_iter().filter(|fault| !faults.found.contains(fault));
            let more: Vec<String> = more.map(|fault| format!("{place}: {fault}")).collect();
            faults.found.extend(more);
            model.overrides.push(Override { when, model: Box::new(other) });
        }
        model.faults = faults.found;
        model.hash = hash_of(&[health_toml, plays_toml]);
        model.file_hash = hash_of(&[health_toml]);
        Ok(model)
    }

    /// A model without flags, plays and overrides.
    fn of_file(health: HealthFile, faults: &mut Faults) -> Result<Self, String> {
        if health.group.len() > MAX_GROUPS || health.measure.len() > MAX_MEASURES {
            return Err(format!("at most {MAX_GROUPS} groups and {MAX_MEASURES} measures are possible"));
        }
        let groups = health.group;
        let measures = health.measure.into_iter().map(|one| one.measure(&groups, faults));
        let measures = measures.collect::<Result<_, String>>()?;
        let caps = health.gate.into_iter().map(|cap| {
            let when = faults.query(&format!("gate {:?}: when", cap.id), &cap.when, Needs::Facts);
            CapRule { id: cap.id, label: cap.label, when, cap: cap.cap }
        });
        let caps = caps.collect();
        let when = health.score.when.map(|when| faults.query("score: when", &when, Needs::Facts));
        Ok(Self {
            groups,
            measures,
            gates: health.gates,
            caps,
            bands: health.bands,
            when,
            cadence: health.cadence,
            tiers: health.tiers,
            pyramid: health.pyramid,
            order: health.order,
            flags: Vec::new(),
            plays: Vec::new(),
            overrides: Vec::new(),
            hash: String::new(),
            file_hash: String::new(),
            faults: Vec::new(),
        })
    }

    /// What makes no sense in it, one sentence each, with what is allowed; empty when all is well.
    pub fn check(&self) -> Vec<String> {
        let mut faults = self.faults.clone();
        let positive = |n: f64| n.is_finite() && n > 0.0;
        for group in &self.groups {
            if !positive(group.weight) {
                faults.push(format!("group {:?}: weight: {} must be above 0", group.id, group.weight));
            }
        }
        for measure in &self.measures {
            let id = &measure.id;
            if !(measure.weight.is_finite() && measure.weight >= 0.0) {
                faults
                    .push(format!("measure {id:?}: weight: {} must be 0 (it does not count) or above", measure.weight));
            }
            if measure.validity.is_some_and(|days| !positive(days)) {
                faults.push(format!("measure {id:?}: validity: must be above 0 days"));
            }
            let curves = std::iter::once(&measure.curve).chain(measure.by.iter().map(|case| &case.shape));
            faults.extend(curves.filter_map(Curve::fault).map(|fault| format!("measure {id:?}: its curve {fault}")));
            if measure.by.iter().any(|case| case.months.is_some_and(|[from, to]| from >= to)) {
                faults.push(format!("measure {id:?}: months: is [from, to) with from before to"));
            }
        }
        faults.extend(twice("group", self.groups.iter().map(|group| group.id.as_str())));
        faults.extend(twice("measure", self.measures.iter().map(|measure| measure.id.as_str())));
        faults.extend(twice("gate", self.caps.iter().map(|cap| cap.id.as_str())));
        faults.extend(twice("play", self.plays.iter().map(|play| play.id.as_str())));
        let outcomes = self.gates.outcomes.iter().map(|gate| &gate.group);
        for group in outcomes.chain(self.gates.weakest_tier.iter().map(|gate| &gate.group)) {
            if !self.groups.iter().any(|one| &one.id == group) {
                faults.push(format!("gates: there is no group {group:?}"));
            }
        }
        if self.gates.no_outcomes.is_some() && self.gates.outcomes.is_none() {
            faults.push("gates: no_outcomes needs `outcomes`, which says which group they are".into());
        }
        for cap in self.caps.iter().filter(|cap| !(0.0..=100.0).contains(&cap.cap)) {
            faults.push(format!("gate {:?}: cap: {} must be 0 to 100", cap.id, cap.cap));
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
        let pyramid = &self.pyramid;
        if !(0.0..=1.0).contains(&pyramid.share) || !(0.0..=1.0).contains(&pyramid.live) || !positive(pyramid.lasts) {
            faults.push("pyramid: share and live must be 0 to 1, and lasts above 0 days".into());
        }
        let clocks: Vec<&str> = Climbers::ALL.into_iter().flat_map(Climbers::clocks).map(|(id, _)| id).collect();
        let named = pyramid.targets.keys().chain(pyramid.segment.values().flat_map(|targets| targets.keys()));
        for unknown in named.filter(|name| !clocks.contains(&name.as_str())) {
            faults.push(format!("pyramid: there is no clock {unknown:?}; there are: {}", clocks.join(", ")));
        }
        if !positive(self.order.width) || self.order.near_days >= self.order.far_days {
            faults.push("order: width must be above 0, and near_days below far_days".into());
        }
        faults.extend(self.flags.iter().flat_map(|rule| rule.faults()));
        faults.extend(self.plays.iter().flat_map(|play| play.faults()));
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
        assert!(model.plays.len() >= 25);
    }

    #[test]
    fn the_examples_have_no_fault_and_speak() {
        use crate::book::assess::health_on;
        use crate::book::sample::{TODAY, ago, healthy, sinking};
        for text in
            [include_str!("../../config/models/seats.toml"), include_str!("../../config/models/consumption.toml")]
        {
            let model = Model::parse(text, "").unwrap();
            assert_eq!(model.check(), Vec::<String>::new());
            let (mut good, mut bad) = (healthy(), sinking());
            for back in 1..=200_i64 {
                good.usage.entry("events".into()).or_default().set(ago(back), 1000.0);
                bad.usage.entry("events".into()).or_default().set(ago(back), if back > 28 { 1000.0 } else { 400.0 });
            }
            let (good, bad) = (health_on(&good, &model, TODAY), health_on(&bad, &model, TODAY));
            assert!(good.confidence > 0.6, "{good:#?}");
            assert!(good.score > bad.score && bad.score.is_some_and(|score| score < 60.0), "{good:#?} {bad:#?}");
        }
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
    fn mistakes_in_expressions_point_at_the_character_and_are_told_together() {
        let broken = HEALTH.replacen("value = \"usage.breadth\"", "value = \"usage.braedth\"", 1).replacen(
            "value = \"tickets.escalated\"",
            "value = \"health\"",
            1,
        );
        let faults = Model::parse(&broken, PLAYS).unwrap().check();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("usage.braedth") && faults[0].contains("did you mean usage.breadth"), "{faults:?}");
        assert!(faults[1].contains("asks for the score"), "{faults:?}");
        let error = Model::parse(&HEALTH.replacen("validity = 365", "valid = 365", 1), PLAYS).unwrap_err();
        assert!(error.contains("valid"), "{error}");
    }

    #[test]
    fn an_override_replaces_what_it_names_and_nothing_else() {
        let text = format!(
            "{HEALTH}\n[[override]]\nwhen = \"segment=Enterprise\"\nbands = {{ healthy = 80 }}\ngroup = {{ outcomes = {{ \
             weight = 60 }} }}\n[override.measure.utilisation]\nvalidity = 10\nsteps = [[0, 0], [\"50%\", 100]]\n"
        );
        let model = Model::parse(&text, PLAYS).unwrap();
        assert_eq!(model.check(), Vec::<String>::new());
        let other = &model.overrides[0].model;
        assert_eq!((other.bands.healthy, other.bands.at_risk), (80.0, model.bands.at_risk));
        assert_eq!((other.groups[0].weight, model.groups[0].weight), (60.0, 40.0));
        let of = |model: &Model| model.measures.iter().find(|one| one.id == "utilisation").unwrap().clone();
        assert_eq!(of(other).curve, Curve::Steps(vec![[0.0, 0.0], [0.5, 100.0]]));
        assert_eq!((of(other).validity, of(other).weight, of(other).by.len()), (Some(10.0), of(&model).weight, 0));
        assert_eq!(other.measures.len(), model.measures.len());
        for (wrong, says) in [
            ("colour = 1", "colour"),
            ("group = { x = { weight = 1 } }", "no group"),
            ("bands = { helthy = 1 }", "helthy"),
        ] {
            let text = format!("{HEALTH}\n[[override]]\nwhen = \"age<90d\"\n{wrong}\n");
            let error = Model::parse(&text, PLAYS).map(|model| model.check().join("; "));
            let error = error.unwrap_or_else(|error| error);
            assert!(error.contains(says), "{wrong}: {error}");
        }
    }

    #[test]
    fn faults_are_listed_together() {
        let mut model = Model::built_in_for_tests();
        model.measures[0].weight = -1.0;
        model.measures[1].curve = Curve::Curve(vec![[2.0, 1.0], [1.0, 1.0]]);
        model.bands.at_risk = 90.0;
        let id = model.measures[0].id.clone();
        model.measures[2].id = id;
        assert_eq!(model.check().len(), 4, "{:?}", model.check());
    }
}
