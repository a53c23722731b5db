use jiff::civil::{Date, date};

use super::super::words::ItemKind;
use super::super::{Candidate, Fact, Item, JournalContext, Parsed, Tag, bullet, parse};
use super::VERBS;

// A Sunday.
const DAY: Date = date(2026, 11, 22);

fn people() -> Vec<Candidate> {
    let one = |id: &str, name: &str| Candidate { id: id.into(), name: name.into(), email: None };
    vec![one("crm:1", "Jane Doe"), one("crm:2", "Sam Ortiz"), one("crm:3", "Ann Li")]
}

fn item(kind: ItemKind, tag: &str, text: &str) -> Item {
    Item { kind, tag: Tag(tag.into()), text: text.into(), open: true, own: false }
}

fn read_with(typed: &str, items: &[Item], plays: &[String]) -> Parsed {
    let people = people();
    let context = JournalContext::new(DAY, &people);
    parse(typed, &JournalContext { items, plays, me: Some("Maya Chen"), seed: "01J", ..context })
}

fn one(typed: &str) -> String {
    let items = [
        item(ItemKind::Promise, "7k2a", "cut stock 8%"),
        item(ItemKind::Promise, "3b4c", "reports in a day"),
        item(ItemKind::Request, "2r3q", "audit log export"),
    ];
    let plays = ["champion-left".to_owned(), "champion-build".to_owned()];
    let parsed = read_with(typed, &items, &plays);
    match (parsed.facts.as_slice(), parsed.problems.as_slice()) {
        ([fact], []) => bullet(fact).trim_start_matches("* ").to_owned(),
        (facts, problems) => format!("{facts:?} {problems:?}"),
    }
}

