//! Promises and proofs, trust, the CSM's own score and call, and how a renewal ended.

use rust_decimal::Decimal;

use super::super::fact::{Delta, Fact};
use super::super::words::{Call, Cause, ItemKind, OutcomeKind, TrustWord};
use super::amounts;
use super::plan::step;
use super::sift::{Args, Fault, Sifted, bare};
use crate::book::dates::{FORMS, Toward};
use crate::book::money::Currency;

pub fn promise(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.sift()?;
    if let Some(step) = step(args, ItemKind::Promise, &mut words)? {
        return Ok(vec![step]);
    }
    let worth = words.worth(args.ctx.currency)?;
    let metric = metric(&mut words);
    let due = words.due(args.ctx.day);
    let serves = words.rest_after(&["serves", "serving"]);
    let text = words.text();
    if text.is_empty() {
        let example = "/promise cut stock 8% by dec 31 worth 120k/yr @jane";
        return Err(Fault::new(format!("what was promised? {example} (dates: {FORMS})")));
    }
    let tag = args.fresh_tag(ItemKind::Promise, &text);
    let by = args.ctx.me.map(str::to_owned);
    Ok(vec![Fact::Promise { tag, text, metric, serves, worth, due, to: words.people, by }])
}

/// `3d -> 1d`, `from 3d to 1d`.
fn metric(words: &mut Sifted) -> Option<(String, String)> {
    let arrow = words.tokens.iter().position(|word| ["->", "→", "=>"].contains(&word.as_str()));
    if let Some(at) = arrow.filter(|at| *at > 0 && at + 1 < words.tokens.len()) {
        let taken: Vec<String> = words.tokens.drain(at - 1..=at + 1).collect();
        return Some((bare(&taken[0]), bare(&taken[2])));
    }
    let digit = |word: &String| word.starts_with(|c: char| c.is_ascii_digit());
    let from = words
        .tokens
        .windows(4)
        .position(|w| bare(&w[0]) == "from" && bare(&w[2]) == "to" && digit(&w[1]) && digit(&w[3]))?;
    let taken: Vec<String> = words.tokens.drain(from..from + 4).collect();
    Some((bare(&taken[1]), bare(&taken[3])))
}

pub fn proof(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.sift()?;
    let worth = words.worth(args.ctx.currency)?;
    let not = words.tokens.windows(2).position(|w| bare(&w[0]) == "not" && bare(&w[1]) == "accepted");
    not.map(|at| words.tokens.drain(at..at + 2));
    let accepted = words.take(&["accepted", "accepts", "agreed", "confirmed", "signed-off"]) && not.is_none();
    let on = words.past(args.ctx.day)?;
    let of = args.item(ItemKind::Promise, &mut words)?;
    words.tokens.iter().position(|word| bare(word) == "of").filter(|at| *at == 0).map(|at| words.tokens.remove(at));
    let measured = words.tokens.iter().map(|word| word.trim_matches([',', ':', ';', '.', '(', ')']));
    let measured = measured.into_iter().find(|word| word.chars().any(|c| c.is_ascii_digit())).map(str::to_owned);
    let text = words.text();
    if text.is_empty() && worth.is_none() {
        return Err(Fault::new("what was proven? /proof stock down 6% worth 90k accepted @jane"));
    }
    let by = words.people.into_iter().next();
    Ok(vec![Fact::Proof { of, text, measured, worth, on, accepted, by }])
}

pub fn told(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.sift()?;
    if words.people.is_empty() {
        return Err(Fault::new("who was told? /told @ann stock proof"));
    }
    let on = words.past(args.ctx.day)?;
    let of = args.item(ItemKind::Promise, &mut words)?;
    Ok(vec![Fact::Told { of, people: words.people, on }])
}

pub fn trust(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.words();
    let day = args.ctx.day;
    if let Some(what) = words.lead(TrustWord::ALL, TrustWord::typed) {
        let on = words.past(day)?;
        return Ok(vec![Fact::TrustEvent { what, on, because: words.because() }]);
    }
    let number = |word: &String| bare(word).replace('−', "-").trim_start_matches('+').parse::<i64>().ok();
    let sign = match words.tokens.first().map(|word| bare(word)).as_deref() {
        Some("up") => Some(1),
        Some("down") => Some(-1),
        _ => None,
    };
    sign.map(|_| words.tokens.remove(0));
    let amount = words.tokens.first().and_then(number).map(|amount| amount * sign.unwrap_or(1));
    let amount = amount.and_then(|amount| i8::try_from(amount).ok()).filter(|amount| (-20..=20).contains(amount));
    let Some(amount) = amount else {
        let kinds = "outage, billing, exec meeting or post-mortem";
        return Err(Fault::new(format!("trust moves by -20 to +20, or by {kinds}: /trust +8 honest post-mortem")));
    };
    words.tokens.remove(0);
    let on = words.past(day)?;
    Ok(vec![Fact::Trust { amount, on, because: words.because() }])
}

pub fn breach(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.words();
    let on = words.past(args.ctx.day)?;
    Ok(vec![Fact::Breach { on, because: words.because() }])
}

