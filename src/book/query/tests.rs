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