#[test]
fn the_words_of_each_fact_in_many_spellings() {
    for (bullet, spellings) in [
        (
            "cut costs 8% by 2026-12-31 worth USD 120,000/yr to Jane Doe by Maya Chen",
            &[
                "/promise cut costs 8% by dec 31 worth 120k/yr @jane",
                "/promised @jane cut costs 8% worth $120,000 a year by 2026-12-31",
                "/promise to @jane: cut costs 8%, worth 10k/mo by eoy",
            ][..],
        ),
        (
            "proof of 7k2a: stock down 6% measured 6% worth USD 90,000 on 2026-11-22 accepted by Jane Doe",
            &[
                "/proof stock down 6% worth 90k accepted @jane",
                "/proven 7k2a stock down 6% worth $90,000 accepted by @jane",
                "/proof of #7k2a: stock down 6% worth USD 90k agreed by @jane today",
            ],
        ),
        (
            "told of 7k2a on 2026-11-22: Ann Li",
            &["/told @ann stock proof", "/tell @ann 7k2a", "/told 7k2a to @ann today"],
        ),
        (
            "trust +8 on 2026-11-22: honest post-mortem",
            &[
                "/trust +8 honest post-mortem",
                "/trust up 8 because honest post-mortem",
                "/trust 8 honest post-mortem today",
            ],
        ),
        (
            "trust outage on 2026-11-20: two hours",
            &["/trust outage two hours on fri", "/trust downtime fri two hours", "/trust outage 2026-11-20: two hours"],
        ),
        (
            "breach on 2026-11-21: data left",
            &["/breach data left yesterday", "/breach yesterday data left", "/violation data left on 2026-11-21"],
        ),
        (
            "repair on 2026-11-22: audit shared",
            &["/repair audit shared", "/repaired audit shared today", "/repair because audit shared"],
        ),
        (
            "health 70 until 2026-11-27: new sponsor not in CRM yet",
            &[
                "/health 70 until fri new sponsor not in CRM yet",
                "/override 70 until 2026-11-27 because new sponsor not in CRM yet",
                "/score 70 fri new sponsor not in CRM yet",
            ],
        ),
        (
            "forecast commit USD 400,000",
            &["/forecast commit 400k", "/renewal committed $400,000", "/forecast commit at USD 400k"],
        ),
        (
            "feels Jane Doe -1: support",
            &[
                "/feels @jane -1 because support",
                "/feel -1 @jane support",
                "/sentiment @jane unhappy because of support",
            ],
        ),
        ("role Sam Ortiz: buyer", &["/role @sam buyer", "/tier buyer @sam", "/role @sam is a decision-maker"]),
        ("left Jane Doe on 2026-11-20", &["/left @jane fri", "/gone @jane on 2026-11-20", "/left fri @jane"]),
        ("champion Sam Ortiz", &["/champion @sam", "/sponsor @sam", "/champion is @Sam Ortiz"]),
        ("no champion Sam Ortiz", &["/champion no @sam", "/champion @sam no longer", "/sponsor lost @sam"]),
        (
            "values Jane Doe: cost > speed",
            &["/values @jane cost > speed", "/value @jane Cost, speed", "/ranks cost > speed for @jane"],
        ),
        ("wants Jane Doe: speaking", &["/wants @jane speaking", "/want speaking @jane", "/likes @jane: speaking"]),
        ("needs: faster close", &["/needs faster close", "/need: faster close", "/needs  faster  close,"]),
        (
            "job of Ann Li: close in three days",
            &["/job close in three days @ann", "/jtbd @ann close in three days", "/job for @ann: close in three days"],
        ),
        (
            "joint roadmap session by 2027-03-31 owner Maya Chen",
            &[
                "/goal collaboration joint roadmap session by q1",
                "/plan collab joint roadmap session by end of q1",
                "/goal collaboration: joint roadmap session by mar 31 owner Maya Chen",
            ],
        ),
        (
            "roll-out to Lyon by 2027-06-30 with Jane Doe",
            &[
                "/joint roll-out to Lyon by q2 @jane",
                "/commitment roll-out to Lyon with @jane by jun 30",
                "/together @jane: roll-out to Lyon by q2 2027",
            ],
        ),
        (
            "audit trail from Sam Ortiz",
            &["/request audit trail @sam", "/req audit trail from @sam", "/wish @sam: audit trail"],
        ),
        (
            "request 2r3q is shipped on 2026-11-22",
            &["/request 2r3q shipped", "/request #2r3q is released today", "/req 2r3q live"],
        ),
        (
            "workaround: they re-key orders",
            &["/workaround they re-key orders", "/gap they re-key orders", "/workaround: they re-key orders"],
        ),
        (
            "advocacy reference given by Jane Doe on 2026-11-22",
            &["/advocacy reference @jane", "/advocate ref given by @jane", "/advocacy @jane gave reference call"],
        ),
        (
            "advocacy case study asked by Jane Doe on 2026-11-22",
            &[
                "/advocacy asked case study @jane",
                "/advocacy case-study asked @jane",
                "/advocate @jane story ask today",
            ],
        ),
        (
            "referral by Jane Doe on 2026-11-22: Contoso worth USD 80,000",
            &["/referral @jane to Contoso worth 80k", "/referred by @jane Contoso $80k", "/referral Contoso 80k @jane"],
        ),
        (
            "incentive for Sam Ortiz: extended hours until 2027-03-31",
            &[
                "/incentive extended hours @sam until mar 31",
                "/reward @sam extended hours until q1",
                "/perk extended hours for @sam until 2027-03-31",
            ],
        ),
        ("moment go-live on 2026-11-22", &["/moment go-live", "/event launch today", "/moment go live"]),
        (
            "survey nps 9 by Jane Doe on 2026-11-22",
            &["/survey nps 9 @jane", "/nps 9 @jane", "/survey NPS 9/10 by @jane today"],
        ),
        (
            "answer value by Jane Doe: fewer stock-outs",
            &[
                "/answer value 'fewer stock-outs' @jane",
                "/answered values @jane fewer stock-outs",
                "/answer value: \"fewer stock-outs\" by @jane",
            ],
        ),
        (
            "answer gaps: exports owner Maya reply by 2026-11-27",
            &[
                "/answer gaps exports reply by fri owner Maya",
                "/answer gap exports reply fri owner Maya",
                "/answer gaps 'exports' reply by 2026-11-27 owner Maya",
            ],
        ),
        (
            "delight support: fixed on a Sunday",
            &[
                "/delight support fixed on a Sunday",
                "/delighted by service fixed on a Sunday",
                "/delight help: fixed on a Sunday",
            ],
        ),
        (
            "renewed -10% because of price on 2026-11-22",
            &["/renewed -10% cause price", "/renew down 10% because of pricing", "/renewed −10% due to cost today"],
        ),
        (
            "churned because of competitor on 2026-11-22: cheaper lesson: start earlier",
            &[
                "/churned cause competitor cheaper lesson start earlier",
                "/lost because of competition: cheaper lesson: start earlier",
                "/churn cheaper cause competitor lesson start earlier",
            ],
        ),
        (
            "expanded USD 40,000 because of value on 2026-11-22",
            &["/expanded +40k cause value", "/expand up 40k because of roi", "/upsold $40k cause results"],
        ),
        (
            "play done champion-left: they met",
            &["/done champion-left they met", "/finished champion-l they met", "/done champion-left because they met"],
        ),
        (
            "play snooze champion-left until 2026-11-27: holiday",
            &[
                "/snooze champion-left until fri because holiday",
                "/later champion-left fri holiday",
                "/snooze champion-left until 2026-11-27 holiday",
            ],
        ),
        (
            "play dismiss champion-left: not theirs",
            &[
                "/dismiss champion-left because not theirs",
                "/skip champion-left not theirs",
                "/dismiss champion-left: not theirs",
            ],
        ),
        (
            "task: send ROI deck by 2026-11-27",
            &["/task send ROI deck fri", "/todo send ROI deck by fri", "/task send ROI deck due 2026-11-27"],
        ),
        (
            "pulse red: sponsor went quiet",
            &["/pulse red sponsor went quiet", "/mood Red: sponsor went quiet", "/pulse red, sponsor went quiet"],
        ),
    ] {
        assert!(spellings.len() >= 3, "{bullet}");
        for typed in spellings {
            let read = one(typed);
            // What is new has a tag of its own, which is not typed.
            let tagged = ["promise ", "goal ", "joint ", "request "].iter().any(|head| read.starts_with(head));
            assert!(
                read == *bullet || (tagged && read.ends_with(&format!(": {bullet}"))),
                "{typed}\n {read}\n {bullet}"
            );
        }
    }
}

