//! What meetings, calls, mails, notes, tasks and tickets say.
//! Decides wording only; `{who}`, `{company}` are filled in by the one who uses a phrase.

pub(crate) const MEETINGS: [&str; 10] = [
    "Quarterly business review",
    "Monthly check-in",
    "Roadmap session",
    "Success plan review",
    "Roll-out planning",
    "Value review with {who}",
    "Executive sponsor meeting",
    "Workflow workshop",
    "Adoption review",
    "Planning for the next quarter",
];

pub(crate) const CALLS: [&str; 8] = [
    "Check-in call with {who}",
    "Follow-up on the open questions",
    "Call about reporting",
    "Renewal timing",
    "Walk-through of the new dashboards",
    "Call about the integration",
    "Training needs of the new team",
    "Quick call after the review",
];

pub(crate) const CALL_BODIES: [&str; 6] = [
    "Went through the open points. Next step agreed.",
    "They are content with the answer times; asked for a short guide to exports.",
    "Two new teams start next month. We send the training links.",
    "Wants figures for the steering committee by the end of the month.",
    "No open issues. Speaks of adding a site.",
    "Budget round is in progress, nothing decided yet.",
];

pub(crate) const MAILS: [(&str, &str); 10] = [
    ("Notes from our meeting", "Thank you for the time today. The points we agreed are below; shout if I missed one."),
    ("Your usage in the last quarter", "Here are the figures for your teams. Exports and alerts have grown the most."),
    ("Dates for the review", "Would one of these dates suit you and your colleagues for the review?"),
    (
        "Guide to scheduled reports",
        "As promised, the short guide to scheduled reports, with the steps for your set-up.",
    ),
    ("Question about permissions", "Which roles should be able to approve? We can set this up before Thursday."),
    ("Roadmap for the next two quarters", "Attached is what is planned; the two items you asked for are marked."),
    ("Training for the new colleagues", "Two sessions are open next week, please pick one for your new colleagues."),
    ("Your open ticket", "Support found the cause. I will write as soon as the fix is out."),
    ("Renewal timeline", "To leave room for your approvals I suggest we start with the paperwork in good time."),
    ("How did the go-live feel?", "You have been live for a while now. What works well, and what gets in the way?"),
];

pub(crate) const REPLIES: [&str; 6] = [
    "Thanks, that helps. Thursday works for us.",
    "Thank you. I have passed this on to the team.",
    "Looks good. Can we add Lena from finance to the next one?",
    "Received, we will come back to you by Friday.",
    "Great, exactly what we needed for the steering committee.",
    "Thanks. One question: does this include the second site?",
];

pub(crate) const NOTES: [&str; 10] = [
    "Reviewed goals for the year with {who}. Main aim: fewer manual reports.",
    "{who} mentioned a reorganisation in the new year. Ask again in a month.",
    "Good energy in the call. They want to show the dashboard to the board.",
    "Asked for audit log exports. Logged with product.",
    "Second site goes live next quarter; seats may follow.",
    "Training held for 12 people, good questions.",
    "{who} prefers short mails over calls.",
    "Procurement wants three months of notice for any price change.",
    "Integration with their warehouse system is the blocker for the next team.",
    "Reference call is possible once the value figures are agreed.",
];

pub(crate) const TASKS: [&str; 8] = [
    "Send usage figures to {who}",
    "Prepare the quarterly review",
    "Ask for an introduction to finance",
    "Follow up on the training dates",
    "Check seats against contract",
    "Send the guide to scheduled reports",
    "Confirm the date of the renewal call",
    "Update the success plan",
];

/// Category as the CRM files it, and the subject.
pub(crate) const TICKETS: [(&str, &str); 14] = [
    ("PRODUCT_ISSUE", "Export stops at 10,000 rows"),
    ("PRODUCT_ISSUE", "Scheduled report arrived twice"),
    ("GENERAL_INQUIRY", "How to change an approver"),
    ("PRODUCT_ISSUE", "Dashboard slow in the morning"),
    ("BILLING_ISSUE", "Purchase order missing on invoice"),
    ("GENERAL_INQUIRY", "Single sign-on for a second domain"),
    ("PRODUCT_ISSUE", "Numbers differ between report and dashboard"),
    ("FEATURE_REQUEST", "Audit log as a download"),
    ("GENERAL_INQUIRY", "Access for external auditors"),
    ("PRODUCT_ISSUE", "Integration stopped after update"),
    ("PRODUCT_ISSUE", "Alerts not sent to group mailbox"),
    ("GENERAL_INQUIRY", "Restore a deleted scenario"),
    ("BILLING_ISSUE", "Seats on the invoice do not match"),
    ("FEATURE_REQUEST", "Dark colours for the wall screen"),
];

pub(crate) const LEAVE: [(&str, &str); 6] = [
    ("price", "Price"),
    ("competitor", "Went to a competitor"),
    ("sponsor_left", "Sponsor left"),
    ("low_use", "Not used enough"),
    ("merged", "Merged with another company"),
    ("missing_feature", "Missing feature"),
];

/// Event name in the usage tool, label in the CRM.
pub(crate) const FEATURES: [(&str, &str); 12] = [
    ("dashboard_viewed", "Dashboards"),
    ("report_exported", "Report exports"),
    ("alert_created", "Alerts"),
    ("scenario_compared", "Scenarios"),
    ("forecast_run", "Forecasts"),
    ("workflow_published", "Workflows"),
    ("integration_synced", "Integrations"),
    ("approval_given", "Approvals"),
    ("api_called", "API"),
    ("schedule_sent", "Scheduled reports"),
    ("audit_log_viewed", "Audit log"),
    ("mobile_checkin", "Mobile check-in"),
];
