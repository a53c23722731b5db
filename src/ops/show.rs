//! The JSON of `show`: one account, whole.
//!
//! Decides its shape: the keys of `list` and more. Names and meaning are a contract: add freely, change never.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::book::day::plus;
use crate::book::facts::{Dated, Facts, Person, Series};
use crate::book::loyalty::people::Contagion;
use crate::book::loyalty::sheet::Sheet;
use crate::book::standing::Standing;
use crate::book::view::AccountView;
use crate::ops::shape::{change, list_item, next_item, units};
use crate::ops::{Desk, OpsError};

impl Desk {
    /// How urgent an account is among the others of the book, 0 to 1; `None` where the others are not known of that day.
    pub fn urgency(&self, standing: &Standing) -> Result<Option<f64>, OpsError> {
        if !self.shows_stored() || standing.former {
            return Ok(None);
        }
        Ok(Some(self.store().percentiles(&self.scope()?)?.of(standing.exposure)))
    }
}

/// `show`: the item of `list` and everything known. `urgency`: its percentile in the book, where that was computed.
pub fn shape(view: &AccountView, today: Date, urgency: Option<f64>) -> Value {
    let (facts, standing) = (&view.facts, &view.standing);
    let tier = |person: &Person| view.tiers.iter().find(|(id, _)| *id == person.id).and_then(|(_, tier)| *tier);
    let mut out = json!(list_item(standing, today, urgency));
    let people: Vec<Value> = facts
        .people
        .iter()
        .map(|person| {
            json!({
                "id": person.id, "name": person.name, "title": person.title, "email": person.email, "phone": person.phone,
                "tier": tier(person), "champion": person.champion.at(today).copied().unwrap_or(false),
                "left": person.left.at(today).copied().unwrap_or(false),
                "left_on": person.left.entry(today).filter(|entry| entry.value == Some(true)).map(|entry| entry.on),
                "created": person.created,
            })
        })
        .collect();
    let touches: Vec<Value> = facts
        .touches
        .iter()
        .map(|touch| {
            json!({
                "id": touch.id, "kind": touch.kind, "title": touch.title, "at": touch.at, "people": touch.people,
                "two_way": touch.two_way, "source": touch.source, "note": touch.note,
            })
        })
        .collect();
    let tasks: Vec<Value> = facts
        .tasks
        .iter()
        .map(|task| {
            json!({"id": task.id, "subject": task.subject, "due": task.due, "done": task.done, "owner": task.owner, "note": task.note})
        })
        .collect();
    let notes: Vec<Value> = facts
        .notes
        .iter()
        .map(|note| {
            json!({
                "id": note.id, "note": note.note, "text": note.text, "at": note.at, "author": note.author,
                "mine": note.mine, "state": note.state, "copies": note.copies, "problems": note.problems,
                "edited_by": note.edited_by, "private": note.private,
            })
        })
        .collect();
    let tickets: Vec<Value> = facts
        .tickets
        .iter()
        .map(|ticket| {
            json!({
                "id": ticket.id, "subject": ticket.subject, "priority": ticket.priority, "opened": ticket.opened,
                "closed": ticket.closed, "escalated": ticket.escalated, "escalated_on": ticket.escalated_on,
                "source": ticket.source,
            })
        })
        .collect();
    let opportunities: Vec<Value> = facts
        .opportunities
        .iter()
        .map(|deal| {
            json!({
                "id": deal.id, "name": deal.name, "kind": deal.kind, "amount": units(deal.amount),
                "currency": deal.amount.map(|amount| amount.currency), "close": deal.close, "stage": deal.stage,
                "closed": deal.closed, "won": deal.won,
            })
        })
        .collect();
    let pulses: Vec<Value> = facts
        .pulses
        .iter()
        .rev()
        .map(|pulse| json!({"on": pulse.on, "pulse": pulse.pulse, "because": pulse.because, "by": pulse.by}))
        .collect();
    let offers: Vec<Value> = standing
        .offers
        .iter()
        .map(|offer| {
            let mut row = json!(next_item(offer));
            row["factors"] = json!(offer.factors);
            row
        })
        .collect();
    let meetings: Vec<Value> = standing
        .meetings
        .iter()
        .map(|meeting| json!({"kind": meeting.kind, "title": meeting.title, "time": meeting.time}))
        .collect();
    let dated = |entry: Option<&Dated<f64>>| entry.map(|one| json!({"on": one.on, "value": one.value}));
    let more = [
        ("link", json!(facts.link)),
        ("industry", json!(facts.industry)),
        ("people", json!(people)),
        ("touches", json!(touches)),
        ("tasks", json!(tasks)),
        ("notes", json!(notes)),
        ("tickets", json!(tickets)),
        ("opportunities", json!(opportunities)),
        ("pulses", json!(pulses)),
        ("offers", json!(offers)),
        ("meetings", json!(meetings)),
        ("created", json!(facts.created)),
        ("customer_since", json!(facts.customer_since)),
        ("onboarding_started", json!(facts.onboarding_started)),
        ("go_live", json!(facts.go_live)),
        ("churned_on", json!(facts.churned_on.filter(|day| *day <= today))),
        ("former", json!(standing.former)),
        ("seats", json!(facts.seats.at(today))),
        ("features_bought", json!(facts.features_bought.at(today))),
        ("csat", json!(dated(facts.csat.entry(today)))),
        ("invoice", json!({"state": facts.invoice.at(today), "due": facts.invoice_due.at(today)})),
        ("usage", usage(facts, today)),
        ("history", history(facts, today)),
        (
            "changes",
            json!({
                "day": view.changes.day, "score": view.changes.score,
                "changes": view.changes.changes.iter().map(change).collect::<Vec<_>>(),
            }),
        ),
        ("promises", json!(view.sheet.promises)),
        ("proofs", json!(view.sheet.proofs())),
        ("loyalty", loyalty(&view.sheet)),
        (
            "brief",
            json!(view.brief.iter().map(|(label, text)| json!({"label": label, "text": text})).collect::<Vec<_>>()),
        ),
        ("undated", json!(facts.undated)),
        (
            "undated_since",
            json!(view.why.undated.iter().map(|one| (one.field.clone(), json!(one.since))).collect::<Map<_, _>>()),
        ),
        ("snoozed", json!(view.put_off.as_ref().map(|(until, because)| json!({"until": until, "because": because})))),
        ("because", json!(view.why.silent)),
        ("day", json!(standing.day)),
    ];
    if let Value::Object(map) = &mut out {
        map.extend(more.into_iter().map(|(key, value)| (key.to_owned(), value)));
    }
    out
}