#[test]
fn every_example_in_the_help_is_read() {
    let plays = ["review-overdue".to_owned()];
    let items = [item(ItemKind::Promise, "7k2a", "cut stock 8%")];
    for verb in VERBS {
        let parsed = read_with(verb.example, &items, &plays);
        assert_eq!((parsed.facts.len(), parsed.problems.as_slice()), (1, &[][..]), "{}", verb.example);
        assert_eq!(parsed.text, "", "{}", verb.example);
    }
}

#[test]
fn what_is_missing_or_fits_several_is_asked_for_and_stays_in_the_text() {
    for (typed, says) in [
        ("/proof sales up 5% worth 10k", "which promise? Add its tag: 7k2a (cut stock 8%), 3b4c (reports in a day)"),
        ("/told stock proof", "who was told?"),
        ("/trust +30 a lot", "-20 to +20"),
        ("/health 130 until fri", "0 to 100"),
        ("/health 70 new sponsor", "until when?"),
        ("/forecast maybe", "commit, upside, risk or lost"),
        ("/feels -1", "whom?"),
        ("/feels @jane -5", "-2, -1, 0, +1 or +2"),
        ("/role @sam boss", "buyer, influencer, user or builder"),
        ("/role @bob buyer", "somebody new goes in quotes"),
        ("/goal joint session", "under which C?"),
        ("/promise by dec 31", "what was promised?"),
        ("/promise more worth 12,5k", "two ways"),
        ("/survey nps 11", "0 to 10"),
        ("/snooze champion-left", "until when?"),
        ("/done champion nothing", "fits champion-left, champion-build"),
        ("/done unheard-of", "no play is called"),
        ("/renewed cause weather", "a cause is one of"),
        ("/moment party", "which moment?"),
        ("/request 2r3q eaten", "what became of 2r3q?"),
    ] {
        let items = [
            item(ItemKind::Promise, "7k2a", "cut stock 8%"),
            item(ItemKind::Promise, "3b4c", "reports in a day"),
            item(ItemKind::Request, "2r3q", "audit log export"),
        ];
        let plays = ["champion-left".to_owned(), "champion-build".to_owned()];
        let parsed = read_with(typed, &items, &plays);
        assert!(parsed.facts.is_empty(), "{typed}: {:?}", parsed.facts);
        assert_eq!((parsed.text.as_str(), parsed.problems.len()), (typed, 1), "{typed}");
        assert!(parsed.problems[0].message.contains(says), "{typed}: {}", parsed.problems[0].message);
    }
}

#[test]
fn a_promise_can_be_proven_in_its_own_note_and_keeps_its_tag_when_the_note_is_changed() {
    let note = read_with("/promise cut stock 8% @jane\n/proof stock down 6% worth 90k accepted @jane", &[], &[]);
    let [Fact::Promise { tag, .. }, Fact::Proof { of, .. }] = note.facts.as_slice() else { panic!("{:?}", note.facts) };
    assert_eq!(tag, of);
    // The same note makes the same tag; a changed one keeps it; a new note makes another.
    let own = [Item { own: true, ..item(ItemKind::Promise, &tag.0, "cut stock 8%") }];
    let tag_of = |parsed: Parsed| match parsed.facts.as_slice() {
        [Fact::Promise { tag, .. }] => tag.clone(),
        facts => panic!("{facts:?}"),
    };
    assert_eq!(&tag_of(read_with("/promise cut stock 8% @jane", &[], &[])), tag);
    assert_eq!(&tag_of(read_with("/promise cut stock by 9% @jane", &own, &[])), tag);
    let others = [item(ItemKind::Promise, &tag.0, "cut stock 8%")];
    assert_ne!(&tag_of(read_with("/promise open on Sundays @jane", &others, &[])), tag);
}

#[test]
fn somebody_new_is_named_in_quotes_or_by_an_address() {
    let named = |typed: &str| match read_with(typed, &[], &[]).facts.as_slice() {
        [Fact::Role { person, .. }] => format!("{} {:?}", person.name, person.email),
        facts => panic!("{facts:?}"),
    };
    assert_eq!(named("/role @\"Kai Holm\" buyer"), "Kai Holm None");
    assert_eq!(named("/role @\"Kai Holm <kai@x.example>\" buyer"), "Kai Holm Some(\"kai@x.example\")");
    assert_eq!(named("/role @kai.holm@x.example buyer"), "Kai Holm Some(\"kai.holm@x.example\")");
    assert_eq!(named("/role @\"Jane Doe\" buyer"), "Jane Doe None");
    // From there on in the note they are called like anybody else.
    let note = read_with("/role @\"Kai Holm\" buyer\nhe is glad /feels @kai +1", &[], &[]);
    assert_eq!(note.facts.iter().map(bullet).collect::<Vec<_>>(), ["* role Kai Holm: buyer", "* feels Kai Holm +1"]);
    assert!(note.problems.is_empty());
}
