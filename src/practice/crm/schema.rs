//! Which properties each record type has, and which values they take.
//! Decides names, labels, types and options, and judges a value that a client wants to write.
//! Standard properties are the vendor's; those marked custom are the practice company's own.

use std::sync::OnceLock;

use crate::practice::kinds::Kind;
use crate::practice::words::{companies, phrases};
use crate::practice::world::clock;

/// What a property holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holds {
    Text,
    /// Text that may hold HTML, with its greatest length.
    Html(usize),
    Number,
    Date,
    Moment,
    Bool,
    /// One of the options (value, label).
    One(Vec<(&'static str, &'static str)>),
    /// Some of the options, joined by `;`.
    Many(Vec<(&'static str, &'static str)>),
    Owner,
}

#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub holds: Holds,
    pub custom: bool,
    pub read_only: bool,
    pub unique: bool,
}

/// Why a value was refused: the vendor's code and a sentence.
pub(crate) type Refusal = (&'static str, String);

impl Field {
    fn new(name: &'static str, label: &'static str, holds: Holds) -> Field {
        Field { name, label, holds, custom: false, read_only: false, unique: false }
    }

    fn custom(mut self) -> Field {
        self.custom = true;
        self
    }

    fn read_only(mut self) -> Field {
        self.read_only = true;
        self
    }

    fn unique(mut self) -> Field {
        self.unique = true;
        self
    }

    /// The vendor's data type and form field type.
    pub(crate) fn types(&self) -> (&'static str, &'static str) {
        match self.holds {
            Holds::Text => ("string", "text"),
            Holds::Html(_) => ("string", "html"),
            Holds::Number => ("number", "number"),
            Holds::Date => ("date", "date"),
            Holds::Moment => ("datetime", "date"),
            Holds::Bool => ("bool", "booleancheckbox"),
            Holds::One(_) | Holds::Owner => ("enumeration", "select"),
            Holds::Many(_) => ("enumeration", "checkbox"),
        }
    }

    /// The value as it would be stored, or why not. An empty text clears the property.
    pub(crate) fn accept(&self, text: &str) -> Result<String, Refusal> {
        if text.is_empty() {
            return Ok(String::new());
        }
        match &self.holds {
            Holds::Text => Ok(text.to_string()),
            Holds::Html(most) if text.chars().count() > *most => {
                Err(("INVALID_LENGTH", format!("{} is longer than {most} characters", self.name)))
            }
            Holds::Html(_) => Ok(super::html::clean(text)),
            Holds::Number => match text.parse::<f64>() {
                Ok(n) if n.is_finite() => Ok(text.to_string()),
                _ => Err(("INVALID_DOUBLE", format!("{text} was not a valid number"))),
            },
            Holds::Date => match clock::parse_moment(text) {
                Some(ms) if ms % clock::MS_PER_DAY == 0 => Ok(clock::day_text(clock::day_of_ms(ms))),
                _ => Err(("INVALID_DATE", format!("{text} was not a valid date: it needs YYYY-MM-DD or midnight UTC"))),
            },
            Holds::Moment => match clock::parse_moment(text) {
                Some(ms) => Ok(clock::moment_text(ms)),
                None => Err(("INVALID_LONG", format!("{text} was not a valid date and time"))),
            },
            Holds::Bool if text == "true" || text == "false" => Ok(text.to_string()),
            Holds::Bool => Err(("INVALID_OPTION", format!("{text} was not one of the allowed options: [true, false]"))),
            Holds::One(options) => option(options, text).map(|()| text.to_string()),
            Holds::Many(options) => text.split(';').try_for_each(|one| option(options, one)).map(|()| text.to_string()),
            // Whether the owner exists is asked where the owners are known.
            Holds::Owner => Ok(text.to_string()),
        }
    }
}

fn option(options: &[(&'static str, &'static str)], text: &str) -> Result<(), Refusal> {
    if options.iter().any(|(value, _)| *value == text) {
        return Ok(());
    }
    let all: Vec<&str> = options.iter().map(|(value, _)| *value).collect();
    Err(("INVALID_OPTION", format!("{text} was not one of the allowed options: [{}]", all.join(", "))))
}

/// All properties of a record type. `note_key` adds the property with unique values on notes.
pub(crate) fn fields(kind: Kind, note_key: bool) -> &'static [Field] {
    static PLAIN: OnceLock<Vec<Vec<Field>>> = OnceLock::new();
    static KEYED: OnceLock<Vec<Field>> = OnceLock::new();
    if note_key && kind == Kind::Note {
        return KEYED.get_or_init(|| {
            let mut list = build(Kind::Note);
            list.push(Field::new("rounds_key", "Rounds key", Holds::Text).custom().unique());
            list
        });
    }
    &PLAIN.get_or_init(|| Kind::ALL.into_iter().map(build).collect())[kind as usize]
}

