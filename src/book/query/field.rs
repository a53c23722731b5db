//! The names that a query can use, with their units: the one table that parser, help, completion and errors read.
//!
//! Decides nothing: how a field is read from facts stands in `look`, how it is asked of the store in `store`.

use crate::book::model::Input;

/// How a number is written, typed and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// `50`
    Points,
    /// `40%` or `0.4`; a ratio.
    Share,
    /// A ratio with its sign: `-20%`.
    Change,
    /// `100k`, `1.5M`; units of the book's currency.
    Money,
    /// `90d`, `6w`, `3m`, or a date: so many days ago, or for so many days.
    Days,
    /// A day to come: `90d` from today, a date, `q1`.
    Date,
    /// `3`
    Number,
    /// Words in their order, worst first.
    Level(&'static [&'static str]),
}

/// What a field needs to be known of an account before it can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Needs {
    /// Facts only: measures, gates and overrides can use it.
    Facts,
    /// The score: rules and plays can use it.
    Score,
    /// The flags: plays, filters and views can use it.
    Flags,
}

/// The pulse in words, worst first.
pub const PULSES: &[&str] = &["red", "yellow", "green"];

/// The steps of the pyramid, lowest first.
pub const STEPS: &[&str] = &["evaluator", "beginner", "regular", "champion"];

/// Usage metrics that people say otherwise: as typed, and as sources deliver them.
pub const METRICS: [(&str, &str); 2] = [("active", "active_users"), ("seats", "seats_used")];

/// One field that holds a number.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    pub field: Field,
    /// As it is typed; `*` stands for the name of a usage metric.
    pub name: &'static str,
    pub unit: Unit,
    pub needs: Needs,
    /// Days of the window where none is given; `None`: it takes none.
    pub window: Option<i32>,
    pub says: &'static str,
    pub example: &'static str,
}

macro_rules! numbers {
    ($($id:ident $name:literal $unit:expr, $needs:ident, $window:expr, $says:literal, $example:literal;)*) => {
        /// A field that holds a number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Field { $(#[doc = $says] $id,)* }

        /// All fields that hold numbers, in the order of the enum.
        pub static FIELDS: &[FieldSpec] = &[$(FieldSpec {
            field: Field::$id, name: $name, unit: $unit, needs: Needs::$needs, window: $window, says: $says, example: $example,
        },)*];
    };
}

use Unit::{Change as Rel, Date, Days, Level, Money, Number, Points, Share};

