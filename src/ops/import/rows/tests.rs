//! What rows become: pasts, merges with what is kept, and mistakes by line and column.

use std::io::Write;

use jiff::civil::date;

use super::super::read;
use super::*;

const TODAY: Date = date(2026, 11, 23);

/// The rows that a file makes, and its mistakes as `line column message`.
fn rows_of(entity: Entity, text: &str, stated: Option<&Stated>) -> (Vec<Row>, Vec<String>) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let mut records = read::open(file.path()).unwrap();
    let columns = Columns::of(entity, &[], records.heads()).unwrap();
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let mut maker = Maker::new(entity, &columns, &zone, TODAY);
    let mut report = FileReport::default();
    let mut usage = Vec::new();
    while let Some(record) = records.next() {
        let record = record.unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let wrong =
            if entity == Entity::Usage { maker.usage(&record).map(|row| usage.push(row)) } else { maker.take(&record) };
        if let Err(wrong) = wrong {
            wrong.report(&mut report);
        }
    }
    let mut rows = maker.finish(&|_| stated.cloned());
    rows.extend(usage);
    let says = |problem: &super::super::Problem| {
        format!("{} {} {}", problem.line.unwrap_or(0), problem.column.clone().unwrap_or_default(), problem.message)
    };
    (rows, report.problems.iter().map(says).collect())
}

fn past(row: &Row, field: &str) -> Vec<(String, Option<String>)> {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date().to_string();
    let of = row.history.iter().filter(|past| past.field == field);
    of.map(|past| (day(past.at), past.known.map(day))).collect()
}

#[test]
fn several_rows_of_one_id_are_its_past() {
    let (rows, wrong) = rows_of(
        Entity::Account,
        "id,name,on,known,arr,seats\n\
         1,Acme,2026-03-01,,120000,100\n\
         2,Globex,2026-02-01,,5000,\n\
         1,Acme Ltd,2026-01-01,,100000,100\n\
         1,,2026-06-01,2026-06-20,80000.50,\n",
        None,
    );
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(rows.len(), 2);
    let acme = &rows[0];
    assert_eq!(
        past(acme, "arr"),
        [
            ("2026-01-01".to_owned(), None),
            ("2026-03-01".into(), None),
            ("2026-06-01".into(), Some("2026-06-20".into()))
        ],
        "in the order of their days, and known on them unless a column says otherwise"
    );
    assert_eq!(
        past(acme, "seats"),
        [("2026-01-01".to_owned(), None)],
        "what stays is no change, an empty cell says nothing"
    );
    assert_eq!(acme.fields["arr"], Value::Money("80000.50".parse().unwrap()));
    assert_eq!(acme.text("name"), Some("Acme"), "the latest name");
    assert_eq!(acme.fields["created"], Value::Day(date(2026, 1, 1)), "known since its first row");
}

#[test]
fn a_second_file_adds_to_what_is_kept() {
    let at = |day: Date| noon(day, &TimeZone::get("Europe/Berlin").unwrap()).unwrap();
    let stated = Stated {
        changed: Some(at(date(2026, 6, 1))),
        fields: BTreeMap::from([
            ("name".to_owned(), Value::Text("Acme".into())),
            ("arr".to_owned(), Value::Money(90.into())),
            ("created".to_owned(), Value::Day(date(2025, 1, 1))),
        ]),
        people: Vec::new(),
        newest: BTreeMap::from([("arr".to_owned(), at(date(2026, 6, 1)))]),
    };
    // An older word does not take the place of a newer one, but goes into the past; what is new is added.
    let (rows, _) = rows_of(Entity::Account, "id,on,arr,seats\n1,2026-02-01,70,40\n", Some(&stated));
    assert_eq!(rows[0].fields["arr"], Value::Money(90.into()));
    assert_eq!(rows[0].fields["seats"], Value::Number(40.0));
    assert_eq!(rows[0].fields["created"], Value::Day(date(2025, 1, 1)));
    assert_eq!(rows[0].text("name"), Some("Acme"));
    assert_eq!(past(&rows[0], "arr"), [("2026-02-01".to_owned(), None)]);
    assert_eq!(rows[0].changed, stated.changed);
    // A value that is said again after another one was kept in between is a change.
    let (rows, _) = rows_of(Entity::Account, "id,on,arr\n1,2026-02-01,70\n1,2026-08-01,70\n", Some(&stated));
    assert_eq!(past(&rows[0], "arr"), [("2026-02-01".to_owned(), None), ("2026-08-01".into(), None)]);
    assert_eq!(rows[0].fields["arr"], Value::Money(70.into()));
}