/// What notes say of people, value, trust, the pyramid and the plan.
fn loyalty(sheet: &Sheet) -> Value {
    let trust = sheet.trust.as_ref().map(|battery| {
        let entries: Vec<Value> = battery
            .entries
            .iter()
            .map(|one| json!({"on": one.on, "what": one.what, "amount": one.amount, "after": one.after, "source": one.source}))
            .collect();
        json!({"charge": battery.charge, "breach": battery.breach, "ledger": entries})
    });
    let climbs: Map<String, Value> = sheet
        .climbs
        .iter()
        .map(|one| {
            let [evaluator, beginner, regular, champion] = one.entered;
            let entered =
                json!({"evaluator": evaluator, "beginner": beginner, "regular": regular, "champion": champion});
            let of = json!({
                "step": one.stage, "entered": entered, "set_back": one.set_back, "needs": one.group.needs(one.stage),
            });
            (one.group.name().to_owned(), of)
        })
        .collect();
    let clocks: Vec<Value> = sheet
        .clocks
        .iter()
        .map(|(clock, target)| {
            json!({"clock": clock.id, "started": clock.started, "ended": clock.ended, "target": target})
        })
        .collect();
    let four = sheet.covered.map(|[communication, collaboration, community, company]| {
        json!({
            "communication": communication, "collaboration": collaboration, "community": community, "company": company,
        })
    });
    let four_questions: Vec<Value> =
        sheet.win_loss.iter().map(|(question, answer)| json!({"question": question, "answer": answer})).collect();
    let contagion = sheet.contagion.map(|way| match way {
        Contagion::Up => "users to buyer",
        Contagion::Glad => "buyer to users",
        Contagion::Cool => "indifferent buyer",
    });
    let keep = sheet.class.map(|class| {
        json!({
            "class": class.keep, "figure": class.figure, "margin": class.margin, "potential": class.potential,
            "strategic": class.strategic,
        })
    });
    let months: Vec<Value> = sheet
        .months
        .iter()
        .map(|(day, promised, proven)| json!({"day": day, "promised": promised, "proven": proven}))
        .collect();
    json!({
        "value": sheet.value, "months": months, "trust": trust, "pyramid": climbs, "clocks": clocks,
        "people": sheet.people, "tiers": sheet.tiers,
        "weakest": sheet.weakest.map(|(tier, score)| json!({"tier": tier, "score": score})),
        "contagion": contagion, "values_moved": sheet.moved,
        "values_apart": sheet.apart.as_ref().map(|(buyer, user)| json!({"buyers": buyer, "users": user})),
        "plan": {"covered": four, "items": sheet.items},
        "needs": sheet.needs, "jobs": sheet.jobs, "workarounds": sheet.workarounds, "answers": sheet.answers,
        "questions_to_ask": sheet.to_ask,
        "nps": sheet.nps, "nps_answers": sheet.nps_answers.0, "nps_anonymous": sheet.nps_answers.1,
        "experience": sheet.experience, "repurchase": sheet.repurchase, "delights": sheet.delights,
        "advocacy": sheet.advocacy, "incentives": sheet.incentives, "moments": sheet.moments,
        "win_loss": {"outcomes": sheet.ended, "questions": four_questions},
        "handover": sheet.handover.as_ref().map(|list| json!({
            "from": list.from, "to": list.to, "on": list.on,
            "lines": list.lines.iter().map(|(what, text)| json!({"what": what, "text": text})).collect::<Vec<_>>(),
        })),
        "keep": keep,
    })
}

