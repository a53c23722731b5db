use super::*;
use crate::book::sample::{TODAY, ago, healthy, sinking, usd, with_context};
use crate::book::standing::Standing;
use crate::book::view::PortfolioRow;
use proptest::prelude::*;

fn line(standing: &Standing) -> PortfolioRow {
    PortfolioRow {
        account: standing.account.clone(),
        name: standing.name.clone(),
        domain: Some("northwind.example".into()),
        owner: standing.owner.clone(),
        segment: standing.segment.clone(),
        day: standing.day,
        score: standing.health.score,
        band: standing.health.band,
        confidence: standing.health.confidence,
        delta_7d: standing.health.delta_7d,
        trend: standing.health.trend.clone(),
        arr: standing.arr,
        arr_book: standing.arr_book,
        renewal: standing.renewal,
        stage: standing.stage,
        trust: None,
        return_: None,
        keep: None,
        flags: standing.flags.clone(),
        next: None,
        last_touch: standing.last_touch,
        meetings: Vec::new(),
        fresh: false,
    }
}

fn row(facts: &crate::book::facts::Facts) -> PortfolioRow {
    let model = crate::book::model::Model::built_in_for_tests();
    with_context(&[], |ctx| line(&crate::book::assess::assess(facts, &model, TODAY, ctx)))
}

#[test]
fn what_people_ask() {
    let row = row(&sinking());
    for (query, fits) in [
        ("", true),
        ("north trad", true),
        ("initech", false),
        ("health<50 renewal<90d", true),
        ("health < 50", true),
        ("health>=50", false),
        ("arr>400k arr<=412k", true),
        ("arr>0.5M", false),
        ("arr=$412,000", true),
        ("renewal<3w", false),
        ("renewal<=2026-12-16", true),
        ("renewal<2026-12-16", false),
        ("touch>30d", false),
        ("change<-5", true),
        ("confidence<40%", false),
        ("confidence>40", true),
        ("is:at-risk", true),
        ("band:healthy", false),
        ("is:champion-left", true),
        ("flag:invoice-overdue", false),
        ("-is:champion-left", false),
        ("not is:champion-left", false),
        ("owner:me", true),
        ("owner:chen", true),
        ("owner:ben", false),
        ("segment:mid", true),
        ("is:healthy or renewal<30d", true),
        ("(is:healthy or is:watch) renewal<30d", false),
        ("is:watch and health<50 or arr>1k", true),
        ("-(is:healthy or is:watch)", true),
        ("\"Northwind Traders\"", true),
        ("name:\"wind trad\"", true),
        ("no:renewal", false),
        ("is:meeting", false),
        ("northwind.example", true),
    ] {
        let parsed = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        let seen = Line { row: &row, today: TODAY, me: Some("maya.chen@example.com") };
        assert_eq!(parsed.matches(&seen), fits, "{query}");
    }
    assert!(!parse("owner:me").unwrap().matches(&Line { row: &row, today: TODAY, me: None }));
}

#[test]
fn what_is_absent_fits_no_comparison_and_its_opposite() {
    let mut facts = healthy();
    facts.renewal.0.clear();
    let row = row(&facts);
    let fits = |query: &str| parse(query).unwrap().matches(&Line { row: &row, today: TODAY, me: None });
    assert!(!fits("renewal<90d") && !fits("renewal>=90d"));
    assert!(fits("-renewal<90d") && fits("no:renewal"));
}