pub(crate) fn field(kind: Kind, name: &str, note_key: bool) -> Option<&'static Field> {
    fields(kind, note_key).iter().find(|field| field.name == name)
}

/// What is answered when a client asks for no property by name.
pub(crate) fn defaults(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Company => &["name", "domain"],
        Kind::Contact => &["firstname", "lastname", "email"],
        Kind::Deal => &["dealname", "amount", "closedate", "pipeline", "dealstage"],
        Kind::Ticket => {
            &["subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_priority"]
        }
        _ => &[],
    }
}

const YES_NO: [(&str, &str); 2] = [("true", "Yes"), ("false", "No")];

fn build(kind: Kind) -> Vec<Field> {
    use Holds::*;
    let f = Field::new;
    let one = |list: &[(&'static str, &'static str)]| One(list.to_vec());
    let mut list = vec![
        f("hs_object_id", "Record ID", Number).read_only(),
        f(kind.created(), "Create date", Moment),
        f(kind.modified(), "Last modified date", Moment).read_only(),
        f("hubspot_owner_id", "Owner", Owner),
    ];
    if kind.engagement() {
        list.push(f("hs_timestamp", "Activity date", Moment));
        list.push(f("hs_created_by_user_id", "Created by user ID", Number).read_only());
        list.push(f("hs_updated_by_user_id", "Updated by user ID", Number).read_only());
        list.push(f("hs_body_preview", "Body preview", Text).read_only());
    }
    match kind {
        Kind::Company => companies_fields(&mut list),
        Kind::Contact => list.extend([
            f("firstname", "First name", Text),
            f("lastname", "Last name", Text),
            f("jobtitle", "Job title", Text),
            f("email", "Email", Text).unique(),
            f("phone", "Phone number", Text),
            f("mobilephone", "Mobile phone number", Text),
            f("company", "Company name", Text),
            f("associatedcompanyid", "Primary company", Number),
            f("hs_buying_role", "Buying role", Many(ROLES.to_vec())),
            f("hs_seniority", "Seniority", one(&SENIORITY)),
            f("lifecyclestage", "Lifecycle stage", one(&LIFE)),
            f("notes_last_contacted", "Last contacted", Moment).read_only(),
            f("is_champion", "Our champion", Bool).custom(),
            f("contact_status", "Contact status", one(&[("active", "Active"), ("left", "Left the company")])).custom(),
            f("has_left", "Has left the company", Bool).custom(),
            f("left_on", "Left on", Date).custom(),
            f("product_last_seen", "Last log-in to the product", Date).custom(),
        ]),
        Kind::Deal => list.extend([
            f("dealname", "Deal name", Text),
            f("amount", "Amount", Number),
            f("closedate", "Close date", Moment),
            f("pipeline", "Pipeline", one(&[("default", "Sales pipeline"), ("renewals", "Renewals")])),
            f("dealstage", "Deal stage", one(&stage_labels(Kind::Deal))),
            f(
                "dealtype",
                "Deal type",
                one(&[("newbusiness", "New business"), ("existingbusiness", "Existing business")]),
            ),
            f("hs_is_closed", "Is closed", Bool).read_only(),
            f("hs_is_closed_won", "Is closed won", Bool).read_only(),
            f("hs_arr", "Annual recurring revenue", Number),
            f("deal_currency_code", "Currency", one(&CURRENCIES)),
            f("closed_lost_reason", "Closed lost reason", Text),
            f("hs_manual_forecast_category", "Forecast category", one(&FORECAST)),
        ]),
        Kind::Ticket => list.extend([
            f("subject", "Ticket name", Text),
            f("content", "Ticket description", Text),
            f("hs_pipeline", "Pipeline", one(&[("0", "Support")])),
            f("hs_pipeline_stage", "Ticket status", one(&stage_labels(Kind::Ticket))),
            f(
                "hs_ticket_priority",
                "Priority",
                one(&[("LOW", "Low"), ("MEDIUM", "Medium"), ("HIGH", "High"), ("URGENT", "Urgent")]),
            ),
            f("hs_ticket_category", "Category", one(&CATEGORIES)),
            f("closed_date", "Close date", Moment),
            f("is_escalated", "Escalated", Bool).custom(),
            f("escalated_on", "Escalated on", Date).custom(),
        ]),
        Kind::Note => list.push(f("hs_note_body", "Note body", Html(65_536))),
        Kind::Task => list.extend([
            f("hs_task_subject", "Task title", Text),
            f("hs_task_body", "Task notes", Html(65_536)),
            f("hs_task_status", "Task status", one(&TASK_STATUS)),
            f(
                "hs_task_priority",
                "Priority",
                one(&[("NONE", "None"), ("LOW", "Low"), ("MEDIUM", "Medium"), ("HIGH", "High")]),
            ),
            f("hs_task_type", "Task type", one(&[("TODO", "To-do"), ("CALL", "Call"), ("EMAIL", "Email")])),
            f("hs_task_completion_date", "Completed at", Moment).read_only(),
        ]),
        Kind::Meeting => list.extend([
            f("hs_meeting_title", "Meeting name", Text),
            f("hs_meeting_body", "Meeting description", Html(65_536)),
            f("hs_meeting_start_time", "Meeting start time", Moment),
            f("hs_meeting_end_time", "Meeting end time", Moment),
            f("hs_meeting_outcome", "Meeting outcome", one(&MEETING_OUTCOME)),
            f("hs_meeting_location", "Meeting location", Text),
        ]),
        Kind::Call => list.extend([
            f("hs_call_title", "Call title", Text),
            f("hs_call_body", "Call notes", Html(65_536)),
            f("hs_call_direction", "Call direction", one(&[("INBOUND", "Inbound"), ("OUTBOUND", "Outbound")])),
            f("hs_call_status", "Call status", one(&CALL_STATUS)),
            f("hs_call_duration", "Call duration (ms)", Number),
        ]),
        Kind::Email => list.extend([
            f("hs_email_subject", "Email subject", Text),
            f("hs_email_text", "Email body", Text),
            f(
                "hs_email_direction",
                "Email direction",
                one(&[
                    ("EMAIL", "Email"),
                    ("INCOMING_EMAIL", "Incoming email"),
                    ("FORWARDED_EMAIL", "Forwarded email"),
                ]),
            ),
            f(
                "hs_email_status",
                "Email send status",
                one(&[
                    ("SENT", "Sent"),
                    ("SENDING", "Sending"),
                    ("SCHEDULED", "Scheduled"),
                    ("FAILED", "Failed"),
                    ("BOUNCED", "Bounced"),
                ]),
            ),
        ]),
    }
    list
}

