//! The back-test over a book that was read from the practice CRM: it tells those who left, and chance is chance.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Home, Practice};
use serde_json::Value;

fn number(value: &Value, path: &str) -> f64 {
    value.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {value:#}"))
}

#[test]
fn the_practice_book_tells_who_left_and_dealt_outcomes_tell_nothing() {
    let practice = Practice::start(&["--accounts", "240"]);
    let home = Home::of(&practice);
    home.ok(&["sync"]);
    let told = home.json(&["backtest", "--json"]);

    // The keys that scripts rely on.
    for key in
        ["horizon_days", "cases", "lost", "auc", "lift_worst_tenth", "precision", "recall", "calibration", "measures"]
    {
        assert!(!told[key].is_null(), "{key} in {told:#}");
    }
    assert_eq!(told["horizon_days"], 90);
    assert!(number(&told, "/cases") > 2000.0, "{told:#}");
    // Customers who left are in it: their last month-ends are the lost cases.
    assert!(number(&told, "/losses/left") >= 10.0 && number(&told, "/lost") >= 40.0, "{told:#}");
    let auc = number(&told, "/auc");
    assert!(auc > 0.7, "well above chance: {auc}");
    assert!(number(&told, "/lift_worst_tenth") > 2.0);
    let all: f64 = told["calibration"].as_array().unwrap().iter().map(|tenth| number(tenth, "/n")).sum();
    assert_eq!(all, number(&told, "/cases"));
    // Usage was pulled for half a year only: it is left out before, and named.
    assert!(told["left_out"].as_array().unwrap().iter().any(|one| one["field"] == "usage"), "{told:#}");

    // Outcomes dealt anew among the same cases.
    let dealt = home.json(&["backtest", "--shuffle", "1", "--json"]);
    let chance = number(&dealt, "/auc");
    assert!((0.4..0.6).contains(&chance), "chance: {chance}");
    assert_eq!(number(&dealt, "/lost"), number(&told, "/lost"));

    // Further ahead there is more to see, and the other formats print the same figures.
    let far = home.json(&["backtest", "--horizon", "180d", "--json"]);
    assert!(number(&far, "/lost") > number(&told, "/lost"));
    let csv = home.ok(&["backtest", "--csv"]);
    assert!(csv.lines().any(|line| line.starts_with(&format!("auc,{auc},"))), "{csv}");
    let markdown = home.ok(&["backtest", "--markdown", "--from", "2026-06-01"]);
    assert!(markdown.starts_with("| figure | value | n |"), "{markdown}");

    keeping(&home, &told);
    side_by_side(&home);
    wrong_use(&home);
}

/// What is kept changes the probabilities, and with them urgency, until it is forgotten.
fn keeping(home: &Home, told: &Value) {
    let urgency = |home: &Home| -> Vec<String> {
        let list = home.json(&["list", "--json"]);
        list.as_array().unwrap().iter().map(|one| format!("{} {}", one["id"], one["urgency"])).collect()
    };
    let before = urgency(home);
    assert_eq!(told["calibrated"], false);
    assert!(told["probabilities"].as_str().unwrap().contains("formula"), "{told:#}");

    // A few months hold too few losses: refused, with what is needed, and nothing changes.
    let refused = home.run(&["backtest", "--keep", "--from", "2026-07-01"]);
    let says = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{says}");
    assert!(says.contains("nothing was kept") && says.contains("20 lost accounts are needed"), "{says}");
    assert_eq!(urgency(home), before);

    let kept = home.ok(&["backtest", "--keep"]);
    assert!(kept.contains("Kept: from now on"), "{kept}");
    let after = home.json(&["backtest", "--json"]);
    assert_eq!(after["calibrated"], true);
    assert!(after["probabilities"].as_str().unwrap().contains("kept for health.toml"), "{after:#}");
    assert!(number(&after, "/brier") < number(told, "/brier"), "what was seen fits better than the formula");
    assert_eq!(after["auc"], told["auc"], "the order of the scores is the same");
    assert_ne!(urgency(home), before, "urgency follows");

    assert!(home.ok(&["backtest", "--forget"]).contains("forgotten: probabilities come from the formula"));
    assert_eq!(home.json(&["backtest", "--from", "2026-06-01", "--json"])["calibrated"], false);
    assert_eq!(urgency(home), before);
    assert!(home.ok(&["backtest", "--forget"]).contains("nothing to forget"));
}

/// Another model beside the one in force.
fn side_by_side(home: &Home) {
    let shipped = include_str!("../src/config/health.toml");
    let gloomy = shipped.replace("at_risk = 50", "at_risk = 70").replace("at_risk_kept = 53", "at_risk_kept = 72");
    assert_ne!(shipped, gloomy);
    let file = home.folder.path().join("gloomy.toml");
    std::fs::write(&file, gloomy).unwrap();
    let file = file.display().to_string();
    let both = home.json(&["backtest", "--model", &file, "--from", "2025-12-01", "--json"]);
    assert_eq!(both["other"]["auc"], both["auc"], "only the bands differ");
    assert!(number(&both, "/other/recall") > number(&both, "/recall"));
    assert_eq!(number(&both, "/compare/caught/this"), 0.0, "whom the milder one caught, the gloomy one caught too");
    assert!(number(&both, "/compare/caught/other") > 0.0);
    let differs = both["compare"]["differs"].as_array().unwrap();
    assert!(!differs.is_empty());
    for one in differs {
        assert_eq!(one["flagged_by"], "other");
        assert_eq!(one["band_other"], "at risk");
        assert_ne!(one["band"], "at risk");
        assert_eq!(one["score"], one["score_other"]);
    }
    // A model whose flags the plays in force do not know is tested all the same: plays move no score.
    let seats = file.replace("gloomy.toml", "seats.toml");
    std::fs::write(&seats, include_str!("../src/config/models/seats.toml")).unwrap();
    let seats = home.json(&["backtest", "--model", &seats, "--from", "2026-06-01", "--json"]);
    assert!(number(&seats, "/other/cases") > 0.0);
    let words = home.ok(&["backtest", "--model", &file, "--from", "2026-06-01"]);
    assert!(words.contains("Of the losses,") && words.contains(differs[0]["name"].as_str().unwrap()), "{words}");
}

/// What is wrong is said, and how it is right.
fn wrong_use(home: &Home) {
    let says = |arguments: &[&str], code: i32| {
        let output = home.run(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        text
    };
    assert!(says(&["backtest", "--horizon", "soon"], 2).contains("90d"));
    assert!(says(&["backtest", "--horizon", "1d"], 2).contains("from 7 to 730"));
    assert!(says(&["backtest", "--from", "2026-09-01"], 2).contains("no month ends between"));
    assert!(says(&["backtest", "--model", "/nowhere/other.toml"], 2).contains("cannot be read"));
    let broken = home.folder.path().join("broken.toml");
    std::fs::write(&broken, "[bands]\nat_risk = \"low\"\n").unwrap();
    let text = says(&["backtest", "--model", &broken.display().to_string()], 3);
    assert!(text.contains("broken.toml") && !text.contains("health.toml"), "{text}");
    assert!(says(&["--read-only", "backtest", "--keep"], 2).contains("--read-only"));
}
