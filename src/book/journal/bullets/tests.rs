use jiff::civil::{Date, date};
use proptest::option::of;
use proptest::prelude::*;

use super::super::fact::{Delta, Fact, PersonRef, Tag};
use super::super::words::*;
use super::super::{Mark, Parsed, read_back, render};
use super::{bullet, read_bullet};
use crate::book::facts::{Pulse, Tier, TouchKind};
use crate::book::money::{Currency, Money, Worth};

const DAY: Date = date(2026, 11, 22);

fn mark() -> Mark {
    Mark::new("01JABCDEF".into(), "512", "maya.chen@example.com")
}

fn jane() -> PersonRef {
    PersonRef::new("Jane Doe", Some("jane@northwind.com"))
}

fn usd(units: i64) -> Money {
    Money { minor: units * 100, currency: Currency::USD }
}

fn tag() -> Tag {
    Tag("7k2a".into())
}

#[test]
fn the_canonical_bullets() {
    let sam = || PersonRef::new("Sam Ortiz", None);
    let due = Some(date(2026, 12, 31));
    let yearly = Some(Worth { amount: usd(120_000), yearly: true });
    let text = |words: &str| words.to_owned();
    for (fact, line) in [
        (
            Fact::touch(TouchKind::Call, vec![jane()], DAY, None, ""),
            "call with Jane Doe <jane@northwind.com> on 2026-11-22",
        ),
        (
            Fact::touch(TouchKind::Meeting, vec![jane(), sam()], DAY, Some(45), "the renewal"),
            "meeting with Jane Doe <jane@northwind.com>, Sam Ortiz on 2026-11-22, 45 min: the renewal",
        ),
        (Fact::touch(TouchKind::Mail, vec![], DAY, None, ""), "mail on 2026-11-22"),
        (Fact::task("send ROI deck", Some(date(2026, 11, 27))), "task: send ROI deck by 2026-11-27"),
        (Fact::pulse(Pulse::Red, "sponsor went quiet"), "pulse red: sponsor went quiet"),
        (
            Fact::Promise {
                tag: tag(),
                text: text("cut stock 8%"),
                metric: None,
                serves: None,
                worth: yearly,
                due,
                to: vec![jane()],
                by: Some(text("Maya Chen")),
            },
            "promise 7k2a: cut stock 8% by 2026-12-31 worth USD 120,000/yr to Jane Doe <jane@northwind.com> by Maya Chen",
        ),
        (
            Fact::Proof {
                of: tag(),
                text: text("stock down"),
                measured: Some(text("6%")),
                worth: Some(Worth { amount: usd(90_000), yearly: false }),
                on: DAY,
                accepted: true,
                by: Some(jane()),
            },
            "proof of 7k2a: stock down measured 6% worth USD 90,000 on 2026-11-22 accepted by Jane Doe <jane@northwind.com>",
        ),
        (
            Fact::Told { of: tag(), people: vec![jane(), sam()], on: DAY },
            "told of 7k2a on 2026-11-22: Jane Doe <jane@northwind.com>, Sam Ortiz",
        ),
        (Fact::Trust { amount: 8, on: DAY, because: text("honest") }, "trust +8 on 2026-11-22: honest"),
        (Fact::TrustEvent { what: TrustWord::Outage, on: DAY, because: text("") }, "trust outage on 2026-11-22"),
        (Fact::Breach { on: DAY, because: text("data left") }, "breach on 2026-11-22: data left"),
        (
            Fact::Override { score: 70, until: DAY, because: text("new sponsor") },
            "health 70 until 2026-11-22: new sponsor",
        ),
        (
            Fact::Forecast { call: Call::Commit, amount: Some(usd(400_000)), because: text("") },
            "forecast commit USD 400,000",
        ),
        (
            Fact::Feels { person: jane(), level: -1, because: text("support") },
            "feels Jane Doe <jane@northwind.com> -1: support",
        ),
        (Fact::Role { person: sam(), tier: Tier::Buyer }, "role Sam Ortiz: buyer"),
        (Fact::Left { person: sam(), on: DAY }, "left Sam Ortiz on 2026-11-22"),
        (Fact::Champion { person: sam(), is: false }, "no champion Sam Ortiz"),
        (Fact::Values { person: sam(), ranking: vec![text("cost"), text("speed")] }, "values Sam Ortiz: cost > speed"),
        (
            Fact::Goal { tag: tag(), c: FourC::Collaboration, text: text("joint roadmap session"), due, owner: None },
            "goal 7k2a collaboration: joint roadmap session by 2026-12-31",
        ),
        (
            Fact::Request { tag: tag(), text: text("audit log export"), person: Some(sam()) },
            "request 7k2a: audit log export from Sam Ortiz",
        ),
        (
            Fact::Step { item: ItemKind::Request, of: tag(), state: ItemState::Shipped, on: DAY },
            "request 7k2a is shipped on 2026-11-22",
        ),
        (
            Fact::Advocacy {
                kind: AdvocacyKind::CaseStudy,
                state: AskState::Given,
                person: Some(sam()),
                on: DAY,
                about: text(""),
            },
            "advocacy case study given by Sam Ortiz on 2026-11-22",
        ),
        (
            Fact::Survey { kind: SurveyKind::Nps, value: 9, person: Some(sam()), on: DAY },
            "survey nps 9 by Sam Ortiz on 2026-11-22",
        ),
        (
            Fact::Outcome {
                kind: OutcomeKind::Renewed,
                change: Some(Delta::Share(-1000)),
                cause: Some(Cause::Price),
                on: DAY,
                about: text(""),
                lesson: text("start earlier"),
            },
            "renewed -10% because of price on 2026-11-22: lesson: start earlier",
        ),
        (
            Fact::Play { verb: PlayVerb::Snooze, play: text("champion-left"), until: due, because: text("holiday") },
            "play snooze champion-left until 2026-12-31: holiday",
        ),
    ] {
        assert_eq!(bullet(&fact), format!("* {line}"));
        assert_eq!(read_bullet(line), Some(fact), "{line}");
    }
}