#[test]
fn mistakes_point_at_their_character() {
    for (query, at, hint) in [
        ("helth<50", 0, "did you mean health<50?"),
        ("is:watch renwal<90d", 9, "did you mean renewal<90d?"),
        ("é ownr:me", 2, "did you mean owner:me?"),
        ("health<", 7, "as in: health<50"),
        ("health<abc", 7, "as in: health<50"),
        ("arr>inf", 4, "as in: arr>100k"),
        ("renewal<soon", 8, "as in: renewal<90d"),
        ("health:50", 0, "as in: health<50"),
        ("band:blue", 5, "healthy, watch, at-risk, unknown"),
        ("owner:", 6, "as in: owner:me"),
        ("(is:watch", 0, "end it with )"),
        ("is:watch)", 8, "leave it out"),
        ("\"north", 0, "end it with \""),
        ("is:watch or ", 12, "as in"),
        ("or is:watch", 0, "as in"),
        ("zzzzzzzz:x", 0, "there are: owner, segment"),
    ] {
        let error = parse(query).unwrap_err();
        assert_eq!(error.at, at, "{query}: {error}");
        assert!(error.hint.contains(hint), "{query}: {error}");
    }
    let error = parse_known("is:champion-lft", &Vocabulary::of_flags(["champion-left"])).unwrap_err();
    assert_eq!((error.at, error.hint.as_str()), (3, "did you mean champion-left?"));
    assert!(parse_known("is:champion-left", &Vocabulary::of_flags(["champion-left"])).is_ok());
}

#[test]
fn parts_are_kept_as_typed() {
    let query = parse("  health < 50 -is:watch  north").unwrap();
    let parts: Vec<_> = query.all.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(parts, ["health < 50", "-is:watch", "north"]);
    let left = Num::Of(Use::plain(Field::Health));
    assert_eq!(query.all[0].expr, Expr::Term(Term::Compare { left, op: Op::Less, right: Num::Plain(50.0) }));
    assert_eq!(parse("orange and android").unwrap().all.len(), 2);
    assert_eq!(usd(1).minor, 100);
    assert!(ago(0) == TODAY && parse(" ").unwrap().is_all());
}

proptest! {
    #[test]
    fn nothing_typed_panics(text in "[-a-z:<>=()\"! é0-9%]{0,40}|\\PC{0,20}") {
        if let Err(error) = parse(&text) {
            prop_assert!(error.at <= text.chars().count());
        }
    }
}

fn asked(facts: &crate::book::facts::Facts, query: &str) -> bool {
    let model = crate::book::model::Model::built_in_for_tests();
    let eval = crate::book::score::Eval::new(facts, &model);
    let parsed = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let stands = |kind: Option<&str>| kind.is_none_or(|kind| kind == "champion-left");
    let look = Look::new(&eval, crate::book::prepared::On::from(TODAY)).with_flags(&stands);
    parsed.matches(&look)
}

#[test]
fn everything_known_can_be_asked() {
    // Kim Park, our champion, left two days ago; the buyer was met 130 days ago; usage went from 130 to 86 a day.
    let facts = sinking();
    for (query, fits) in [
        ("usage.active.change(28d)<-30%", true),
        ("usage.active.change(28d)<-40%", false),
        ("usage.change<-30%", true),
        ("usage.active.mean(28d)<100 usage.active.mean(28d, 28d)>120", true),
        ("usage.active.trend(8w)<0%", true),
        ("usage.f0.mean(28d)>0", true),
        ("usage.nothing.mean(28d)>=0", false),
        ("seats.used / seats < 60%", true),
        ("seats - seats.used = 110", true),
        ("abs(usage.change) > 30%", true),
        ("min(touch, buyer.touch)=touch", true),
        ("(seats - 50) / 2 > 90", true),
        ("people.any(tier:buyer touch>90d)", true),
        ("people.all(tier:buyer)", false),
        ("people.none(name:kim)", true),
        ("leavers.any(champion left<=2d)", true),
        ("leavers.count = 1", true),
        ("people.count(tier:buyer) = 2", true),
        ("people.newest(tier:buyer).name=\"Sam Ortiz\"", true),
        ("people.newest(tier:buyer).known<=10d", true),
        ("tickets.count(open) = 1", true),
        ("tickets.oldest(open).id=4412", true),
        ("tickets.max(age, open)=9", true),
        ("tickets.count(is:escalated)=0", true),
        ("touches.any(kind:meeting age<100d)", false),
        ("touches.count(kind:call,mail)>3", true),
        ("champion.left<=7d successor:sam", true),
        ("has:champion", false),
        ("champion:kim", true),
        ("no:pulse", true),
        ("pulse:red or pulse<yellow", false),
        ("is:champion-left has:flag", true),
        ("renewal:q4", true),
        ("renewal:2027", false),
        ("renewal<=2026-12-31 renewal>today", true),
        ("age>1y segment=mid segment!=enterprise", true),
        ("priority!=1", false),
        ("buyer.touch > cadence.buyer * 1.2", true),
        ("buyer.touch > cadence.buyer * 1.2 - 100 + 90", true),
    ] {
        assert_eq!(asked(&facts, query), fits, "{query}");
    }
}

