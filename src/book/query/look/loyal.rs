//! What notes say of an account, as numbers and texts of queries.
//!
//! Decides which day each figure speaks of; the figures come from `loyalty`.

use jiff::civil::Date;

use super::Look;
use crate::book::day::number as day_number;
use crate::book::facts::Tier;
use crate::book::journal::Fact;
use crate::book::journal::words::{ItemKind, SurveyKind};
use crate::book::loyalty::people::Contagion;
use crate::book::loyalty::plan::Item;
use crate::book::loyalty::pyramid::{self, Group};
use crate::book::loyalty::value::{Ledger, Promised, State};
use crate::book::loyalty::{Loyal, advocacy, keep, moments, people, plan, trust, value, voice};
use crate::book::query::eval::Reading;
use crate::book::query::{Field, Text};
use crate::book::standing::Stage;

/// Reads a number; `None`: absent, or not one of notes.
pub fn number(look: &Look<'_, '_>, field: Field) -> Option<Reading> {
    let loyal = Loyal::new(look.eval, look.on);
    let today = look.on.date;
    let day = look.on.day;
    // A state of the day that rests on a fact of another, and a fact that grows old.
    let stands = |value: f64, from: Date| Some(Reading::standing(value, day_number(from), day));
    let since = |from: Date| Some(Reading::standing(f64::from(day - day_number(from)), day_number(from), day));
    let count = |n: usize| Some(Reading::bare(n as f64));
    let stage = |group| {
        let climb = pyramid::climb(&loyal, &look.eval.model_on(day).pyramid, group)?;
        let step = match climb.stage {
            Stage::Evaluator => 0.0,
            Stage::Beginner => 1.0,
            Stage::Regular => 2.0,
            Stage::Champion => 3.0,
        };
        stands(step, climb.entered.iter().flatten().max().copied().unwrap_or(today))
    };
    let felt = |tier: Tier| {
        let value = people::tier_loyalty(&loyal, tier)?;
        let tiers = [tier];
        let last = look.eval.facts.of(&tiers, look.on).filter_map(|known| people::feeling(&loyal, &known.person.id));
        stands(value, last.map(|one| one.on).max()?)
    };
    let ledger = || Ledger::of(&loyal);
    match field {
        Field::StageBuyers => stage(Group::Buyers),
        Field::StageUsers => stage(Group::Users),
        Field::StageBuilders => stage(Group::Builders),
        Field::Reassurance => moments::reassurance(&loyal).and_then(|one| stands(one.late as f64, one.on)),
        Field::Trust => {
            let (charge, last) = trust::charge(&loyal)?;
            stands(charge, last)
        }
        Field::MomentAge => moments::unfelt(&loyal).and_then(|one| since(one.on)),
        // All others rest on notes alone.
        _ if look.eval.facts.facts.journal.is_empty() => None,
        Field::BreachAge => trust::breach(&loyal).filter(|(_, repair)| repair.is_none()).and_then(|(on, _)| since(on)),
        Field::PromiseCount => {
            let alive = |one: &&Promised<'_>| one.state(&loyal) != State::Dropped;
            count(ledger()?.promises.iter().filter(alive).count())
        }
        Field::PromiseAge => since(ledger()?.promises.first()?.on),
        Field::PromiseGap => {
            let ledger = ledger()?;
            let last = ledger.promises.iter().map(|one| one.on).max()?;
            stands(ledger.gap(&loyal), ledger.proven_on().unwrap_or(last))
        }
        Field::PromiseLate => {
            let ledger = ledger()?;
            let late = ledger.late(&loyal).first().map(|one| (one.late_days(), one.on))?;
            stands(late.0 as f64, late.1)
        }
        Field::PromiseDue => {
            let ledger = ledger()?;
            let due = due_next(&ledger, &loyal)?.due?;
            stands(f64::from(day_number(due) - day), due)
        }
        Field::Return => stands(value::returned(&loyal)?, ledger()?.proven_on().unwrap_or(today)),
        Field::ProofAge => since(ledger()?.proven_on()?),
        Field::ProofStreak => count(ledger()?.streak(today)),
        Field::ProofUntold => count(ledger()?.untold(&loyal).len()),
        Field::LoyaltyBuyers => felt(Tier::Buyer),
        Field::LoyaltyInfluencers => felt(Tier::Influencer),
        Field::LoyaltyUsers => felt(Tier::User),
        Field::LoyaltyWeakest => felt(people::weakest(&loyal)?.0),
        Field::ValueMoved => since(people::moved(&loyal)?.on),
        Field::Nps => voice::nps(&loyal).and_then(|(value, on)| stands(value, on)),
        Field::Experience => voice::experience(&loyal).and_then(|(value, on)| stands(value, on)),
        Field::Repurchase => voice::mean(&loyal, SurveyKind::Repurchase).and_then(|(value, on)| stands(value, on)),
        Field::QuestionsOpen => Some(voice::to_ask(&loyal).len()).filter(|n| *n > 0).and_then(count),
        Field::ReplyLate => {
            let late = voice::owed(&loyal).into_iter().max_by_key(|(_, late)| *late)?;
            stands(late.1 as f64, late.0.on)
        }
        Field::PlanCovered => count(plan::coverage(&loyal)?.iter().filter(|one| **one).count()),
        Field::PlanLate => late(&loyal).and_then(|item| stands(item.late(today) as f64, item.on)),
        Field::JointOpen => items(&loyal, ItemKind::Joint),
        Field::RequestsOpen => items(&loyal, ItemKind::Request),
        Field::RequestsShipped => Some(plan::shipped_untold(&loyal).len()).filter(|n| *n > 0).and_then(count),
        Field::IncentiveEnds => advocacy::ends_next(&loyal).map(|(_, left)| Reading::bare(left as f64)),
        _ => None,
    }
}

