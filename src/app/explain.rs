//! The page that explains a score: which rows its tree has, which are open, what it is compared with.
//!
//! Decides the rows and their order, so that cursor and drawing agree. Every figure comes from the book.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::book::compared::{Moved, compared};
use crate::book::ids::AccountId;
use crate::book::records::Record;
use crate::book::typical::Median;
use crate::book::undated::not_known;
use crate::book::view::{AccountView, Against, Then};
use crate::book::why::{AbsentWhy, MeasureWhy};
use crate::text::short_date;

/// An open explanation.
#[derive(Clone, Debug)]
pub struct Explain {
    pub account: AccountId,
    pub name: String,
    pub against: Against,
    /// How it stood on the day that it is compared with, once that was read.
    pub then: Option<Box<Then>>,
    /// The median is asked for where it does not stand by itself, and away where it does.
    pub median: bool,
    /// The rows that are not as they begin (groups open, measures closed), by key.
    turned: BTreeSet<String>,
    pub cursor: usize,
    /// Why it could not be read, or compared.
    pub error: Option<String>,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Score,
    Group,
    Measure,
    Record,
    Gate,
    /// Begins the list of what could not speak.
    Absent,
    /// Something that is only said.
    Said,
}

/// The figures of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cells {
    Nothing,
    /// Score or mean, share of the score, whole points, and what is usual.
    Why {
        score: Option<f64>,
        share: Option<f64>,
        points: Option<i64>,
        median: Option<Median>,
    },
    /// Points then, now, and the exact change.
    Then {
        then: Option<f64>,
        now: Option<f64>,
        change: f64,
    },
}

/// A row of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    key: String,
    pub depth: usize,
    pub kind: Kind,
    pub label: String,
    pub cells: Cells,
    /// What stands at the right, as far as there is room.
    pub words: String,
    /// All there is to say, for the row under the cursor.
    pub detail: String,
    /// Whether it is open; `None`: there is nothing to open.
    pub open: Option<bool>,
    /// It says little: fading, absent, or not counted.
    pub faint: bool,
}

const ABSENT: &str = "absent";

impl Explain {
    /// Open down to the measures.
    pub fn new(account: AccountId, name: String) -> Self {
        let (against, turned) = (Against::Now, BTreeSet::new());
        Self { account, name, against, then: None, median: false, turned, cursor: 0, error: None }
    }

    fn is_open(&self, key: &str, kind: Kind) -> bool {
        (kind != Kind::Measure) != self.turned.contains(key)
    }

    fn set_open(&mut self, key: &str, kind: Kind, open: bool) {
        if open == (kind != Kind::Measure) {
            self.turned.remove(key);
        } else {
            self.turned.insert(key.to_owned());
        }
    }

    /// Opens the row under the cursor; goes to its first row where it is open already.
    pub fn unfold(&mut self, view: &AccountView) {
        let items = self.items(view);
        let Some(item) = items.get(self.cursor) else { return };
        match item.open {
            Some(false) => self.set_open(&item.key, item.kind, true),
            Some(true) if items.get(self.cursor + 1).is_some_and(|next| next.depth > item.depth) => self.cursor += 1,
            _ => {}
        }
    }

    /// Closes the row under the cursor, else goes to the one it belongs to.
    pub fn fold(&mut self, view: &AccountView) {
        let items = self.items(view);
        let Some(item) = items.get(self.cursor) else { return };
        if item.open == Some(true) {
            self.set_open(&item.key, item.kind, false);
            return;
        }
        let above = items[..self.cursor].iter().rposition(|one| one.depth < item.depth);
        if let Some(at) = above.filter(|_| item.depth > 0) {
            self.cursor = at;
        }
    }

    /// Closes everything; where nothing is open, everything is as it was at the beginning.
    pub fn fold_all(&mut self, view: &AccountView) {
        let open = self.items(view).iter().any(|item| item.open == Some(true));
        self.keep_cursor(view, |pane| {
            pane.turned.clear();
            if open {
                let tops: Vec<_> =
                    pane.items(view).into_iter().filter(|item| item.depth == 0 && item.open.is_some()).collect();
                tops.iter().for_each(|item| pane.set_open(&item.key, item.kind, false));
            }
        });
    }

