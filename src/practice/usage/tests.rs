use super::*;
use crate::practice::world::clock::parse_date;
use crate::practice::world::generate;

const ALL: &str = "select $group_0 as account, toDate(timestamp) as day, uniq(person_id) as active_users, count() as events from events \
    where timestamp >= {from} and timestamp < {to} and $group_0 != '' group by account, day order by account, day limit 50000";
const SEATS: &str = "select account, day, uniq(person_id) seats_used from (select $group_0 account, person_id, \
    arrayJoin(arrayMap(x -> toDate(timestamp) + x, range(28))) day from events where timestamp >= toDateTime({from}) - interval 27 day \
    and timestamp < {to} and $group_0 != '') where day >= toDate({from}) and day < toDate({to}) group by account, day order by account, day limit 50000";
const FEATURES: &str = "select $group_0 account, toDate(timestamp) day, event feature, count() uses from events \
    where event in {features} and timestamp >= {from} and timestamp < {to} group by account, day, feature limit 50000";

fn world() -> World {
    generate(84, 1, parse_date("2026-11-23").unwrap())
}

fn ask(sql: &str, values: Value) -> Result<Value, String> {
    let body = json!({"query": {"kind": "HogQLQuery", "query": sql, "values": values}, "name": "test"});
    run(&Usage::default(), &world(), body.to_string().as_bytes()).map(|reply| reply.body)
}

fn column(answer: &Value, account: &str, name: &str) -> Vec<u64> {
    let at = answer["columns"].as_array().unwrap().iter().position(|c| c == name).unwrap();
    let rows = answer["results"].as_array().unwrap().iter();
    rows.filter(|row| row[0] == account).map(|row| row[at].as_u64().unwrap()).collect()
}

fn northwind() -> String {
    world().plan(0).group().to_string()
}

#[test]
fn the_first_story_shows_in_seats_and_in_daily_use() {
    let seats = ask(SEATS, json!({"from": "2026-10-26", "to": "2026-11-23"})).unwrap();
    let level = column(&seats, &northwind(), "seats_used");
    assert_eq!((level.len(), level[0], level[27]), (28, 182, 121));
    let sum = |from: &str, to: &str| -> f64 {
        column(&ask(ALL, json!({"from": from, "to": to})).unwrap(), &northwind(), "active_users").iter().sum::<u64>()
            as f64
    };
    let change = sum("2026-10-26", "2026-11-23") / sum("2026-09-28", "2026-10-26") - 1.0;
    assert!((-0.37..-0.29).contains(&change), "{change}");
}

#[test]
fn features_are_those_used_and_no_others() {
    let all: Vec<&str> = crate::practice::words::phrases::FEATURES.iter().map(|(event, _)| *event).collect();
    let answer = ask(FEATURES, json!({"from": "2026-10-26", "to": "2026-11-23", "features": all})).unwrap();
    let rows = answer["results"].as_array().unwrap();
    let names: std::collections::HashSet<&str> =
        rows.iter().filter(|r| r[0] == northwind().as_str()).map(|r| r[2].as_str().unwrap()).collect();
    assert_eq!(names.len(), usize::from(world().plan(0).shape.used));
    let one = ask(FEATURES, json!({"from": "2026-11-16", "to": "2026-11-23", "features": ["api_called"]})).unwrap();
    assert!(one["results"].as_array().unwrap().iter().all(|r| r[2] == "api_called"));
}

#[test]
fn rows_are_cut_at_the_limit_and_continue_above_a_key() {
    let window = json!({"from": "2026-11-09", "to": "2026-11-16"});
    let whole = ask(ALL, window.clone()).unwrap();
    let no_limit = ask(&ALL.replace(" limit 50000", ""), window).unwrap();
    assert_eq!(no_limit["results"].as_array().unwrap().len(), 100);
    assert_eq!((&no_limit["hasMore"], &whole["hasMore"]), (&json!(true), &json!(false)));
    let rows = whole["results"].as_array().unwrap();
    let (first, last) = (rows[0][0].clone(), rows.last().unwrap()[0].clone());
    let rest = ask(
        &ALL.replace("$group_0 != ''", "$group_0 > {above}"),
        json!({"from": "2026-11-09", "to": "2026-11-16", "above": first}),
    )
    .unwrap();
    let rest = rest["results"].as_array().unwrap();
    assert!(rest.iter().all(|row| row[0] != first) && rest.last().unwrap()[0] == last);
    assert_eq!(rest.len(), rows.iter().filter(|row| row[0] != first).count());
}

#[test]
fn some_groups_belong_to_no_company() {
    let world = world();
    let known: std::collections::HashSet<String> =
        (0..world.total()).map(|a| world.plan(a).group().to_string()).collect();
    let strangers = groups(&world).into_iter().filter(|g| !known.contains(&g.key)).count();
    assert_eq!(strangers, 1);
}

#[test]
fn who_has_left_uses_nothing_any_more() {
    let world = world();
    let former = world.plan(world.active);
    let group = groups(&world).into_iter().find(|g| g.key == former.group()).unwrap();
    assert!(group.level(former.anchor - 20) > 0);
    assert_eq!((group.level(former.anchor + 1), group.users(former.anchor + 1)), (0, 0));
}

#[test]
fn what_is_not_understood_is_refused_with_the_reason() {
    let window = json!({"from": "2026-11-09", "to": "2026-11-16"});
    let refused = |sql: &str, values: Value, word: &str| {
        let error = ask(sql, values).unwrap_err();
        assert!(error.contains(word), "{error}");
    };
    refused(&ALL.replace("50000", "50001"), window.clone(), "50000");
    refused(&ALL.replace("active_users", "people"), window.clone(), "people");
    refused(&ALL.replace("{to}", "now()"), window.clone(), "{to}");
    refused(ALL, json!({"from": "2026-11-09"}), "{to} has no value");
    refused(ALL, json!({"from": "soon", "to": "2026-11-09"}), "values.from");
    refused(&format!("{ALL} offset 100"), window.clone(), "offset");
    refused(&ALL.replace("from events", "from persons"), window, "events");
    refused("drop table events", json!({}), "{from}");
}