fn items(loyal: &Loyal<'_, '_>, kind: ItemKind) -> Option<Reading> {
    let all = plan::items(loyal);
    let open = all.iter().filter(|item| item.kind == kind && item.open()).count();
    (!all.is_empty()).then(|| Reading::bare(open as f64))
}

/// The goal or commitment that is latest.
fn late<'a>(loyal: &Loyal<'_, 'a>) -> Option<Item<'a>> {
    let day = loyal.on.date;
    plan::items(loyal).into_iter().filter(|item| item.late(day) > 0).max_by_key(|item| item.late(day))
}

/// The open promise that is due next.
fn due_next<'l, 'a>(ledger: &'l Ledger<'a>, loyal: &Loyal<'_, 'a>) -> Option<&'l Promised<'a>> {
    let open = ledger.promises.iter().filter(|one| one.state(loyal) == State::OnTrack && one.due.is_some());
    open.min_by_key(|one| one.due)
}

/// Reads a text; `None`: absent, or not one of notes.
pub fn text(look: &Look<'_, '_>, of: Text) -> Option<String> {
    if !of.is_noted() {
        return None;
    }
    let loyal = Loyal::new(look.eval, look.on);
    match of {
        Text::ReassureWhat => {
            let one = moments::reassurance(&loyal)?;
            return Some(format!("day {} after the {}", one.step, one.after));
        }
        Text::MomentKind => return moments::unfelt(&loyal).map(|one| one.kind.name().to_owned()),
        Text::Keep => {
            let figures = crate::book::assess::figures(look.eval, look.on);
            let class = keep::class(figures, look.eval.spread?)?;
            return Some(class.keep.name().to_owned());
        }
        Text::TrustLast => return trust::battery(&loyal)?.entries.pop().map(|one| one.what),
        _ if look.eval.facts.facts.journal.is_empty() => return None,
        _ => {}
    }
    let own = |text: &str| Some(text.to_owned());
    match of {
        Text::PromiseLateText | Text::PromiseLateTag | Text::PromiseLateTo => {
            let ledger = Ledger::of(&loyal)?;
            let late = *ledger.late(&loyal).first()?;
            match of {
                Text::PromiseLateText => own(late.text),
                Text::PromiseLateTag => Some(late.tag.to_string()),
                _ => late.to.first().and_then(|who| own(who)),
            }
        }
        Text::PromiseDueText => {
            let ledger = Ledger::of(&loyal)?;
            due_next(&ledger, &loyal).and_then(|one| own(one.text))
        }
        Text::ProofLast => {
            let ledger = Ledger::of(&loyal)?;
            ledger.accepted_proofs().last().and_then(|(promise, _)| own(promise.text))
        }
        Text::UntoldText | Text::UntoldWho => {
            let ledger = Ledger::of(&loyal)?;
            let untold = ledger.untold(&loyal);
            let (promise, who) = untold.last()?;
            if of == Text::UntoldText { own(promise.text) } else { who.first().and_then(|who| own(who)) }
        }
        Text::BreachWhy => {
            trust::battery(&loyal)?.breach?;
            let last = trust::battery(&loyal)?.entries.into_iter().rfind(|one| one.what.starts_with("breach"))?;
            let why = last.what.strip_prefix("breach: ").unwrap_or("trust was broken");
            own(why)
        }
        Text::Contagion => people::contagion(&loyal).map(|way| match way {
            Contagion::Up => "users to buyer".to_owned(),
            Contagion::Glad => "buyer to users".to_owned(),
            Contagion::Cool => "indifferent buyer".to_owned(),
        }),
        Text::FeltWhere => {
            let private = |one: &crate::book::facts::Recorded| one.private && matches!(one.fact, Fact::Feels { .. });
            loyal.journal().any(private).then(|| "in part known here alone".to_owned())
        }
        Text::WeakestTier => people::weakest(&loyal).and_then(|(tier, _)| own(tier.name())),
        Text::MovedWho => people::moved(&loyal).and_then(|one| own(&one.person.name)),
        Text::MovedTo => people::moved(&loyal).and_then(|one| own(one.to)),
        Text::MovedFrom => people::moved(&loyal)?.from.and_then(own),
        Text::Disagree => people::disagreement(&loyal).map(|(buyer, user)| format!("buyers {buyer}, users {user}")),
        Text::Want => advocacy::to_ask(&loyal).and_then(|(_, what)| own(what)),
        Text::WantWho => advocacy::to_ask(&loyal).and_then(|(who, _)| own(&who.name)),
        Text::ShippedText => plan::shipped_untold(&loyal).last().and_then(|one| own(one.text)),
        Text::ShippedWho => plan::shipped_untold(&loyal).last()?.who.and_then(own),
        Text::ReplyText => voice::owed(&loyal).last().and_then(|(one, _)| own(one.text)),
        Text::ReplyWho => voice::owed(&loyal).last()?.0.who.and_then(own),
        Text::Question => voice::to_ask(&loyal).first().and_then(|one| own(one.asks())),
        Text::PlanLateText => late(&loyal).and_then(|one| own(one.text)),
        Text::Incentive => advocacy::ends_next(&loyal).and_then(|(what, _)| own(what)),
        Text::Need => plan::needs(&loyal).last().and_then(|one| own(one.text)),
        Text::Workaround => plan::workarounds(&loyal).last().and_then(|one| own(one.text)),
        _ => None,
    }
}
