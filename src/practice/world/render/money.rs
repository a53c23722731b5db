//! Deals and tickets, as CRM records.

use crate::practice::kinds::Kind;
use crate::practice::words::phrases::{LEAVE, TICKETS};
use crate::practice::world::World;
use crate::practice::world::clock::{self, Day, day_text, moment_text};
use crate::practice::world::plan::{DealKind, DealPlan, Plan, TicketPlan};
use crate::practice::world::record::{Record, Version};

fn won(stage: &str) -> bool {
    matches!(stage, "closedwon" | "renewal_won")
}

fn lost(stage: &str) -> bool {
    matches!(stage, "closedlost" | "renewal_lost")
}

pub(super) fn deal_updated(plan: &Plan, deal: &DealPlan) -> i64 {
    if won(deal.stage) || lost(deal.stage) {
        clock::at(deal.close, 16, 0)
    } else {
        clock::at(plan.today - 2 - (plan.account % 19) as Day, 14, 9)
    }
}

pub(super) fn deal(world: &World, plan: &Plan, at: usize) -> Option<Record> {
    let deal = plan.deals.get(at)?;
    let mut r = Record::new(Kind::Deal, Kind::Deal.id(plan.account, at as u32), clock::at(deal.created, 11, 0), 0);
    let renewal = deal.kind == DealKind::Renewal;
    r.put("dealname", format!("{} - {}", plan.naming.name, deal.label));
    r.put("amount", deal.amount.to_string());
    r.put("closedate", moment_text(clock::at(deal.close, 16, 0)));
    r.put("dealstage", deal.stage);
    r.put("pipeline", if renewal { "renewals" } else { "default" });
    r.put("dealtype", if deal.kind == DealKind::New { "newbusiness" } else { "existingbusiness" });
    r.put("hs_is_closed", (won(deal.stage) || lost(deal.stage)).to_string());
    r.put("hs_is_closed_won", won(deal.stage).to_string());
    r.put("hubspot_owner_id", world.roster.owners[plan.owner].id.to_string());
    r.put("hs_arr", deal.amount.to_string());
    r.put("deal_currency_code", plan.shape.currency);
    r.put("hs_manual_forecast_category", deal.forecast);
    if lost(deal.stage) {
        r.put("closed_lost_reason", LEAVE[plan.account as usize % LEAVE.len()].1);
    }
    r.history = vec![("dealstage", stages(deal, renewal))];
    Some(r)
}

/// The stages that a deal went through, newest first.
fn stages(deal: &DealPlan, renewal: bool) -> Vec<Version> {
    let way: &[&str] = if renewal {
        &["renewal_upcoming", "renewal_in_talks", "renewal_quoted"]
    } else {
        &["appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "contractsent"]
    };
    let closed = won(deal.stage) || lost(deal.stage);
    let reached = way.iter().position(|s| *s == deal.stage).map_or(way.len(), |at| at + 1);
    let span = (deal.close - deal.created).max(8);
    let mut out: Vec<Version> = way[..reached]
        .iter()
        .enumerate()
        .map(|(nth, stage)| version(stage, clock::at(deal.created + span * nth as Day / 6, 11, 0)))
        .collect();
    if closed {
        out.push(version(deal.stage, clock::at(deal.close, 16, 0)));
    }
    out.reverse();
    out
}

fn version(value: &str, at: i64) -> Version {
    Version { value: value.to_string(), at, source: "CRM_UI", user: None }
}

pub(super) fn ticket_updated(ticket: &TicketPlan) -> i64 {
    let escalated = ticket.escalated.map_or(0, |day| clock::at(day, 9, 5));
    ticket.closed.unwrap_or(ticket.opened + 5_400_000).max(escalated)
}

pub(super) fn ticket(world: &World, plan: &Plan, at: usize) -> Option<Record> {
    let ticket = plan.tickets.get(at)?;
    let (category, subject) = TICKETS[ticket.phrase % TICKETS.len()];
    let mut r = Record::new(Kind::Ticket, Kind::Ticket.id(plan.account, at as u32), ticket.opened, 0);
    let stage = if ticket.closed.is_some() { "4" } else { ticket.waiting };
    let owner = if at.is_multiple_of(3) { world.roster.queue() } else { plan.owner };
    r.put("subject", subject);
    r.put("content", format!("{subject}. Reported by a user of {}.", plan.naming.domain));
    r.put("hs_pipeline", "0");
    r.put("hs_pipeline_stage", stage);
    r.put("hs_ticket_priority", ticket.priority);
    r.put("hs_ticket_category", category);
    r.put("hubspot_owner_id", world.roster.owners[owner].id.to_string());
    r.put_some("closed_date", ticket.closed.map(moment_text));
    r.put("is_escalated", (ticket.escalated.is_some() && ticket.closed.is_none()).to_string());
    r.put_some("escalated_on", ticket.escalated.map(day_text));
    let mut stages = vec![version("1", ticket.opened)];
    let mut flags = vec![version("false", ticket.opened)];
    if let Some(day) = ticket.escalated {
        let at = clock::at(day, 9, 5).max(ticket.opened + 1);
        stages.push(version("5", at));
        flags.push(version("true", at));
    } else if stage != "1" && ticket.closed.is_none() {
        stages.push(version(stage, ticket.opened + 5_400_000));
    }
    if let Some(closed) = ticket.closed {
        stages.push(version("4", closed));
        if ticket.escalated.is_some() {
            flags.push(version("false", closed));
        }
    }
    stages.reverse();
    flags.reverse();
    r.history = vec![("hs_pipeline_stage", stages), ("is_escalated", flags)];
    Some(r)
}