numbers! {
    Health "health" Points, Score, None, "the score, 0 to 100", "health<50";
    Confidence "confidence" Share, Score, None, "how sure the score is", "confidence<40%";
    Change "change" Points, Score, Some(7), "the score against seven days before, or change(28d)", "change<-5";
    Arr "arr" Money, Facts, None, "ARR in the book's currency", "arr>100k";
    Renewal "renewal" Date, Facts, None, "the renewal date", "renewal<90d";
    Touch "touch" Days, Facts, None, "days since anybody was touched", "touch>30d";
    Age "age" Days, Facts, None, "how long it has been a customer", "age<6m";
    RenewalDays "renewal.days" Days, Facts, None, "days to the renewal; negative: it has passed", "renewal.days<=30";
    RenewalLate "renewal.late" Days, Facts, None, "days since the renewal date passed without a new one", "renewal.late>14d";
    Seats "seats" Number, Facts, None, "licensed seats", "seats>=50";
    SeatsUsed "seats.used" Number, Facts, None, "seats in use in 28 days", "seats.used<20";
    SeatsUnused "seats.unused" Number, Facts, None, "licensed seats that nobody uses", "seats.unused>25";
    UsageUtilisation "usage.utilisation" Share, Facts, None, "active users in 28 days over licensed seats", "usage.utilisation<50%";
    UsageChange "usage.change" Rel, Facts, None, "daily active users of 28 days against the 28 before", "usage.change<-20%";
    UsageTrend "usage.trend" Rel, Facts, None, "slope of eight weekly means of daily active users, a week", "usage.trend<-2%";
    UsageBreadth "usage.breadth" Share, Facts, None, "key features used in 28 days over those bought", "usage.breadth<50%";
    FeaturesUsed "features.used" Number, Facts, None, "key features used in 28 days", "features.used<3";
    FeaturesBought "features.bought" Number, Facts, None, "key features bought", "features.bought>5";
    MetricMean "usage.*.mean" Number, Facts, Some(28), "mean a day of a usage metric, as in usage.active.mean(28d); usage.active.mean(28d, 28d) is the 28 days before those", "usage.active.mean(28d)>20";
    MetricSum "usage.*.sum" Number, Facts, Some(28), "sum of a usage metric over a window", "usage.events.sum(28d)<100";
    MetricChange "usage.*.change" Rel, Facts, Some(28), "a window of a usage metric against the one before it", "usage.active.change(28d)<-20%";
    MetricTrend "usage.*.trend" Rel, Facts, Some(56), "slope of the weekly means of a usage metric, a week", "usage.active.trend(8w)<-2%";
    MetricLast "usage.*.last" Number, Facts, None, "the last value of a usage metric", "usage.seats.last>100";
    MetricAge "usage.*.age" Days, Facts, None, "days since a usage metric was last reported", "usage.active.age>7d";
    ContactBuyer "contact.buyer" Number, Facts, None, "days since the last two-way touch with a buyer, in cadences", "contact.buyer>1";
    ContactInfluencer "contact.influencer" Number, Facts, None, "days since the last two-way touch with an influencer, in cadences", "contact.influencer>1";
    ContactUser "contact.user" Number, Facts, None, "days since the last two-way touch with a user or builder, in cadences", "contact.user>1";
    BuyerTouch "buyer.touch" Days, Facts, None, "days since a buyer was touched; never: since the first is known", "buyer.touch>90d";
    InfluencerTouch "influencer.touch" Days, Facts, None, "days since an influencer was touched", "influencer.touch>60d";
    UserTouch "user.touch" Days, Facts, None, "days since a user or builder was touched", "user.touch>30d";
    BuyerCadence "cadence.buyer" Days, Facts, None, "days between two touches with a buyer that the model wants", "buyer.touch>cadence.buyer";
    InfluencerCadence "cadence.influencer" Days, Facts, None, "days between two touches with an influencer", "influencer.touch>cadence.influencer";
    UserCadence "cadence.user" Days, Facts, None, "days between two touches with a user", "user.touch>cadence.user";
    Engaged "people.engaged" Number, Facts, None, "buyers and influencers touched inside their cadence", "people.engaged<2";
    Coverage "people.coverage" Share, Facts, None, "tiers engaged over tiers expected", "people.coverage<100%";
    Champion "people.champion" Number, Facts, None, "1: a champion is there; 0: the last one left", "people.champion=0";
    ChampionLeft "champion.left" Days, Facts, None, "days since our champion left, while none is named since", "champion.left<180d";
    TicketsOpened "tickets.opened" Number, Facts, Some(30), "tickets opened in a window; tickets.opened(30d, 30d) is the one before", "tickets.opened(30d)>5";
    TicketsEscalated "tickets.escalated" Number, Facts, None, "escalated tickets that are open", "tickets.escalated>0";
    Csat "survey.csat" Number, Facts, None, "the last satisfaction survey, 0 to 10", "survey.csat<7";
    CsatAge "survey.age" Days, Facts, None, "days since the last satisfaction survey", "survey.age>180d";
    Pulse "pulse" Level(PULSES), Facts, None, "the CSM's own pulse: red, yellow, green", "pulse:red";
    PulseBefore "pulse.before" Level(PULSES), Facts, None, "the pulse before the last one", "pulse<pulse.before";
    PulseAge "pulse.age" Days, Facts, None, "days since the last pulse", "pulse.age>60d";
    InvoiceOverdue "invoice.overdue" Days, Facts, None, "days that the invoice is late; 0: paid, or not yet due", "invoice.overdue>5d";
    OnboardingDays "onboarding.days" Days, Facts, None, "days since the start, while it is not live yet", "onboarding.days>90d";
    OwnerAge "owner.age" Days, Facts, None, "days since our own owner changed", "owner.age<30d";
    Trust "trust" Points, Facts, None, "the charge of trust, 0 to 100", "trust<30";
    BreachAge "breach.age" Days, Facts, None, "days since a breach that nothing has repaired", "breach.age>14d";
    PromiseCount "promise.count" Number, Facts, None, "promises on record, those given up aside", "promise.count>0";
    PromiseAge "promise.age" Days, Facts, None, "days since the first promise", "promise.age>90d";
    PromiseGap "promise.gap" Money, Facts, None, "what is missing of the promises that are due", "promise.gap>50k";
    PromiseLate "promise.late" Days, Facts, None, "days that an open promise is late, the most", "promise.late>=1d";
    PromiseDue "promise.due" Date, Facts, None, "days to the next promise that is due", "promise.due<=14d";
    Return "return" Number, Facts, None, "accepted worth over the cost of the contract in twelve months", "return<1";
    ProofAge "proof.age" Days, Facts, None, "days since the last accepted proof", "proof.age>90d";
    ProofStreak "proof.streak" Number, Facts, None, "quarters in a row with an accepted proof", "proof.streak>=3";
    ProofUntold "proof.untold" Number, Facts, None, "kept promises of which a buyer or influencer has not heard", "proof.untold>0";
    StageBuyers "stage.buyers" Level(STEPS), Facts, None, "how far buyers have climbed: evaluator, beginner, regular, champion", "stage.buyers:champion";
    StageUsers "stage.users" Level(STEPS), Facts, None, "how far users have climbed", "stage.users<regular";
    StageBuilders "stage.builders" Level(STEPS), Facts, None, "how far builders have climbed", "stage.builders:regular";
    LoyaltyBuyers "loyalty.buyers" Points, Facts, None, "how buyers feel, 0 to 100", "loyalty.buyers<50";
    LoyaltyInfluencers "loyalty.influencers" Points, Facts, None, "how influencers feel, 0 to 100", "loyalty.influencers<50";
    LoyaltyUsers "loyalty.users" Points, Facts, None, "how users feel, 0 to 100", "loyalty.users<50";
    LoyaltyWeakest "loyalty.weakest" Points, Facts, None, "how the weakest known tier feels, 0 to 100", "loyalty.weakest<40";
    ValueMoved "value.moved" Days, Facts, None, "days since a top value changed, or was found to be served by no promise", "value.moved<=60d";
    Nps "survey.nps" Number, Facts, None, "net promoter score of two quarters, −100 to 100", "survey.nps<0";
    Experience "survey.experience" Points, Facts, None, "half emotion, a quarter success, a quarter effort, 0 to 100", "survey.experience<60";
    Repurchase "survey.repurchase" Number, Facts, None, "would buy again, 0 to 10", "survey.repurchase<6";
    QuestionsOpen "questions.open" Number, Facts, None, "benchmark questions to be asked again", "questions.open>3";
    ReplyLate "reply.late" Days, Facts, None, "days that a reply to an answer of theirs is late; negative: not yet", "reply.late>=0d";
    PlanCovered "plan.covered" Number, Facts, None, "how many of the 4 C's the plan covers", "plan.covered<2";
    PlanLate "plan.late" Days, Facts, None, "days that a goal or joint commitment is late, the most", "plan.late>=1d";
    JointOpen "joint.open" Number, Facts, None, "joint commitments that are open", "joint.open>0";
    RequestsOpen "requests.open" Number, Facts, None, "requests that are neither shipped nor dropped", "requests.open>2";
    RequestsShipped "requests.shipped" Number, Facts, None, "shipped requests of which whoever asked has not been told", "requests.shipped>0";
    Reassurance "reassurance.late" Days, Facts, None, "days that a reassurance after a purchase is due", "reassurance.late>=0d";
    MomentAge "moment.age" Days, Facts, None, "days since a moment of truth about which nobody asked how it felt", "moment.age<=14d";
    IncentiveEnds "incentive.ends" Date, Facts, None, "days to the end of the incentive that ends next", "incentive.ends<=30d";
}