fn companies_fields(list: &mut Vec<Field>) {
    use Holds::*;
    let f = Field::new;
    let one = |list: &[(&'static str, &'static str)]| One(list.to_vec());
    list.extend([
        f("name", "Company name", Text),
        f("domain", "Company domain name", Text),
        f("website", "Website URL", Text),
        f("hs_additional_domains", "Additional domains", Text),
        f("hubspot_team_id", "Owner's team", Text).read_only(),
        f("hubspot_owner_assigneddate", "Owner assigned date", Moment).read_only(),
        f("industry", "Industry", One(companies::industries().into_iter().map(|code| (code, code)).collect())),
        f("lifecyclestage", "Lifecycle stage", one(&LIFE)),
        f(
            "type",
            "Type",
            one(&[
                ("PROSPECT", "Prospect"),
                ("CUSTOMER", "Customer"),
                ("PAST_CUSTOMER", "Past customer"),
                ("PARTNER", "Partner"),
                ("OTHER", "Other"),
            ]),
        ),
        f("city", "City", Text),
        f("country", "Country/Region", Text),
        f("phone", "Phone number", Text),
        f("annualrevenue", "Annual revenue", Number),
        f("numberofemployees", "Number of employees", Number),
        f("hs_merged_object_ids", "Merged record IDs", Text).read_only(),
        f("notes_last_contacted", "Last contacted", Moment).read_only(),
        f("notes_next_activity_date", "Next activity date", Moment).read_only(),
        f("num_associated_contacts", "Number of associated contacts", Number).read_only(),
        f("annual_recurring_revenue", "Annual recurring revenue", Number).custom(),
        f("contract_currency", "Contract currency", one(&CURRENCIES)).custom(),
        f("contract_start", "Contract start", Date).custom(),
        f("contract_end", "Contract end (renewal)", Date).custom(),
        f(
            "customer_segment",
            "Customer segment",
            one(&[("Enterprise", "Enterprise"), ("Mid", "Mid-market"), ("SMB", "Small business")]),
        )
        .custom(),
        f(
            "customer_stage",
            "Customer stage",
            one(&[("onboarding", "Onboarding"), ("live", "Live"), ("former", "Former")]),
        )
        .custom(),
        f("licensed_seats", "Licensed seats", Number).custom(),
        f("key_features", "Key features bought", Many(phrases::FEATURES.to_vec())).custom(),
        f("key_features_bought", "Number of key features bought", Number).custom(),
        f("onboarding_started", "Onboarding started", Date).custom(),
        f("go_live_date", "Go-live date", Date).custom(),
        f("churned_on", "Churned on", Date).custom(),
        f("churn_reason", "Churn reason", one(&phrases::LEAVE)).custom(),
        f("invoice_state", "Invoice state", one(&[("paid", "Paid"), ("open", "Open"), ("overdue", "Overdue")]))
            .custom(),
        f("invoice_due", "Invoice due", Date).custom(),
        f("invoice_amount", "Invoice amount", Number).custom(),
        f("csat_score", "CSAT (0 to 10)", Number).custom(),
        f("csat_on", "CSAT asked on", Date).custom(),
        f("cost_to_serve", "Cost to serve (a year)", Number).custom(),
        f("white_space", "White space", Number).custom(),
        f("strategic_value", "Strategic value (0 to 100)", Number).custom(),
        f("posthog_group", "Usage tool group key", Text).custom(),
    ]);
}