#[test]
fn what_is_not_quite_a_bullet_is_none() {
    for line in [
        "promise: cut stock",
        "promise 7k: cut stock",
        "proof of 7k2a: stock down",
        "trust +30 on 2026-11-22",
        "trust +8",
        "feels Jane Doe -3",
        "role Jane Doe: boss",
        "survey nps 11 on 2026-11-22",
        "health 101 until 2026-11-22",
        "moment go-live on tuesday",
        "told of 7k2a on 2026-11-22: ",
        "request 7k2a is eaten on 2026-11-22",
    ] {
        assert_eq!(read_bullet(line), None, "{line}");
    }
}

fn day() -> impl Strategy<Value = Date> + Clone {
    (2000_i16..2100, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| date(y, m, d))
}

/// Words that look like clauses, and any others.
fn words() -> impl Strategy<Value = String> + Clone {
    prop_oneof![
        "\\PC{0,40}",
        "(by |on |with |: |, |min |from |for |to |worth |USD 5 |until |owner |lesson: |accepted by |is done |→ |> |\"|\\\\|2026-01-02 | ){0,9}",
        "[ -~\n\t]{0,40}"
    ]
    .boxed()
}

fn somebody() -> impl Strategy<Value = PersonRef> + Clone {
    (prop_oneof!["\\PC{0,24}", "(by|on|to|2026-01-02| |-1|Ann|worth){1,6}"], of("[a-z.]{1,8}@[a-z]{1,8}\\.example"))
        .prop_map(|(name, email)| PersonRef::new(&name, email.as_deref()))
        .boxed()
}

fn amount() -> impl Strategy<Value = Money> + Clone {
    (-10_000_000_i64..10_000_000_000, prop_oneof![Just("USD"), Just("JPY"), Just("KWD")])
        .prop_map(|(minor, code)| Money { minor, currency: Currency::parse(code).unwrap() })
        .boxed()
}