/// The last 28 days of each metric: how many days are known, their mean, and the last day.
fn usage(facts: &Facts, today: Date) -> Value {
    let rows = facts.usage.iter().map(|(metric, daily)| {
        let days = (0..28).filter_map(|back| daily.get(plus(today, -back))).map(f64::from).collect::<Vec<_>>();
        let mean = (!days.is_empty()).then(|| days.iter().sum::<f64>() / days.len() as f64);
        let last = (0..366).map(|back| plus(today, -back)).find(|day| daily.get(*day).is_some());
        (metric.clone(), json!({"days": days.len(), "mean": mean, "last": last}))
    });
    json!({"source": facts.usage_source, "metrics": rows.collect::<Map<_, _>>()})
}

/// The fields that move, with every value they have had.
fn history(facts: &Facts, today: Date) -> Value {
    fn rows<T>(series: &Series<T>, today: Date, value: impl Fn(&T) -> Value) -> Value {
        let past = series.0.iter().filter(|entry| entry.on <= today);
        past.map(|entry| json!({"on": entry.on, "value": entry.value.as_ref().map(&value)})).collect()
    }
    json!({
        "arr": rows(&facts.arr, today, |arr| json!(arr.units())),
        "renewal_date": rows(&facts.renewal, today, |day| json!(day)),
        "owner": rows(&facts.owner, today, |owner| json!(owner)),
        "segment": rows(&facts.segment, today, |segment| json!(segment)),
        "stage": rows(&facts.stage, today, |stage| json!(stage)),
        "seats": rows(&facts.seats, today, |seats| json!(seats)),
        "csat": rows(&facts.csat, today, |csat| json!(csat)),
    })
}