const ROLES: [(&str, &str); 9] = [
    ("BLOCKER", "Blocker"),
    ("BUDGET_HOLDER", "Budget holder"),
    ("CHAMPION", "Champion"),
    ("DECISION_MAKER", "Decision maker"),
    ("END_USER", "End user"),
    ("EXECUTIVE_SPONSOR", "Executive sponsor"),
    ("INFLUENCER", "Influencer"),
    ("LEGAL_AND_COMPLIANCE", "Legal and compliance"),
    ("OTHER", "Other"),
];
const SENIORITY: [(&str, &str); 9] = [
    ("director", "Director"),
    ("employee", "Employee"),
    ("entry", "Entry"),
    ("executive", "Executive"),
    ("manager", "Manager"),
    ("owner", "Owner"),
    ("partner", "Partner"),
    ("senior", "Senior"),
    ("vp", "VP"),
];
const LIFE: [(&str, &str); 9] = [
    ("subscriber", "Subscriber"),
    ("lead", "Lead"),
    ("marketingqualifiedlead", "Marketing qualified lead"),
    ("salesqualifiedlead", "Sales qualified lead"),
    ("opportunity", "Opportunity"),
    ("customer", "Customer"),
    ("evangelist", "Evangelist"),
    ("other", "Other"),
    ("former_customer", "Former customer"),
];
const CURRENCIES: [(&str, &str); 3] = [("USD", "US dollar"), ("EUR", "Euro"), ("GBP", "Pound sterling")];
const FORECAST: [(&str, &str); 5] = [
    ("OMIT", "Not forecasted"),
    ("PIPELINE", "Pipeline"),
    ("BEST_CASE", "Best case"),
    ("COMMIT", "Commit"),
    ("CLOSED", "Closed won"),
];
const CATEGORIES: [(&str, &str); 4] = [
    ("PRODUCT_ISSUE", "Product issue"),
    ("BILLING_ISSUE", "Billing issue"),
    ("FEATURE_REQUEST", "Feature request"),
    ("GENERAL_INQUIRY", "General inquiry"),
];
const TASK_STATUS: [(&str, &str); 5] = [
    ("NOT_STARTED", "Not started"),
    ("IN_PROGRESS", "In progress"),
    ("WAITING", "Waiting"),
    ("COMPLETED", "Completed"),
    ("DEFERRED", "Deferred"),
];
const MEETING_OUTCOME: [(&str, &str); 5] = [
    ("SCHEDULED", "Scheduled"),
    ("COMPLETED", "Completed"),
    ("RESCHEDULED", "Rescheduled"),
    ("NO_SHOW", "No show"),
    ("CANCELED", "Canceled"),
];
const CALL_STATUS: [(&str, &str); 9] = [
    ("BUSY", "Busy"),
    ("CALLING_CRM_USER", "Calling CRM user"),
    ("CANCELED", "Canceled"),
    ("COMPLETED", "Completed"),
    ("CONNECTING", "Connecting"),
    ("FAILED", "Failed"),
    ("IN_PROGRESS", "In progress"),
    ("NO_ANSWER", "No answer"),
    ("QUEUED", "Queued"),
];