fn a_tag() -> impl Strategy<Value = Tag> + Clone {
    "[a-z0-9]{3}[0-9]".prop_map(Tag)
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> + Clone {
    (0..all.len()).prop_map(move |at| all[at])
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let crowd = || proptest::collection::vec(somebody(), 0..3);
    let worth = || of((amount(), any::<bool>()).prop_map(|(amount, yearly)| Worth { amount, yearly }));
    let touch = any_of(&[TouchKind::Call, TouchKind::Meeting, TouchKind::Mail]);
    let first = prop_oneof![
        (touch, crowd(), day(), of(1_u32..1440), words()).prop_map(|(k, p, on, m, a)| Fact::touch(k, p, on, m, &a)),
        (words(), of(day())).prop_map(|(words, due)| Fact::task(&format!("do {words}"), due)),
        (any_of(&[Pulse::Green, Pulse::Yellow, Pulse::Red]), words()).prop_map(|(p, w)| Fact::pulse(p, &w)),
        ((a_tag(), words(), of((words(), words())), of(words())), (worth(), of(day()), crowd(), of(words()))).prop_map(
            |((tag, text, metric, serves), (worth, due, to, by))| Fact::Promise {
                tag,
                text,
                metric,
                serves,
                worth,
                due,
                to,
                by
            }
        ),
        (a_tag(), words(), of(words()), worth(), day(), any::<bool>(), of(somebody())).prop_map(
            |(of, text, measured, worth, on, accepted, by)| Fact::Proof { of, text, measured, worth, on, accepted, by }
        ),
        (a_tag(), proptest::collection::vec(somebody(), 1..3), day()).prop_map(|(of, people, on)| Fact::Told {
            of,
            people,
            on
        }),
        (any_of(TrustWord::ALL), day(), words()).prop_map(|(what, on, because)| Fact::TrustEvent { what, on, because }),
        (any::<i8>(), day(), words()).prop_map(|(amount, on, because)| Fact::Trust { amount, on, because }),
        (day(), words()).prop_map(|(on, because)| Fact::Breach { on, because }),
        (day(), words()).prop_map(|(on, because)| Fact::Repair { on, because }),
        (any::<u8>(), day(), words()).prop_map(|(score, until, because)| Fact::Override { score, until, because }),
    ];
    let people = prop_oneof![
        (any_of(Call::ALL), of(amount()), words()).prop_map(|(call, amount, because)| Fact::Forecast {
            call,
            amount,
            because
        }),
        (somebody(), any::<i8>(), words()).prop_map(|(person, level, because)| Fact::Feels { person, level, because }),
        (somebody(), any_of(&Tier::ALL)).prop_map(|(person, tier)| Fact::Role { person, tier }),
        (somebody(), day()).prop_map(|(person, on)| Fact::Left { person, on }),
        (somebody(), any::<bool>()).prop_map(|(person, is)| Fact::Champion { person, is }),
        (somebody(), proptest::collection::vec(words(), 0..4))
            .prop_map(|(person, ranking)| Fact::Values { person, ranking }),
        (somebody(), words()).prop_map(|(person, what)| Fact::Wants { person, what }),
        (of(somebody()), words()).prop_map(|(person, what)| Fact::Needs { person, what }),
        (of(somebody()), words()).prop_map(|(person, text)| Fact::Job { person, text }),
        (of(somebody()), words()).prop_map(|(person, text)| Fact::Workaround { person, text }),
    ];
    let plan = prop_oneof![
        (a_tag(), any_of(FourC::ALL), words(), of(day()), of(words()))
            .prop_map(|(tag, c, text, due, owner)| Fact::Goal { tag, c, text, due, owner }),
        (a_tag(), words(), of(day()), crowd()).prop_map(|(tag, text, due, with)| Fact::Joint { tag, text, due, with }),
        (a_tag(), words(), of(somebody())).prop_map(|(tag, text, person)| Fact::Request { tag, text, person }),
        (any_of(ItemKind::ALL), a_tag(), any_of(ItemState::ALL), day()).prop_map(|(item, of, state, on)| Fact::Step {
            item,
            of,
            state,
            on
        }),
        (any_of(AdvocacyKind::ALL), any_of(AskState::ALL), of(somebody()), day(), words())
            .prop_map(|(kind, state, person, on, about)| Fact::Advocacy { kind, state, person, on, about }),
        (of(somebody()), words(), of(amount()), day()).prop_map(|(person, to, worth, on)| Fact::Referral {
            person,
            to,
            worth,
            on
        }),
        (of(somebody()), words(), of(day())).prop_map(|(person, what, until)| Fact::Incentive { person, what, until }),
        (any_of(MomentKind::ALL), day(), words()).prop_map(|(kind, on, about)| Fact::Moment { kind, on, about }),
        (any_of(SurveyKind::ALL), any::<u8>(), of(somebody()), day())
            .prop_map(|(kind, value, person, on)| Fact::Survey { kind, value, person, on }),
        (any_of(Question::ALL), words(), of(somebody()), of(words()), of(day())).prop_map(
            |(question, text, person, owner, reply_by)| Fact::Answer { question, text, person, owner, reply_by }
        ),
        (of(somebody()), any_of(Cause::ALL), words()).prop_map(|(person, cause, about)| Fact::Delight {
            person,
            cause,
            about
        }),
        (
            any_of(OutcomeKind::ALL),
            of(prop_oneof![any::<i32>().prop_map(Delta::Share), amount().prop_map(Delta::Money)]),
            of(any_of(Cause::ALL)),
            day(),
            words(),
            words()
        )
            .prop_map(|(kind, change, cause, on, about, lesson)| Fact::Outcome {
                kind,
                change,
                cause,
                on,
                about,
                lesson
            }),
        (any_of(PlayVerb::ALL), "[a-z]{1,8}(-[a-z]{1,8}){0,2}", of(day()), words())
            .prop_map(|(verb, play, until, because)| Fact::Play { verb, play, until, because }),
    ];
    prop_oneof![first, people, plan].prop_map(Fact::clean)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_printed_is_read_as_it_was(facts in proptest::collection::vec(any_fact(), 0..5), text in "[ -~\n]{0,60}") {
        for fact in &facts {
            let line = bullet(fact);
            prop_assert_eq!(read_bullet(&line), Some(fact.clone()), "{}", line);
            // Whatever colleagues read is as clean as it was.
            prop_assert_eq!(fact.clone().clean(), fact.clone());
        }
        let parsed = Parsed { facts, text: text.trim().to_owned(), ..Parsed::default() };
        let read = read_back(&render(&parsed, &mark()), &["512"]).unwrap();
        prop_assert_eq!(read.facts, parsed.facts);
        prop_assert!(read.problems.is_empty());
    }

    #[test]
    fn nothing_that_comes_back_from_outside_panics(body in "\\PC{0,80}", head in 0..super::read::HEADS.len(), tail in "\\PC{0,40}") {
        let line = format!("* {}{tail}", super::read::HEADS[head].0);
        read_back(&format!("{body}\n{line}\n{}", mark()), &["512"]);
        read_bullet(&line);
    }
}
