//! Companies and the people in them, as CRM records.

use crate::practice::dice::{roll, share};
use crate::practice::kinds::{Kind, LOSER_SLOT};
use crate::practice::words::companies::place;
use crate::practice::words::people::Tier;
use crate::practice::words::phrases::{FEATURES, LEAVE};
use crate::practice::world::cast::Person;
use crate::practice::world::clock::{self, Day, day_text, moment_text};
use crate::practice::world::plan::Plan;
use crate::practice::world::record::{Record, Version};
use crate::practice::world::roster::Roster;
use crate::practice::world::{Standing, World};

pub(super) fn company_updated(plan: &Plan) -> Option<i64> {
    let last = plan.touches.iter().rev().find(|t| t.outcome != "SCHEDULED").map_or(0, |t| t.at);
    let quiet = clock::at(plan.anchor - (plan.account % 37) as Day - 1, 8, 17);
    Some(last.max(quiet).max(plan.archived.unwrap_or(0)))
}

pub(super) fn company(world: &World, plan: &Plan) -> Record {
    let shape = &plan.shape;
    let n = u64::from(plan.account);
    let created = plan.gap.map_or(plan.start, |(lost, _)| lost - 730) - 90;
    let mut r = Record::new(Kind::Company, plan.id(), clock::at(created, 9, 30), 0);
    let (city, country, _) = place(world.seed, plan.account, shape.currency);
    let owner = &world.roster.owners[plan.owner];
    r.put("name", plan.naming.name.as_str());
    r.put("domain", plan.naming.domain.as_str());
    r.put("website", format!("https://www.{}", plan.naming.domain));
    if plan.account % 23 == 5 {
        r.put("hs_additional_domains", format!("go-{}", plan.naming.domain));
    }
    r.put("hubspot_owner_id", owner.id.to_string());
    r.put("hubspot_team_id", Roster::team_id(owner.team).to_string());
    r.put("hubspot_owner_assigneddate", moment_text(clock::at(plan.before.map_or(plan.start, |(_, day)| day), 9, 0)));
    r.put("industry", plan.naming.industry);
    r.put("lifecyclestage", if plan.standing == Standing::Active { "customer" } else { "former_customer" });
    r.put("type", if plan.standing == Standing::Active { "CUSTOMER" } else { "PAST_CUSTOMER" });
    r.put("city", city);
    r.put("country", country);
    r.put("annualrevenue", (shape.arr * (90 + (roll(world.seed, n, 70) % 400) as i64)).to_string());
    r.put("numberofemployees", (shape.seats as u64 * (2 + roll(world.seed, n, 71) % 9)).to_string());
    r.put("num_associated_contacts", plan.people.iter().filter(|p| p.archived.is_none()).count().to_string());
    if world.has_loser(plan.account) {
        r.put("hs_merged_object_ids", Kind::Company.id(plan.account, LOSER_SLOT).to_string());
    }
    let now = clock::at(plan.today, 0, 0);
    r.put_some(
        "notes_last_contacted",
        plan.touches.iter().rev().find(|t| t.at < now && t.outcome != "SCHEDULED").map(|t| moment_text(t.at)),
    );
    r.put_some(
        "notes_next_activity_date",
        plan.touches.iter().find(|t| t.outcome == "SCHEDULED").map(|t| moment_text(t.at)),
    );

    r.put("annual_recurring_revenue", plan.arr_on(plan.today).to_string());
    r.put("contract_currency", shape.currency);
    r.put("contract_start", day_text(plan.start));
    r.put("contract_end", day_text(plan.renewal));
    r.put("customer_segment", shape.segment.text());
    r.put("customer_stage", stage(plan));
    r.put("licensed_seats", shape.seats.to_string());
    r.put("key_features", bought(plan).join(";"));
    r.put("key_features_bought", shape.bought.to_string());
    r.put("onboarding_started", day_text(plan.start + 2));
    r.put_some("go_live_date", plan.go_live.map(day_text));
    if plan.standing != Standing::Active {
        r.put("churned_on", day_text(plan.anchor));
        r.put("churn_reason", LEAVE[(roll(world.seed, n, 72) % LEAVE.len() as u64) as usize].0);
    }
    let (state, due) = plan.invoice();
    r.put("invoice_state", state);
    r.put("invoice_due", day_text(due));
    r.put("invoice_amount", (shape.arr / 4).to_string());
    r.put("csat_score", format!("{:.1}", shape.csat[0]));
    r.put("csat_on", day_text(plan.anchor - shape.csat_age));
    let cost = 0.06 + 0.22 * share(world.seed, n, 73);
    r.put("cost_to_serve", ((shape.arr as f64 * cost) as i64 / 100 * 100).to_string());
    r.put("white_space", ((shape.arr as f64 * 0.9 * share(world.seed, n, 74)) as i64 / 500 * 500).to_string());
    r.put("strategic_value", (20 + roll(world.seed, n, 75) % 75).to_string());
    r.put_some("posthog_group", plan.external_id.as_deref());
    r.history = history(world, plan, r.created);
    r
}