pub fn repair(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.words();
    let on = words.past(args.ctx.day)?;
    Ok(vec![Fact::Repair { on, because: words.because() }])
}

pub fn health(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let example = "/health 70 until fri new sponsor not in CRM yet";
    let mut words = args.words();
    let score = words.tokens.first().and_then(|word| bare(word).parse::<u8>().ok()).filter(|score| *score <= 100);
    let score = score.ok_or_else(|| Fault::new(format!("a score is 0 to 100: {example}")))?;
    words.tokens.remove(0);
    let day = args.ctx.day;
    let until = words.day_after(&["until", "till", "to", "by"], day, Toward::Future);
    let until = until.or_else(|| words.day_first(day, Toward::Future));
    let until = until.ok_or_else(|| Fault::new(format!("until when? {example} (dates: {FORMS})")))?;
    if until < day {
        return Err(Fault::new("that day has passed: an own score ends today or later"));
    }
    Ok(vec![Fact::Override { score, until, because: words.because() }])
}

pub fn forecast(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    let mut words = args.words();
    let call = words.lead(Call::ALL, Call::typed);
    let call = call.ok_or_else(|| Fault::new("a call is commit, upside, risk or lost: /forecast commit 400k"))?;
    words
        .tokens
        .first()
        .filter(|word| ["at", "for"].contains(&bare(word).as_str()))
        .cloned()
        .map(|_| words.tokens.remove(0));
    let amount = match amounts::read(&words.tokens, args.ctx.currency) {
        Some(Ok((worth, used))) => {
            words.tokens.drain(..used);
            Some(worth.amount)
        }
        Some(Err(message)) => return Err(Fault::new(message)),
        None => None,
    };
    Ok(vec![Fact::Forecast { call, amount, because: words.because() }])
}

pub fn renewed(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    outcome(args, OutcomeKind::Renewed)
}

pub fn expanded(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    outcome(args, OutcomeKind::Expanded)
}

pub fn churned(args: &mut Args<'_>) -> Result<Vec<Fact>, Fault> {
    outcome(args, OutcomeKind::Churned)
}

/// `-10%`, `+40k`, `down 10%`: by how much, and how many words that takes.
fn delta(tokens: &[String], currency: Currency) -> Option<(Delta, usize)> {
    let first = tokens.first().map(|word| bare(word))?;
    let (sign, skip) = match first.as_str() {
        "down" | "minus" | "by" => (if first == "by" { 1 } else { -1 }, 1),
        "up" | "plus" => (1, 1),
        _ => (1, 0),
    };
    let word = tokens.get(skip)?.trim_matches([',', ';', ':']).replace('−', "-");
    if let Some(share) = word.strip_suffix('%') {
        let share = share.trim_start_matches('+').parse::<Decimal>().ok()? * Decimal::from(100 * sign);
        return Some((Delta::Share(i32::try_from(share.round()).ok()?), skip + 1));
    }
    let signed = skip > 0 || word.starts_with(['-', '+']);
    let (worth, used) = if signed {
        amounts::read(&tokens[skip..], currency)?.ok()?
    } else {
        amounts::with_currency(&tokens[skip..], currency)?.ok()?
    };
    let mut amount = worth.amount;
    amount.minor *= i64::from(sign);
    Some((Delta::Money(amount), skip + used))
}

fn outcome(args: &mut Args<'_>, kind: OutcomeKind) -> Result<Vec<Fact>, Fault> {
    let mut words = args.words();
    let change = delta(&words.tokens, args.ctx.currency);
    let change = change.map(|(change, used)| {
        words.tokens.drain(..used);
        change
    });
    let lesson = words.rest_after(&["lesson", "lessons", "learnt", "learned"]).unwrap_or_default();
    let cause = cause(&mut words)?;
    let on = words.past(args.ctx.day)?;
    Ok(vec![Fact::Outcome { kind, change, cause, on, about: words.because(), lesson }])
}

/// `cause price`, `because of price`, `due to price`.
fn cause(words: &mut Sifted) -> Result<Option<Cause>, Fault> {
    let keys = ["cause", "because", "due", "reason"];
    let Some(at) = words.tokens.iter().position(|word| keys.contains(&bare(word).as_str())) else { return Ok(None) };
    let said = bare(&words.tokens[at]) == "cause";
    let mut after = Sifted { tokens: words.tokens.split_off(at + 1), people: Vec::new() };
    if after.tokens.first().is_some_and(|word| ["of", "to", "is"].contains(&bare(word).as_str())) {
        after.tokens.remove(0);
    }
    let cause = after.lead(Cause::ALL, Cause::typed);
    if cause.is_none() && said {
        let all: Vec<_> = Cause::ALL.iter().map(|cause| cause.name()).collect();
        return Err(Fault::new(format!("a cause is one of {}", all.join(", "))));
    }
    if cause.is_some() {
        words.tokens.truncate(at);
    }
    words.tokens.extend(after.tokens);
    Ok(cause)
}
