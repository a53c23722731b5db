//! The closed lists of words that facts choose from: stages of a request, kinds of advocacy, surveys, questions.
//!
//! Decides the one word that a bullet carries and the others that people type for it. A word, once shipped, stays.

macro_rules! words {
    ($($(#[$doc:meta])* $type:ident { $($(#[$what:meta])* $variant:ident = $name:literal $([$($also:literal),*])?),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $type { $($(#[$what])* $variant),* }

        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in bullets, on screen and in JSON.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// Every way to type it, the canonical one first.
            pub fn typed(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$name $(, $($also),*)?]),* }
            }

            /// The one of that word, whatever its case.
            pub fn parse(word: &str) -> Option<Self> {
                let word = word.to_lowercase();
                Self::ALL.iter().copied().find(|one| one.typed().contains(&word.as_str()))
            }
        }
    )*};
}

words! {
    /// The 4 C's of an account's plan.
    FourC {
        /// What is sent for this customer, and any two-way touch.
        Communication = "communication" ["comm", "communicate"],
        /// What is done together: their requests, joint sessions.
        Collaboration = "collaboration" ["collab", "collaborate"],
        /// Roles among other customers, with much say and little administration.
        Community = "community" ["communities"],
        /// The rest of our house, aligned behind the account.
        Company = "company" ["house", "internal"],
    }
    /// What moves trust, beside what Rounds sees itself.
    TrustWord {
        /// An executive met theirs.
        Exec = "exec meeting" ["exec", "executive meeting"],
        /// An honest account of what went wrong.
        PostMortem = "post-mortem" ["postmortem", "post mortem"],
        Outage = "outage" ["downtime"],
        Billing = "billing mistake" ["billing", "wrong invoice"],
    }
    /// The CSM's call of a renewal.
    Call {
        Commit = "commit" ["committed"],
        Upside = "upside" ["best", "best case"],
        Risk = "risk" ["at risk"],
        Lost = "lost" ["omit"],
    }
    /// What somebody did for us, or was asked for.
    AdvocacyKind {
        Reference = "reference" ["reference call", "ref"],
        CaseStudy = "case study" ["casestudy", "case-study", "story"],
        Review = "review" ["public review"],
        Referral = "referral" ["referred"],
        Talk = "talk" ["speaking", "webinar"],
    }
    /// What became of an ask.
    AskState {
        Asked = "asked" ["ask"],
        Given = "given" ["gave", "done"],
        Declined = "declined" ["no", "refused"],
    }
    /// A dated turn that both sides remember.
    MomentKind {
        Purchase = "purchase" ["signed", "contract"],
        SignUp = "sign-up" ["signup", "sign up", "first login"],
        KickOff = "kick-off" ["kickoff", "kick off"],
        GoLive = "go-live" ["golive", "go live", "launch"],
        AhHa = "ah-ha" ["aha", "ahha", "first value"],
        FirstInvoice = "first invoice" ["first-invoice", "invoice"],
        FirstEscalation = "first escalation" ["first-escalation", "escalation"],
        Review = "review" ["review meeting", "qbr", "ebr"],
        RenewalQuote = "renewal quote" ["renewal-quote", "quote"],
        SponsorChange = "sponsor change" ["sponsor-change", "new sponsor"],
        Outage = "outage" ["downtime"],
    }
    /// A survey's question.
    SurveyKind {
        /// 0 to 10: would recommend.
        Nps = "nps",
        /// 0 to 10: satisfied.
        Csat = "csat" ["satisfaction"],
        /// 0 to 10, 10 is no effort at all.
        Effort = "effort" ["ces", "ease"],
        /// 0 to 10: would buy again.
        Repurchase = "repurchase" ["intent", "rebuy"],
        /// 0 to 10: how it felt.
        Emotion = "emotion" ["felt", "feeling"],
        /// 0 to 10: got done what they came for.
        Success = "success" ["done"],
    }
    /// The benchmark questions, and the four of win and loss.
    Question {
        Satisfied = "satisfied" ["satisfaction"],
        Metrics = "metrics" ["success", "measures"],
        Value = "value" ["values"],
        Repurchase = "repurchase" ["again", "rebuy"],
        Tell = "tell" ["others", "say"],
        Gaps = "gaps" ["gap"],
        Serve = "serve" ["better", "improve"],
        WhyLoyal = "why-loyal" ["loyal", "why loyal"],
        Keeps = "keeps" ["keep", "stay"],
        WouldLeave = "would-leave" ["leave", "would leave"],
        WhyLeft = "why-left" ["left", "why left"],
    }
    /// What delights, or drives away.
    Cause {
        Experience = "experience" ["product", "usability"],
        Price = "price" ["cost", "pricing"],
        Support = "support" ["service", "help"],
        Terms = "terms" ["contract", "legal"],
        Value = "value" ["roi", "results"],
        Sponsor = "sponsor" ["champion", "people"],
        Competitor = "competitor" ["competition"],
        Closed = "closed" ["bankrupt", "acquired", "merger"],
        Other = "other",
    }
    /// How a renewal ended.
    OutcomeKind {
        Renewed = "renewed" ["renewal"],
        Expanded = "expanded" ["expansion", "upsell"],
        Churned = "churned" ["churn", "lost"],
    }
    /// Something with a tag that moves on.
    ItemKind {
        Promise = "promise",
        Goal = "goal",
        Joint = "joint",
        Request = "request",
    }
    /// Where it has got to.
    ItemState {
        /// Requests: it is on the roadmap.
        Planned = "planned" ["plan", "accepted"],
        /// Requests: it can be used.
        Shipped = "shipped" ["released", "live"],
        /// Requests: whoever asked knows it.
        Told = "told" ["closed"],
        Done = "done" ["reached", "kept", "finished"],
        /// Given up, by agreement.
        Dropped = "dropped" ["drop", "cancelled", "canceled", "declined"],
    }
    /// What became of a play.
    PlayVerb {
        Done = "done",
        Snooze = "snooze",
        Dismiss = "dismiss",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_back_whatever_its_case() {
        assert_eq!(FourC::parse("Collab"), Some(FourC::Collaboration));
        assert_eq!(MomentKind::parse("GO-LIVE"), Some(MomentKind::GoLive));
        assert_eq!(Call::parse("perhaps"), None);
        for one in Question::ALL {
            assert_eq!(Question::parse(one.name()), Some(*one));
        }
    }
}