#[test]
fn facts_with_a_day_of_their_own_were_known_on_it() {
    let (rows, wrong) = rows_of(Entity::Person, "id,account,name,left_on\np1,1,Jane Doe,2026-05-05\n", None);
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(rows[0].fields["left"], Value::Bool(true));
    assert_eq!(past(&rows[0], "left"), [("2026-05-05".to_owned(), None)]);
    let (rows, _) = rows_of(Entity::Account, "id,csat,csat_on\n1,7.5,2026-04-01\n", None);
    assert_eq!(past(&rows[0], "csat"), [("2026-04-01".to_owned(), None)]);
    assert!(!rows[0].fields.contains_key("created"), "without a day nobody knows since when it was there");
}

#[test]
fn every_mistake_is_named_by_line_and_column_with_what_is_allowed() {
    let (_, wrong) = rows_of(
        Entity::Account,
        "id,on,arr,renewal_date,csat,currency,invoice_state\n\
         1,2026-01-01,\"1,200\",31.12.2026,8,USD,paid\n\
         ,2026-01-01,1,,,,\n\
         2,,1,,,,\n\
         3,2027-01-01,1,,,,\n\
         4,2026-01-01,1,,11,EURO,late\n\
         5,2026-01-01,1,,,,\n\
         5,2026-01-01,2,,,,\n",
        None,
    );
    let expected = [
        (2, "arr", "412000.50"),
        (2, "renewal_date", "2026-11-22"),
        (3, "id", "is empty"),
        (4, "on", "is empty; write a day"),
        (5, "on", "lies after today"),
        (6, "currency", "three letters"),
        (6, "csat", "between 0 and 10"),
        (6, "invoice_state", "none of paid, open, overdue"),
        (8, "id", "stands on line 7 already"),
    ];
    assert_eq!(wrong.len(), expected.len(), "{wrong:#?}");
    for (line, column, message) in expected {
        let start = format!("{line} {column} ");
        assert!(
            wrong.iter().any(|one| one.starts_with(&start) && one.contains(message)),
            "{start}{message} in {wrong:#?}"
        );
    }
    let (_, wrong) = rows_of(Entity::Account, "id,arr\n1,5\n1,6\n", None);
    assert!(wrong[0].contains("need a column on"), "{wrong:?}");
    let (_, wrong) = rows_of(
        Entity::Touch,
        "id,account,kind,at,direction\nt,1,lunch,2026-01-01,both\nu,1,Email,2026-01-01T10:00:00Z,in\nu,1,call,,\n",
        None,
    );
    assert_eq!(wrong.len(), 3, "{wrong:#?}");
    assert!(
        wrong[0].contains("none of meeting, call, mail") && wrong[2].contains("at is empty; write a day or a moment"),
        "{wrong:#?}"
    );
}

#[test]
fn usage_is_a_row_a_day() {
    let (rows, wrong) = rows_of(
        Entity::Usage,
        "{\"account\":\"1\",\"metric\":\"active_users\",\"day\":\"2026-01-01\",\"value\":12}\n\
         {\"account\":1,\"metric\":\"active_users\",\"day\":\"2026-01-02\",\"value\":\"13.5\"}\n\
         {\"account\":\"1\",\"metric\":\"active_users\",\"day\":\"2027-01-02\",\"value\":-1}\n\
         {\"account\":\"1\",\"metric\":\"active_users\",\"value\":4}\n",
        None,
    );
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].id, "1/active_users/2026-01-02");
    assert_eq!((&rows[1].accounts, &rows[1].fields["value"]), (&vec!["1".to_owned()], &Value::Number(13.5)));
    assert_eq!(wrong.len(), 3, "{wrong:#?}");
}
