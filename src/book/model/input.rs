//! Every input that a measure can be built on: the closed list that `health.toml` chooses from.
//!
//! Decides names, units and how long each speaks. How an input is read from facts stands in [`crate::book::reading`].

/// What a measure looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    UsageTrend,
    UsageChange,
    UsageUtilisation,
    UsageBreadth,
    ContactBuyer,
    ContactInfluencer,
    ContactUser,
    PeopleEngaged,
    PeopleCoverage,
    PeopleChampion,
    TicketsOpened,
    TicketsEscalated,
    SurveyCsat,
    Pulse,
    InvoiceOverdue,
    RenewalDays,
}

/// How long a reading speaks when `health.toml` says nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Validity {
    /// So many days after the newest fact behind it.
    Days(f64),
    /// Twice the cadence of its tier.
    Cadence,
    /// A state in force: it holds as long as its source says so.
    Standing,
}

/// One row of the table of inputs.
#[derive(Clone, Copy, Debug)]
pub struct InputSpec {
    /// The name in `health.toml`.
    pub name: &'static str,
    pub input: Input,
    /// What its value is, with its unit.
    pub says: &'static str,
    pub validity: Validity,
}

/// All inputs.
pub const INPUTS: [InputSpec; 16] = [
    InputSpec {
        name: "usage.trend",
        input: Input::UsageTrend,
        says: "slope of eight weekly means of daily active users, as a share of their mean per week",
        validity: Validity::Days(60.0),
    },
    InputSpec {
        name: "usage.change",
        input: Input::UsageChange,
        says: "daily active users of the last 28 days against the 28 before, as a share",
        validity: Validity::Days(60.0),
    },
    InputSpec {
        name: "usage.utilisation",
        input: Input::UsageUtilisation,
        says: "active users in 28 days over licensed seats, 0 to 1",
        validity: Validity::Days(60.0),
    },
    InputSpec {
        name: "usage.breadth",
        input: Input::UsageBreadth,
        says: "key features used in 28 days over key features bought, 0 to 1",
        validity: Validity::Days(60.0),
    },
    InputSpec {
        name: "contact.buyer",
        input: Input::ContactBuyer,
        says: "days since the last two-way touch with a buyer, in cadences",
        validity: Validity::Cadence,
    },
    InputSpec {
        name: "contact.influencer",
        input: Input::ContactInfluencer,
        says: "days since the last two-way touch with an influencer, in cadences",
        validity: Validity::Cadence,
    },
    InputSpec {
        name: "contact.user",
        input: Input::ContactUser,
        says: "days since the last two-way touch with a user or builder, in cadences",
        validity: Validity::Cadence,
    },
    InputSpec {
        name: "people.engaged",
        input: Input::PeopleEngaged,
        says: "buyers and influencers touched inside their cadence, a count",
        validity: Validity::Standing,
    },
    InputSpec {
        name: "people.coverage",
        input: Input::PeopleCoverage,
        says: "tiers engaged over tiers expected, 0 to 1",
        validity: Validity::Standing,
    },
    InputSpec {
        name: "people.champion",
        input: Input::PeopleChampion,
        says: "1: a champion is there; 0: the last one left (speaks for a year)",
        validity: Validity::Days(365.0),
    },
    InputSpec {
        name: "tickets.opened",
        input: Input::TicketsOpened,
        says: "tickets opened in the last 30 days, a count",
        validity: Validity::Days(30.0),
    },
    InputSpec {
        name: "tickets.escalated",
        input: Input::TicketsEscalated,
        says: "escalated tickets that are open, a count",
        validity: Validity::Days(30.0),
    },
    InputSpec {
        name: "survey.csat",
        input: Input::SurveyCsat,
        says: "the last satisfaction survey, 0 to 10",
        validity: Validity::Days(180.0),
    },
    InputSpec {
        name: "pulse",
        input: Input::Pulse,
        says: "the CSM's own pulse: 0 red, 1 yellow, 2 green",
        validity: Validity::Days(120.0),
    },
    InputSpec {
        name: "invoice.overdue",
        input: Input::InvoiceOverdue,
        says: "days that the invoice is late; 0: paid, or not yet due",
        validity: Validity::Standing,
    },
    InputSpec {
        name: "renewal.days",
        input: Input::RenewalDays,
        says: "days to the renewal date; negative: it has passed",
        validity: Validity::Standing,
    },
];

impl Input {
    /// The input of that name.
    pub fn parse(name: &str) -> Option<Self> {
        INPUTS.iter().find(|spec| spec.name == name).map(|spec| spec.input)
    }

    /// Its row of the table.
    pub fn spec(self) -> &'static InputSpec {
        // The test below holds the table to the order of the enum.
        &INPUTS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_enum() {
        for spec in INPUTS {
            assert_eq!(spec.input.spec().name, spec.name);
            assert_eq!(Input::parse(spec.name), Some(spec.input));
        }
    }
}
