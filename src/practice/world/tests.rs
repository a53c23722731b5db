use super::*;
use std::collections::HashSet;

fn day() -> Day {
    clock::parse_date("2026-11-23").unwrap()
}

#[test]
fn the_same_arguments_make_the_same_book() {
    let text = |seed| {
        let world = generate(40, seed, day());
        (0..world.total())
            .flat_map(|a| {
                let plan = world.plan(a);
                Kind::ALL
                    .into_iter()
                    .flat_map(move |k| (0..plan.count(k) as u32).map(|s| (k, s)).collect::<Vec<_>>())
                    .map(move |(k, s)| (a, k, s))
            })
            .map(|(a, k, s)| format!("{:?}", render::record(&world, &world.plan(a), k, s)))
            .collect::<String>()
    };
    assert_eq!(text(5), text(5));
    assert_ne!(text(5), text(6));
}

#[test]
fn sizes_are_those_promised() {
    let world = generate(1000, 1, day());
    let mut sums = std::collections::HashMap::new();
    for account in 0..world.active {
        let plan = world.plan(account);
        for kind in Kind::ALL {
            assert!(plan.count(kind) < kind.room(), "{kind:?} of account {account} is full");
            *sums.entry(kind).or_insert(0usize) += plan.count(kind);
        }
    }
    let mean = |kind| sums[&kind] as f64 / 1000.0;
    assert!((6.5..10.0).contains(&mean(Kind::Contact)), "{}", mean(Kind::Contact));
    assert!((2.3..4.5).contains(&mean(Kind::Deal)), "{}", mean(Kind::Deal));
    assert!((3.5..6.5).contains(&mean(Kind::Ticket)), "{}", mean(Kind::Ticket));
    assert_eq!((world.former, world.archived), (83, 20));
}

#[test]
fn names_and_mail_addresses_do_not_repeat() {
    let world = generate(600, 9, day());
    let (mut names, mut domains) = (HashSet::new(), HashSet::new());
    for account in 0..world.total() {
        let plan = world.plan(account);
        assert!(names.insert(plan.naming.name.clone()));
        assert!(domains.insert(plan.naming.domain.clone()));
        let mails: HashSet<_> = plan.people.iter().map(|p| p.local.clone()).collect();
        assert_eq!(mails.len(), plan.people.len());
    }
}