    /// Opens everything, down to the records.
    pub fn unfold_all(&mut self, view: &AccountView) {
        self.keep_cursor(view, |pane| {
            pane.turned.clear();
            let measures: Vec<_> = pane.items(view).into_iter().filter(|item| item.open == Some(false)).collect();
            measures.iter().for_each(|item| pane.set_open(&item.key, item.kind, true));
        });
    }

    /// Leaves the cursor on its row, or on the one that it belongs to.
    pub fn keep_cursor(&mut self, view: &AccountView, change: impl FnOnce(&mut Self)) {
        let here = self.items(view).get(self.cursor).map(|item| item.key.clone()).unwrap_or_default();
        change(self);
        let items = self.items(view);
        let nearest = items.iter().rposition(|item| here == item.key || here.starts_with(&format!("{}/", item.key)));
        self.cursor = nearest.unwrap_or(self.cursor.min(items.len().saturating_sub(1)));
    }

    /// What `c` compares with next; `None`: a day that is to be typed.
    pub fn next_against(&self) -> Option<Against> {
        match self.against {
            Against::Now => Some(Against::Week),
            Against::Week => Some(Against::Rounds),
            Against::Rounds => None,
            Against::Day(_) => Some(Against::Now),
        }
    }

    /// Every row that is to be seen, in order.
    pub fn items(&self, view: &AccountView) -> Vec<Item> {
        let mut rows = Vec::new();
        let health = &view.standing.health;
        let then = self.then.as_deref().filter(|_| self.against != Against::Now);
        match then.and_then(|then| compared(&view.why, &health.measures, &health.gates, then)) {
            Some(all) => self.two_days(view, &all, &mut rows),
            None => self.one_day(view, &mut rows),
        }
        if !view.why.absent.is_empty() {
            let open = self.is_open(ABSENT, Kind::Absent);
            let label = format!("Could not speak ({})", view.why.absent.len());
            rows.push(Item {
                open: Some(open),
                faint: true,
                detail: "Measures without a fact to go by: they count neither for nor against, and their weight goes to others."
                    .to_owned(),
                ..plain(ABSENT, 0, Kind::Absent, label)
            });
            if open {
                for one in &view.why.absent {
                    self.absent(one, view.why.day, &mut rows);
                }
            }
        }
        if let Some(words) = not_known(&view.why.undated, view.why.day) {
            let detail = format!(
                "{words}. The source keeps no history of these fields: before that day the score does without them."
            );
            rows.push(Item { detail, faint: true, ..plain("undated", 0, Kind::Said, words) });
        }
        rows
    }