#[test]
fn mistakes_inside_of_lists_and_sums_are_pointed_at() {
    for (query, at, says) in [
        ("people.any(teir:buyer)", 11, "did you mean tier:"),
        ("people.any tier:buyer", 10, "people.any(tier:buyer"),
        ("people.any(tier:buyer", 10, "end it with )"),
        ("tickets.any(open and people.any(x))", 31, "take it apart"),
        ("tickets.cuont(open)>3", 0, "did you mean tickets.count"),
        ("tickets.sum(subject)>3", 12, "numbers of tickets"),
        ("tickets.oldest(open)>3", 20, "fields of tickets"),
        ("usage.active.change(28 bananas)<0", 20, "as in: (28d)"),
        ("arr(28d)>3", 3, "as in: arr>100k"),
        ("seats.used / >3", 13, "a number or a field"),
        ("seats.used", 0, "as in: seats.used>5"),
        ("segment>3", 0, "segment:word"),
        ("pulse:blue", 6, "red, yellow, green"),
        ("nothing.any(x)", 0, "there are"),
    ] {
        let error = parse(query).map(|query| format!("{query:?}")).unwrap_err();
        assert_eq!(error.at, at, "{query}: {error}");
        assert!(error.hint.contains(says), "{query}: {error}");
    }
}

#[test]
fn a_sentence_with_a_hole_gives_way_to_the_next() {
    let model = crate::book::model::Model::built_in_for_tests();
    let fill = |facts: &crate::book::facts::Facts, text: &str| {
        let eval = crate::book::score::Eval::new(facts, &model);
        Template::parse(text).unwrap().fill(&Look::new(&eval, crate::book::prepared::On::from(TODAY)))
    };
    let said = |text: &str| fill(&sinking(), text);
    assert_eq!(said("{successor}, new {successor.title}").as_deref(), Some("Sam Ortiz, new VP Operations"));
    assert_eq!(said("usage {usage.active.change(28d)}").as_deref(), Some("usage −34%"));
    assert_eq!(said("by {abs(usage.active.change(28d))}").as_deref(), Some("by 34%"));
    assert_eq!(said("on {renewal}, in {renewal.days} d").as_deref(), Some("on 16 Dec, in 23 d"));
    assert_eq!(said("{arr} of ARR").as_deref(), Some("412k of ARR"));
    assert_eq!(said("{pulse.why}"), None);
    assert_eq!(fill(&healthy(), "Meet {successor}"), None);
    for (text, at) in [("{succesor}", 1), ("ab {x", 3), ("{seats.used +}", 12)] {
        assert_eq!(Template::parse(text).unwrap_err().at, at, "{text}");
    }
}

#[test]
fn what_the_portfolio_stores_needs_no_facts() {
    for (query, stored) in [
        ("health<50 is:champion-left owner:me north renewal:q1 segment=Mid no:arr has:flag", true),
        ("change(7d)<-5", true),
        ("change(28d)<-5", false),
        ("people.any(tier:buyer)", false),
        ("health<50 or tickets.count(open)>2", false),
        ("renewal.days<touch", false),
        ("industry:retail", false),
    ] {
        let (shallow, deep) = parse(query).unwrap().split();
        assert_eq!(deep.is_all(), stored, "{query}");
        assert_eq!(shallow.is_all(), !stored, "{query}");
    }
}