fn stage(plan: &Plan) -> &'static str {
    match (plan.standing, plan.go_live) {
        (Standing::Active, Some(_)) => "live",
        (Standing::Active, None) => "onboarding",
        _ => "former",
    }
}

/// The key features that the account has paid for, as events of the usage tool.
pub(crate) fn bought(plan: &Plan) -> Vec<&'static str> {
    let count = usize::from(plan.shape.bought);
    let shift = plan.account as usize;
    (0..count).map(|at| FEATURES[(at + shift * 5) % FEATURES.len()].0).collect()
}

fn version(value: String, at: i64) -> Version {
    Version { value, at, source: "CRM_UI", user: None }
}

/// Newest first.
fn history(world: &World, plan: &Plan, created: i64) -> Vec<(&'static str, Vec<Version>)> {
    let mut all = Vec::with_capacity(7);
    let newest_first = |mut list: Vec<Version>| {
        list.sort_by_key(|v| std::cmp::Reverse(v.at));
        list
    };
    let arr = plan.arr.iter().map(|(day, amount)| version(amount.to_string(), clock::at(*day, 6, 0))).collect();
    all.push(("annual_recurring_revenue", newest_first(arr)));

    // Each term's end is written when the one before is renewed.
    let terms = plan.shape.terms;
    let ends = (0..terms).map(|term| {
        let end = plan.renewal - 365 * term;
        version(day_text(end), clock::at(end - 365, 6, 5).max(created))
    });
    all.push(("contract_end", newest_first(ends.collect())));

    let owner_now = world.roster.owners[plan.owner].id.to_string();
    let mut owners = vec![];
    match plan.before {
        Some((at, day)) => {
            owners.push(version(owner_now, clock::at(day, 9, 0)));
            owners.push(version(world.roster.owners[at].id.to_string(), created));
        }
        None => owners.push(version(owner_now, created)),
    }
    all.push(("hubspot_owner_id", owners));

    let mut stages = vec![version("opportunity".into(), created)];
    if let Some((lost, back)) = plan.gap {
        stages.push(version("customer".into(), clock::at(lost - 730, 8, 0)));
        stages.push(version("former_customer".into(), clock::at(lost, 8, 0)));
        stages.push(version("customer".into(), clock::at(back, 8, 0)));
    } else {
        stages.push(version("customer".into(), clock::at(plan.start, 8, 0)));
    }
    if plan.standing != Standing::Active {
        stages.push(version("former_customer".into(), clock::at(plan.anchor, 8, 0)));
    }
    all.push(("lifecyclestage", newest_first(stages)));

    let seats = plan.shape.seats;
    let mut licensed = vec![version(seats.to_string(), clock::at(plan.start, 6, 0))];
    if let Some((days, ratio)) = plan.shape.expansion.filter(|_| plan.arr.len() > plan.shape.terms as usize) {
        let fewer = ((f64::from(seats) * ratio / 5.0) as u32 * 5).max(5);
        licensed = vec![
            version(seats.to_string(), clock::at(plan.anchor - days, 6, 0)),
            version(fewer.to_string(), clock::at(plan.start, 6, 0)),
        ];
    }
    all.push(("licensed_seats", licensed));

    let surveys = plan.shape.csat.iter().zip([0, 182, 365]).filter_map(|(score, more)| {
        let on = plan.anchor - plan.shape.csat_age - more;
        (on > plan.start || more == 0).then(|| version(format!("{score:.1}"), clock::at(on, 12, 0)))
    });
    all.push(("csat_score", surveys.collect()));

    let (states, dues) = bills(plan);
    all.push(("invoice_state", newest_first(states)));
    all.push(("invoice_due", newest_first(dues)));
    all
}