    fn one_day(&self, view: &AccountView, rows: &mut Vec<Item>) {
        let why = &view.why;
        let usual = view.typical.as_ref();
        let sure = format!("{:.0}% of the model could speak", why.confidence * 100.0);
        let median = usual.and_then(|usual| usual.score);
        let mut detail = vec![format!("Score {} ({}): {sure}", exact(why.score), why.band.name())];
        detail.extend(median.map(|median| said_median(&median, view.standing.segment.as_deref())));
        rows.push(Item {
            cells: Cells::Why {
                score: why.score,
                share: None,
                points: why.score.map(|score| score.round() as i64),
                median,
            },
            words: why.silent.clone().unwrap_or(sure),
            detail: why.silent.clone().unwrap_or_else(|| detail.join(" · ")),
            ..plain("score", 0, Kind::Score, "Score".to_owned())
        });
        for group in &why.groups {
            let open = self.is_open(&group.id, Kind::Group);
            let fading =
                (group.freshness < 0.995).then(|| format!("its newest fact is {:.0}% fresh", group.freshness * 100.0));
            let moved = (!group.moved.is_empty()).then(|| group.moved.clone());
            let detail = [
                Some(format!(
                    "{}: mean {:.1} of 100, {:.1}% of the score, {:.1} points",
                    group.label,
                    group.mean,
                    group.share * 100.0,
                    group.points
                )),
                moved.clone(),
                fading,
            ];
            rows.push(Item {
                cells: Cells::Why {
                    score: Some(group.mean),
                    share: Some(group.share),
                    points: Some(group.whole),
                    median: None,
                },
                words: moved.unwrap_or_default(),
                detail: detail.into_iter().flatten().collect::<Vec<_>>().join(" · "),
                open: Some(open),
                ..plain(&group.id, 0, Kind::Group, group.label.clone())
            });
            if open {
                for one in &group.measures {
                    let median = usual.and_then(|usual| usual.measures.get(&one.id)).copied();
                    let cells =
                        Cells::Why { score: Some(one.score), share: Some(one.share), points: Some(one.whole), median };
                    self.measure(view, &group.id, one, cells, one.evidence.clone(), rows);
                }
            }
        }
        for gate in &why.gates {
            rows.push(Item {
                cells: Cells::Why { score: None, share: None, points: Some(gate.whole), median: None },
                words: format!("at most {:.0}", gate.cap),
                detail: format!(
                    "{}: holds the score at {:.1} at most, which takes {:.1} points",
                    gate.label, gate.cap, -gate.points
                ),
                ..plain(&gate.id, 0, Kind::Gate, gate.label.clone())
            });
        }
    }

    fn measure(
        &self,
        view: &AccountView,
        group: &str,
        one: &MeasureWhy,
        cells: Cells,
        words: String,
        rows: &mut Vec<Item>,
    ) {
        let key = format!("{group}/{}", one.id);
        let open = self.is_open(&key, Kind::Measure);
        let source = [one.source.clone(), one.as_of.map(|day| short_date(day, view.why.day)), one.age.map(age)];
        let source: Vec<String> = source.into_iter().flatten().collect();
        let fresh = (one.freshness < 0.995).then(|| format!("{:.0}% fresh, and fading", one.freshness * 100.0));
        let weight = match (one.share - one.nominal).abs() < 0.005 {
            true => format!("weighs {:.0}% of the score", one.share * 100.0),
            false => {
                format!("weighs {:.0}% of the score, {:.0}% when all speak", one.share * 100.0, one.nominal * 100.0)
            }
        };
        let median = view.typical.as_ref().and_then(|usual| usual.measures.get(&one.id));
        let detail = [
            Some(words.clone()).filter(|words| !words.is_empty()),
            Some(format!("{:.0} of 100, {:.1} points, {weight}", one.score, one.points)),
            (!source.is_empty()).then(|| source.join(", ")),
            fresh,
            median.map(|median| said_median(median, view.standing.segment.as_deref())),
        ];
        rows.push(Item {
            cells,
            words,
            detail: detail.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            open: (!one.records.is_empty()).then_some(open),
            faint: one.freshness < 0.6,
            ..plain(&key, 1, Kind::Measure, one.label.clone())
        });
        if open {
            records(&key, 2, &one.records, view.why.day, rows);
        }
    }

    fn absent(&self, one: &AbsentWhy, day: Date, rows: &mut Vec<Item>) {
        let key = format!("{ABSENT}/{}", one.id);
        let open = self.is_open(&key, Kind::Measure);
        let words = format!("{}; {}", one.missing, one.went);
        rows.push(Item {
            detail: format!("{}: {words}", one.label),
            words,
            open: (!one.records.is_empty()).then_some(open),
            faint: true,
            ..plain(&key, 1, Kind::Measure, one.label.clone())
        });
        if open {
            records(&key, 2, &one.records, day, rows);
        }
    }

