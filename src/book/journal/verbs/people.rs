//! What is said of people: how they feel, which part they play, what they value, want and need.

use super::super::fact::{Fact, PersonRef};
use super::super::words::Cause;
use super::sift::{Args, Fault, Sifted, bare};
use crate::book::facts::Tier;

/// The words, with at least one person.
fn somebody(args: &mut Args<'_>, example: &str) -> Result<Sifted, Fault> {
    let words = args.sift()?;
    if words.people.is_empty() {
        return Err(Fault::new(format!("whom? Name a person with @: {example}")));
    }
    Ok(words)
}

/// Words that must be there.
fn some(text: String, example: &str) -> Result<String, Fault> {
    if text.is_empty() { Err(Fault::new(format!("words are missing: {example}"))) } else { Ok(text) }
}

fn each(people: Vec<PersonRef>, fact: impl Fn(PersonRef) -> Fact) -> Vec<Fact> {
    people.into_iter().map(fact).collect()
}

/// One fact for each person, or a single one without any.
fn each_or_none(people: Vec<PersonRef>, fact: impl Fn(Option<PersonRef>) -> Fact) -> Vec<Fact> {
    if people.is_empty() { vec![fact(None)] } else { people.into_iter().map(|one| fact(Some(one))).collect() }
}

/// How strong a word is.
fn level(word: &str) -> Option<i8> {
    let number = word.replace('−', "-");
    if let Ok(level) = number.trim_start_matches('+').parse::<i8>() {
        return Some(level);
    }
    match word {
        "delighted" | "loves" | "love" | "++" => Some(2),
        "happy" | "good" | "positive" | "+" => Some(1),
        "neutral" | "ok" | "okay" => Some(0),
        "unhappy" | "bad" | "negative" | "worried" | "-" => Some(-1),
        "angry" | "hates" | "furious" | "--" => Some(-2),
        _ => None,
    }
}

pub fn feels(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let example = "/feels @jane -1 because support";
    let mut words = somebody(args, example)?;
    let said = words.tokens.iter().enumerate().find_map(|(at, word)| Some((at, level(&bare(word))?)));
    let (at, level) = said.ok_or_else(|| Fault::new(format!("how? -2 to +2: {example}")))?;
    if !(-2..=2).contains(&level) {
        return Err(Fault::new("a feeling is -2, -1, 0, +1 or +2"));
    }
    words.tokens.remove(at);
    let because = words.because();
    Ok(each(words.people, |person| Fact::Feels { person, level, because: because.clone() }))
}

/// The tier of a word, as people say it.
fn tier(word: &str) -> Option<Tier> {
    match word.trim_end_matches('s') {
        "buyer" | "decider" | "decision-maker" | "payer" => Some(Tier::Buyer),
        "influencer" | "influence" => Some(Tier::Influencer),
        "user" | "end-user" => Some(Tier::User),
        "builder" | "developer" | "admin" | "dev" => Some(Tier::Builder),
        _ => None,
    }
}

pub fn role(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let words = somebody(args, "/role @sam buyer")?;
    let tier = words.tokens.iter().find_map(|word| tier(&bare(word)));
    let tier = tier.ok_or_else(|| Fault::new("a role is buyer, influencer, user or builder: /role @sam buyer"))?;
    Ok(each(words.people, |person| Fact::Role { person, tier }))
}

pub fn left(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = somebody(args, "/left @jane")?;
    let on = words.past(args.ctx.day)?;
    Ok(each(words.people, |person| Fact::Left { person, on }))
}

pub fn champion(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = somebody(args, "/champion @sam")?;
    let is = !words.take(&["no", "not", "former", "lost", "longer"]);
    Ok(each(words.people, |person| Fact::Champion { person, is }))
}

pub fn values(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let example = "/values @jane cost > speed > support";
    let words = somebody(args, example)?;
    let text = words.text().replace(" then ", ">");
    let sign = if text.contains('>') { '>' } else { ',' };
    let ranking: Vec<String> =
        text.split(sign).map(|value| value.trim().to_lowercase()).filter(|value| !value.is_empty()).collect();
    if ranking.is_empty() {
        return Err(Fault::new(format!("what do they value, the most first? {example}")));
    }
    Ok(each(words.people, |person| Fact::Values { person, ranking: ranking.clone() }))
}

pub fn wants(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let example = "/wants @jane speaking";
    let words = somebody(args, example)?;
    let what = some(words.text(), example)?;
    Ok(each(words.people, |person| Fact::Wants { person, what: what.clone() }))
}

pub fn needs(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let words = args.sift()?;
    let what = some(words.text(), "/needs faster close")?;
    Ok(each_or_none(words.people, |person| Fact::Needs { person, what: what.clone() }))
}

pub fn job(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let words = args.sift()?;
    let text = some(words.text(), "/job close the books in three days @ann")?;
    Ok(each_or_none(words.people, |person| Fact::Job { person, text: text.clone() }))
}

pub fn workaround(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let words = args.sift()?;
    let text = some(words.text(), "/workaround they re-key orders in Excel @ann")?;
    Ok(each_or_none(words.people, |person| Fact::Workaround { person, text: text.clone() }))
}

pub fn delight(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.sift()?;
    if words.tokens.first().is_some_and(|word| bare(word) == "by") {
        words.tokens.remove(0);
    }
    let cause = words.lead(Cause::ALL, Cause::typed).or_else(|| words.pick(Cause::ALL, Cause::typed));
    let cause =
        cause.ok_or_else(|| Fault::new("by what? experience, price, support or terms: /delight support why"))?;
    let about = words.because();
    Ok(each_or_none(words.people, |person| Fact::Delight { person, cause, about: about.clone() }))
}
