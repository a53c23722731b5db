//! What was logged about an account: notes, tasks, meetings, calls, mails.

use crate::practice::kinds::Kind;
use crate::practice::words::phrases;
use crate::practice::world::World;
use crate::practice::world::clock::{self, moment_text};
use crate::practice::world::plan::Plan;
use crate::practice::world::record::Record;
use crate::practice::world::touches::Touch;

fn start(world: &World, plan: &Plan, kind: Kind, at: usize, created: i64) -> Record {
    let mut r = Record::new(kind, kind.id(plan.account, at as u32), created, 0);
    // What was logged before the account changed hands is signed by the owner of that time.
    let owner = match plan.before {
        Some((before, day)) if clock::day_of_ms(created) < day => before,
        _ => plan.owner,
    };
    let owner = &world.roster.owners[owner];
    r.put("hubspot_owner_id", owner.id.to_string());
    r.put("hs_created_by_user_id", owner.user_id.to_string());
    r.put("hs_updated_by_user_id", owner.user_id.to_string());
    r
}

fn fill(plan: &Plan, person: u8, phrase: &str) -> String {
    let who = plan.people.get(usize::from(person)).map_or("them", |p| p.first);
    phrase.replace("{who}", who)
}

fn of<T: Copy>(list: &[T], phrase: u64) -> T {
    list[(phrase % list.len() as u64) as usize]
}

pub(super) fn note(world: &World, plan: &Plan, at: usize) -> Option<Record> {
    let note = plan.notes.get(at)?;
    let mut r = start(world, plan, Kind::Note, at, note.at);
    r.put("hs_timestamp", moment_text(note.at));
    let body = match &note.body {
        // As a client writes it: lines with breaks between, and no sign of a text taken for markup.
        Some(text) => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>"),
        None => format!("<p>{}</p>", fill(plan, note.person, of(&phrases::NOTES, note.phrase))),
    };
    r.put("hs_note_body", body);
    Some(r)
}

pub(super) fn task(world: &World, plan: &Plan, at: usize) -> Option<Record> {
    let task = plan.tasks.get(at)?;
    let mut r = start(world, plan, Kind::Task, at, task.created);
    r.put("hs_timestamp", moment_text(task.due));
    r.put("hs_task_subject", fill(plan, task.person, of(&phrases::TASKS, task.phrase)));
    r.put("hs_task_status", if task.done.is_some() { "COMPLETED" } else { "NOT_STARTED" });
    r.put("hs_task_priority", of(&["NONE", "MEDIUM", "HIGH"], task.phrase >> 8));
    r.put("hs_task_type", of(&["TODO", "TODO", "CALL", "EMAIL"], task.phrase >> 16));
    r.put_some("hs_task_completion_date", task.done.map(moment_text));
    Some(r)
}

pub(super) fn touch_updated(touch: &Touch) -> i64 {
    if touch.outcome == "SCHEDULED" { clock::at(touch.booked, 12, 0) } else { touch.at + touch.minutes * 60_000 }
}

pub(super) fn touch(world: &World, plan: &Plan, kind: Kind, at: usize) -> Option<Record> {
    let touch = plan.touches_of(kind).nth(at)?;
    let created = if kind == Kind::Meeting { clock::at(touch.booked, 12, 0) } else { touch.at };
    let mut r = start(world, plan, kind, at, created);
    let who = touch.people.first().copied().unwrap_or(0);
    r.put("hs_timestamp", moment_text(touch.at));
    match kind {
        Kind::Meeting => {
            let title =
                touch.title.map_or_else(|| fill(plan, who, of(&phrases::MEETINGS, touch.phrase)), str::to_string);
            r.put("hs_meeting_title", title);
            r.put("hs_meeting_start_time", moment_text(touch.at));
            r.put("hs_meeting_end_time", moment_text(touch.at + touch.minutes * 60_000));
            r.put("hs_meeting_outcome", touch.outcome);
            r.put("hs_meeting_location", of(&["Video call", "Video call", "On site"], touch.phrase >> 9));
        }
        Kind::Call => {
            r.put("hs_call_title", fill(plan, who, of(&phrases::CALLS, touch.phrase)));
            r.put("hs_call_body", of(&phrases::CALL_BODIES, touch.phrase >> 7));
            r.put("hs_call_direction", if touch.theirs { "INBOUND" } else { "OUTBOUND" });
            r.put("hs_call_status", touch.outcome);
            r.put("hs_call_duration", (touch.minutes * 60_000).to_string());
        }
        _ => {
            let (subject, text) = of(&phrases::MAILS, touch.phrase);
            r.put("hs_email_subject", if touch.theirs { format!("Re: {subject}") } else { subject.to_string() });
            r.put("hs_email_text", if touch.theirs { of(&phrases::REPLIES, touch.phrase >> 5) } else { text });
            r.put("hs_email_direction", if touch.theirs { "INCOMING_EMAIL" } else { "EMAIL" });
            r.put("hs_email_status", "SENT");
        }
    }
    Some(r)
}