    fn two_days(&self, view: &AccountView, all: &crate::book::compared::Compared, rows: &mut Vec<Item>) {
        let cells = |row: &Moved| Cells::Then { then: row.then, now: row.now, change: row.change };
        let detail = |row: &Moved| {
            let from: Vec<String> = [row.source.clone(), row.as_of.map(|day| short_date(day, view.why.day))]
                .into_iter()
                .flatten()
                .collect();
            let from = if from.is_empty() { String::new() } else { format!(" ({})", from.join(", ")) };
            let was = row.then.map_or_else(|| "did not speak then".to_owned(), |then| format!("{then:.1} points then"));
            let is = row.now.map_or_else(|| "does not speak now".to_owned(), |now| format!("{now:.1} now"));
            let because = if row.evidence.is_empty() { String::new() } else { format!(" · {}{from}", row.evidence) };
            format!("{}: {was}, {is}{because}", row.label).replace('-', "−")
        };
        rows.push(Item {
            cells: cells(&all.score),
            detail: "The changes add up to the difference of the two scores, to a tenth.".to_owned(),
            ..plain("score", 0, Kind::Score, "Score".to_owned())
        });
        for (head, measures) in &all.groups {
            let open = self.is_open(&head.id, Kind::Group);
            rows.push(Item {
                cells: cells(head),
                detail: detail(head),
                open: Some(open),
                ..plain(&head.id, 0, Kind::Group, head.label.clone())
            });
            for row in measures.iter().filter(|_| open) {
                let key = format!("{}/{}", head.id, row.id);
                let spoken = view.why.groups.iter().flat_map(|group| &group.measures).find(|one| one.id == row.id);
                let silent = view.why.absent.iter().find(|one| one.id == row.id);
                let behind = spoken
                    .map(|one| one.records.as_slice())
                    .or(silent.map(|one| one.records.as_slice()))
                    .unwrap_or_default();
                let open = self.is_open(&key, Kind::Measure);
                rows.push(Item {
                    cells: cells(row),
                    words: row.evidence.clone(),
                    detail: detail(row),
                    open: (!behind.is_empty()).then_some(open),
                    faint: row.change.abs() < 0.05,
                    ..plain(&key, 1, Kind::Measure, row.label.clone())
                });
                if open {
                    records(&key, 2, behind, view.why.day, rows);
                }
            }
        }
        for row in &all.gates {
            rows.push(Item {
                cells: cells(row),
                words: row.evidence.clone(),
                detail: detail(row),
                ..plain(&row.id, 0, Kind::Gate, row.label.clone())
            });
        }
    }
}

fn plain(key: &str, depth: usize, kind: Kind, label: String) -> Item {
    Item {
        key: key.to_owned(),
        depth,
        kind,
        label,
        cells: Cells::Nothing,
        words: String::new(),
        detail: String::new(),
        open: None,
        faint: false,
    }
}

fn records(key: &str, depth: usize, behind: &[Record], day: Date, rows: &mut Vec<Item>) {
    for (at, row) in behind.iter().enumerate() {
        let on = short_date(row.on, day);
        let why = row.ignored.as_ref().map(|why| format!("not counted: {why}"));
        let id = row.id.as_ref().map(|id| format!("record {id}"));
        let rest = [why, row.source.clone(), id];
        let rest: Vec<String> = rest.into_iter().flatten().collect();
        let rest = if rest.is_empty() { String::new() } else { format!(" · {}", rest.join(" · ")) };
        rows.push(Item {
            words: row.text.clone(),
            detail: format!("{on}: {}{rest}", row.text),
            faint: !row.counts(),
            ..plain(&format!("{key}/{at}"), depth, Kind::Record, on)
        });
    }
}

fn age(days: i64) -> String {
    match days {
        0 => "of that day".to_owned(),
        n => format!("{n} d old"),
    }
}

fn exact(score: Option<f64>) -> String {
    score.map_or_else(|| "unknown".to_owned(), |score| format!("{score:.1}"))
}

/// `median of Mid accounts 55 (n 31)`.
pub fn said_median(median: &Median, segment: Option<&str>) -> String {
    let whose = match segment {
        Some(segment) if median.segment => format!("{segment} accounts"),
        _ => "the book".to_owned(),
    };
    format!("median of {whose} {:.0} (n {})", median.median, median.n)
}