impl Field {
    /// Its row of the table.
    pub fn spec(self) -> &'static FieldSpec {
        // The test below holds the table to the order of the enum.
        &FIELDS[self as usize]
    }

    /// It comes from notes.
    pub fn is_noted(self) -> bool {
        self as usize >= Self::Trust as usize
    }

    /// The input of measures that it reads, where it is one: its evidence has words and records of its own.
    pub fn input(self) -> Option<Input> {
        Some(match self {
            Self::UsageTrend => Input::UsageTrend,
            Self::UsageChange => Input::UsageChange,
            Self::UsageUtilisation => Input::UsageUtilisation,
            Self::UsageBreadth => Input::UsageBreadth,
            Self::ContactBuyer => Input::ContactBuyer,
            Self::ContactInfluencer => Input::ContactInfluencer,
            Self::ContactUser => Input::ContactUser,
            Self::Engaged => Input::PeopleEngaged,
            Self::Coverage => Input::PeopleCoverage,
            Self::Champion => Input::PeopleChampion,
            Self::TicketsOpened => Input::TicketsOpened,
            Self::TicketsEscalated => Input::TicketsEscalated,
            Self::Csat => Input::SurveyCsat,
            Self::Pulse => Input::Pulse,
            Self::InvoiceOverdue => Input::InvoiceOverdue,
            Self::RenewalDays => Input::RenewalDays,
            _ => return None,
        })
    }
}