#[test]
fn dates_are_in_order() {
    let world = generate(300, 2, day());
    for account in 0..world.total() {
        let plan = world.plan(account);
        assert!(plan.arr.windows(2).all(|w| w[0].0 <= w[1].0), "account {account}: {:?}", plan.arr);
        assert!(plan.start < plan.anchor && plan.anchor <= world.today);
        if plan.standing == Standing::Active {
            assert!((-12..=365).contains(&(plan.renewal - world.today)));
            assert_eq!(plan.arr_on(world.today), plan.shape.arr);
        } else {
            assert_eq!(plan.arr_on(world.today), 0);
            assert!(plan.tickets.iter().all(|ticket| ticket.closed.is_some()));
        }
        for ticket in &plan.tickets {
            assert!(ticket.closed.is_none_or(|closed| closed > ticket.opened));
            assert!(ticket.opened < clock::at(world.today, 0, 0));
        }
        for kind in Kind::ALL {
            for slot in 0..plan.count(kind) as u32 {
                let record = render::record(&world, &plan, kind, slot).unwrap();
                assert!(record.updated <= world.last_change(), "{kind:?}");
                for (name, versions) in &record.history {
                    assert!(
                        versions.windows(2).all(|w| w[0].at >= w[1].at),
                        "{name} of account {account}: {versions:?}"
                    );
                    assert_eq!(
                        versions.first().map(|v| v.value.as_str()),
                        record.text(name),
                        "{name} of account {account}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_first_account_tells_its_story() {
    let world = generate(84, 1, day());
    let plan = world.plan(0);
    let company = render::record(&world, &plan, Kind::Company, 0).unwrap();
    assert_eq!(company.text("name"), Some("Northwind Traders"));
    assert_eq!(company.text("annual_recurring_revenue"), Some("412000"));
    assert_eq!(company.text("contract_end"), Some("2026-12-16"));
    let jane = render::record(&world, &plan, Kind::Contact, 0).unwrap();
    assert_eq!((jane.text("contact_status"), jane.text("left_on")), (Some("left"), Some("2026-11-22")));
    assert_eq!(jane.text("is_champion"), Some("true"));
    let sam = render::record(&world, &plan, Kind::Contact, 1).unwrap();
    assert_eq!((sam.text("lastname"), sam.text("jobtitle")), (Some("Ortiz"), Some("VP Operations")));
    let today = plan.touches.iter().find(|t| t.outcome == "SCHEDULED").unwrap();
    assert_eq!(clock::moment_text(today.at), "2026-11-23T14:00:00.000Z");
    assert_eq!(today.people, [1]);
    let escalated = plan.tickets.iter().find(|t| t.escalated.is_some()).unwrap();
    assert!(escalated.closed.is_some_and(|closed| closed < clock::at(world.today, 0, 0)));
}

#[test]
fn the_other_stories_are_in_the_data() {
    use shape::Invoice;
    use stories::Story;
    let world = generate(84, 4, day());
    let plan = |story| (0..16).map(|a| world.plan(a)).find(|p| p.shape.story == Some(story)).unwrap();
    let drag = plan(Story::LateOnboarding);
    assert!(drag.go_live.is_none() && (100..140).contains(&(world.today - drag.start)));
    assert_eq!(plan(Story::OverdueInvoice).shape.invoice, Invoice::Overdue(37));
    assert_eq!(plan(Story::Giant).arr_on(world.today), 880_000);
    let back = plan(Story::CameBack);
    let (lost, won) = back.gap.unwrap();
    assert!(back.arr_on(lost + 1) == 0 && back.arr_on(won) > 0 && back.arr_on(lost - 1) > 0);
    let untouched = plan(Story::Untouched);
    let now = clock::at(world.today, 0, 0);
    let last = untouched.touches.iter().rev().find(|t| t.at < now).unwrap();
    assert!((145..160).contains(&(world.today - clock::day_of_ms(last.at))));
    assert!(untouched.touches.iter().all(|t| t.outcome != "SCHEDULED"));
    assert!(plan(Story::Escalation).tickets.iter().any(|t| t.escalated.is_some() && t.closed.is_none()));
    assert!(plan(Story::UnusedLicences).shape.use_now < 0.3);
    assert_eq!(plan(Story::NewOwner).before.map(|(_, on)| world.today - on), Some(20));
}

#[test]
fn most_of_the_book_does_well_and_it_is_worth_what_a_book_is_worth() {
    let world = generate(84, 1, day());
    let plans: Vec<_> = (0..84).map(|a| world.plan(a)).collect();
    let count = |mood| plans.iter().filter(|p| p.shape.mood == mood).count();
    let arr: i64 = plans.iter().map(|p| p.shape.arr).sum();
    assert!((46..=58).contains(&count(shape::Mood::Strong)), "{}", count(shape::Mood::Strong));
    assert!((10..=20).contains(&count(shape::Mood::Poor)), "{}", count(shape::Mood::Poor));
    assert!((4_500_000..9_000_000).contains(&arr), "{arr}");
}

#[test]
fn a_hostile_name_is_there_only_when_asked_for() {
    let world = World::new(1, day(), 20, true, false);
    assert!((0..20).filter(|a| world.plan(*a).naming.name.contains('\u{1b}')).count() == 1);
    let tame = generate(500, 1, day());
    assert!((0..tame.total()).all(|a| !tame.plan(a).naming.name.chars().any(char::is_control)));
}