/// A stage of a pipeline: id, label, and the vendor's metadata (probability, or ticket state).
pub(crate) type Stage = (&'static str, &'static str, &'static str);

/// The pipelines of a record type: id, label, stages in order.
pub(crate) fn pipelines(kind: Kind) -> &'static [(&'static str, &'static str, &'static [Stage])] {
    const DEALS: &[(&str, &str, &[Stage])] = &[
        (
            "default",
            "Sales pipeline",
            &[
                ("appointmentscheduled", "Appointment scheduled", "0.2"),
                ("qualifiedtobuy", "Qualified to buy", "0.4"),
                ("presentationscheduled", "Presentation scheduled", "0.6"),
                ("contractsent", "Contract sent", "0.9"),
                ("closedwon", "Closed won", "1.0"),
                ("closedlost", "Closed lost", "0.0"),
            ],
        ),
        (
            "renewals",
            "Renewals",
            &[
                ("renewal_upcoming", "Upcoming", "0.7"),
                ("renewal_in_talks", "In talks", "0.7"),
                ("renewal_quoted", "Quoted", "0.9"),
                ("renewal_won", "Renewed", "1.0"),
                ("renewal_lost", "Not renewed", "0.0"),
            ],
        ),
    ];
    const TICKETS: &[(&str, &str, &[Stage])] = &[(
        "0",
        "Support",
        &[
            ("1", "New", "OPEN"),
            ("2", "Waiting on contact", "OPEN"),
            ("3", "Waiting on us", "OPEN"),
            ("5", "Escalated", "OPEN"),
            ("4", "Closed", "CLOSED"),
        ],
    )];
    match kind {
        Kind::Deal => DEALS,
        Kind::Ticket => TICKETS,
        _ => &[],
    }
}

fn stage_labels(kind: Kind) -> Vec<(&'static str, &'static str)> {
    pipelines(kind).iter().flat_map(|(_, _, stages)| stages.iter().map(|(id, label, _)| (*id, *label))).collect()
}

/// The options of a property as the vendor lists them (value, label).
pub(crate) fn options(field: &Field) -> &[(&'static str, &'static str)] {
    match &field.holds {
        Holds::One(list) | Holds::Many(list) => list,
        Holds::Bool => &YES_NO,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::practice::world::{generate, render};

    #[test]
    fn every_generated_value_is_one_that_the_schema_accepts() {
        let world = generate(60, 3, 20_600);
        for account in 0..world.total() {
            let plan = world.plan(account);
            for kind in Kind::ALL {
                for slot in 0..plan.count(kind) as u32 {
                    let record = render::record(&world, &plan, kind, slot).unwrap();
                    for field in fields(kind, false) {
                        if let Some(value) = record.get(field.name) {
                            assert_eq!(
                                field.accept(&value).as_deref(),
                                Ok(value.as_str()),
                                "{} of {kind:?}",
                                field.name
                            );
                        }
                    }
                    for (name, _) in &record.history {
                        assert!(field(kind, name, false).is_some(), "{name}");
                    }
                }
            }
        }
    }

    #[test]
    fn values_are_judged_by_type() {
        let of = |kind, name| field(kind, name, false).unwrap();
        assert_eq!(of(Kind::Task, "hs_task_status").accept("DONE").unwrap_err().0, "INVALID_OPTION");
        assert_eq!(of(Kind::Company, "licensed_seats").accept("many").unwrap_err().0, "INVALID_DOUBLE");
        assert_eq!(of(Kind::Company, "contract_end").accept("1767225600000").as_deref(), Ok("2026-01-01"));
        assert_eq!(of(Kind::Company, "contract_end").accept("1767225600001").unwrap_err().0, "INVALID_DATE");
        assert_eq!(of(Kind::Contact, "hs_buying_role").accept("CHAMPION;BOSS").unwrap_err().0, "INVALID_OPTION");
        assert_eq!(of(Kind::Note, "hs_note_body").accept(&"x".repeat(65_537)).unwrap_err().0, "INVALID_LENGTH");
        assert_eq!(of(Kind::Note, "hs_timestamp").accept("soon").unwrap_err().0, "INVALID_LONG");
    }
}