/// The states and due days of all invoices: one a quarter, sent a month ahead.
fn bills(plan: &Plan) -> (Vec<Version>, Vec<Version>) {
    let (state, due) = plan.invoice();
    let (mut states, mut dues) = (Vec::new(), Vec::new());
    let first = plan.start;
    for back in 0.. {
        let due = due - 91 * back;
        if back > 0 && due <= first {
            break;
        }
        let sent = (due - 30).min(plan.anchor - 1).max(first);
        dues.push(version(day_text(due), clock::at(sent, 5, 0)));
        states.push(version("open".into(), clock::at(sent, 5, 0)));
        match (back, state) {
            (0, "open") => {}
            (0, "overdue") => states.push(version("overdue".into(), clock::at(due + 1, 5, 0))),
            _ => states.push(version("paid".into(), clock::at((due - 3).max(sent + 1), 5, 0))),
        }
    }
    (states, dues)
}

pub(super) fn contact_updated(plan: &Plan, person: &Person) -> i64 {
    let quiet = clock::at(person.joined.max(plan.anchor - 20 - (plan.account % 60) as Day), 10, 2);
    person.left.or(person.archived).map_or(quiet, |day| clock::at(day, 17, 45))
}

pub(super) fn contact(world: &World, plan: &Plan, at: usize) -> Record {
    let person = &plan.people[at];
    let (_, _, dial) = place(world.seed, plan.account, plan.shape.currency);
    let n = u64::from(plan.account);
    let number = |salt| 1000 + roll(world.seed, n, salt + at as u64) % 9000;
    let mut r =
        Record::new(Kind::Contact, Kind::Contact.id(plan.account, at as u32), clock::at(person.joined, 10, 0), 0);
    r.put("firstname", person.first);
    r.put("lastname", person.last);
    r.put("jobtitle", person.post.0);
    r.put("email", format!("{}@{}", person.local, plan.naming.domain));
    if person.tier != Tier::User || at.is_multiple_of(2) {
        r.put("phone", format!("{dial} {}", number(800)));
    }
    if person.tier == Tier::Buyer {
        r.put("mobilephone", format!("{dial} {}", number(900)));
    }
    if !person.post.1.is_empty() {
        r.put("hs_buying_role", person.post.1);
    }
    r.put("hs_seniority", person.post.2);
    r.put("associatedcompanyid", plan.id().to_string());
    r.put("company", plan.naming.name.as_str());
    r.put("hubspot_owner_id", world.roster.owners[plan.owner].id.to_string());
    r.put("lifecyclestage", "customer");
    let now = clock::at(plan.today, 0, 0);
    r.put_some(
        "notes_last_contacted",
        plan.touches.iter().rev().find(|t| t.at < now && t.people.contains(&(at as u8))).map(|t| moment_text(t.at)),
    );
    r.put("is_champion", person.champion.to_string());
    r.put("contact_status", if person.left.is_some() { "left" } else { "active" });
    r.put("has_left", person.left.is_some().to_string());
    r.put_some("left_on", person.left.map(day_text));
    r.put_some("product_last_seen", person.seen.map(day_text));
    r.archived = person.archived.map(|day| clock::at(day, 17, 45));
    if let Some(left) = person.left {
        r.history.push((
            "has_left",
            vec![version("true".into(), clock::at(left, 17, 45)), version("false".into(), r.created)],
        ));
        r.history.push((
            "contact_status",
            vec![version("left".into(), clock::at(left, 17, 45)), version("active".into(), r.created)],
        ));
    }
    r
}