/// One field that holds a text.
#[derive(Clone, Copy, Debug)]
pub struct TextSpec {
    pub field: Text,
    pub name: &'static str,
    pub needs: Needs,
    pub says: &'static str,
    pub example: &'static str,
}

macro_rules! texts {
    ($($id:ident $name:literal $needs:ident, $says:literal, $example:literal;)*) => {
        /// A field that holds a text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Text { $(#[doc = $says] $id,)* }

        /// All fields that hold texts, in the order of the enum.
        pub static TEXTS: &[TextSpec] = &[$(TextSpec {
            field: Text::$id, name: $name, needs: Needs::$needs, says: $says, example: $example,
        },)*];
    };
}

texts! {
    Owner "owner" Facts, "whose account it is", "owner:me";
    Segment "segment" Facts, "its segment", "segment:enterprise";
    Name "name" Facts, "its name", "name:northwind";
    Domain "domain" Facts, "its domain", "domain:northwind.example";
    Industry "industry" Facts, "its industry", "industry:retail";
    Stage "stage" Facts, "its lifecycle, as the CRM says", "stage:onboarding";
    Priority "priority" Facts, "its priority, as the CRM says", "priority:1";
    Band "band" Score, "healthy, watch, at-risk or unknown", "band:watch";
    InvoiceState "invoice" Facts, "the state of the invoice, as the CRM says", "invoice:open";
    OwnerName "owner.name" Facts, "whose account it is, in short", "owner.name:maya";
    OwnerBefore "owner.before" Facts, "who had it before, in short", "owner.before:ben";
    RenewalOn "renewal.on" Facts, "the renewal date, as in 2026-12-31", "renewal.on:2026-12";
    PulseOn "pulse.on" Facts, "the day of the last pulse, as in 2026-12-31", "pulse.on:2026";
    ChampionName "champion" Facts, "our champion; where the last one left, who that was", "champion:jane";
    ChampionTitle "champion.title" Facts, "the champion's title", "champion.title:vp";
    ChampionId "champion.id" Facts, "the champion's record", "champion.id:901";
    ChampionLeftOn "champion.left_on" Facts, "the day on which the champion left", "has:champion.left_on";
    Successor "successor" Facts, "who came when the champion left", "has:successor";
    SuccessorTitle "successor.title" Facts, "the successor's title", "successor.title:vp";
    Buyer "buyer" Facts, "the buyer met last, else one who is known", "buyer:jane";
    BuyerTitle "buyer.title" Facts, "the buyer's title", "buyer.title:cfo";
    BuyerId "buyer.id" Facts, "the buyer's record", "buyer.id:901";
    BuyerLast "buyer.last" Facts, "the last touch with a buyer, in words", "has:buyer.last";
    Influencer "influencer" Facts, "the influencer met last, else one who is known", "influencer:kim";
    User "user" Facts, "the user met last, else one who is known", "user:ann";
    EngagedWho "engaged.who" Facts, "the buyer or influencer who is in touch with us", "has:engaged.who";
    LastTouch "touch.last" Facts, "the last touch, in words", "has:touch.last";
    LastWho "touch.who" Facts, "who was touched last", "touch.who:jane";
    FeaturesUnused "features.unused" Facts, "two key features that are bought and not used", "has:features.unused";
    PulseWhy "pulse.why" Facts, "why the pulse is what it is", "has:pulse.why";
    BeforeRenewal "before_renewal" Facts, "'before the renewal call', while the renewal is within 120 days", "has:before_renewal";
    Weakest "weakest" Score, "the measure with the lowest score", "weakest:usage";
    PromiseLateText "promise.late.text" Facts, "the promise that is latest, in its words", "has:promise.late.text";
    PromiseLateTag "promise.late.tag" Facts, "its tag", "has:promise.late.tag";
    PromiseLateTo "promise.late.to" Facts, "to whom it was made", "promise.late.to:jane";
    PromiseDueText "promise.due.text" Facts, "the promise that is due next", "has:promise.due.text";
    ProofLast "proof.last" Facts, "the promise that was proven last", "has:proof.last";
    UntoldText "proof.untold.text" Facts, "a kept promise of which somebody has not heard", "has:proof.untold.text";
    UntoldWho "proof.untold.who" Facts, "who has not heard of it", "proof.untold.who:kim";
    BreachWhy "breach.why" Facts, "what the open breach was", "has:breach.why";
    TrustLast "trust.last" Facts, "what moved trust last", "trust.last:missed";
    Contagion "contagion" Facts, "which way an opinion travels: users to buyer, buyer to users, indifferent buyer", "has:contagion";
    WeakestTier "loyalty.weakest.tier" Facts, "the weakest known tier", "loyalty.weakest.tier:user";
    MovedWho "value.moved.who" Facts, "whose top value moved", "has:value.moved.who";
    MovedTo "value.moved.to" Facts, "what they value most now", "value.moved.to:speed";
    MovedFrom "value.moved.from" Facts, "what they valued most before", "value.moved.from:cost";
    Disagree "values.apart" Facts, "where buyers and users disagree: the top value of each", "has:values.apart";
    ReassureWhat "reassurance" Facts, "the reassurance that is due: after what, and which", "has:reassurance";
    Want "want" Facts, "what somebody who can be asked would like for themselves", "want:speaking";
    WantWho "want.who" Facts, "who that is", "has:want.who";
    ShippedText "request.shipped" Facts, "a shipped request of which whoever asked has not been told", "has:request.shipped";
    ShippedWho "request.shipped.who" Facts, "who asked for it", "has:request.shipped.who";
    ReplyText "reply.text" Facts, "the answer that we owe a reply to", "has:reply.text";
    ReplyWho "reply.who" Facts, "who gave it", "has:reply.who";
    Question "question" Facts, "the benchmark question to be asked next", "has:question";
    PlanLateText "plan.late.text" Facts, "the goal or commitment that is latest", "has:plan.late.text";
    MomentKind "moment" Facts, "a moment of truth about which nobody asked how it felt", "moment:go-live";
    Incentive "incentive" Facts, "the incentive that ends next", "has:incentive";
    Need "need" Facts, "their most recent need", "has:need";
    Workaround "workaround" Facts, "the last gap that they fill themselves", "has:workaround";
    FeltWhere "loyalty.where" Facts, "'in part known here alone', while a private feeling counts", "has:loyalty.where";
    Keep "keep" Facts, "invest, grow, maintain or rethink, by its place in the book", "keep:invest";
}

impl Text {
    /// It comes from notes.
    pub fn is_noted(self) -> bool {
        self as usize >= Self::PromiseLateText as usize
    }

    /// Its row of the table.
    pub fn spec(self) -> &'static TextSpec {
        &TEXTS[self as usize]
    }
}

/// The words before a colon that name a state, with an example.
pub const STATES: [(&str, &str, &str); 4] = [
    ("is", "a band, a flag that stands, or a meeting today", "is:at-risk"),
    ("flag", "a flag that stands", "flag:champion-left"),
    ("has", "something that is known", "has:renewal"),
    ("no", "something that is not known", "no:renewal"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_stand_in_the_order_of_their_enums_and_no_name_twice() {
        let mut names: Vec<&str> = Vec::new();
        for spec in FIELDS {
            assert_eq!(spec.field.spec().name, spec.name);
            names.push(spec.name);
        }
        for spec in TEXTS {
            assert_eq!(spec.field.spec().name, spec.name);
            names.push(spec.name);
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
