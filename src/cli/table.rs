//! Tables for people and for other programs: aligned text, CSV, Markdown, JSON, JSON lines.
//!
//! Decides how rows are printed, not what is in them. On a terminal a table is cut to its width; piped it is whole.

use serde_json::Value;

use crate::cli::args::Format;
use crate::text;

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A table: heads, then rows of as many cells.
#[derive(Clone, Debug)]
pub struct Table {
    pub heads: Vec<(&'static str, Align)>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(heads: &[(&'static str, Align)]) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new() }
    }

    /// Aligned text; lines are cut to `columns` where given.
    pub fn aligned(&self, columns: Option<usize>) -> String {
        let widths: Vec<usize> = (0..self.heads.len())
            .map(|i| {
                let cells = self.rows.iter().filter_map(|row| row.get(i)).map(|cell| text::width(cell));
                cells.chain([text::width(self.heads[i].0)]).max().unwrap_or(0)
            })
            .collect();
        let line = |cells: Vec<&str>| {
            let mut out = String::new();
            for (i, cell) in cells.iter().enumerate() {
                if i > 0 {
                    out.push_str("  ");
                }
                out.push_str(&match self.heads[i].1 {
                    Align::Left => text::pad(cell, widths[i]),
                    Align::Right => text::pad_left(cell, widths[i]),
                });
            }
            let out = out.trim_end();
            columns.map_or_else(|| out.to_owned(), |columns| text::cut(out, columns))
        };
        let mut out = line(self.heads.iter().map(|(head, _)| *head).collect());
        for row in &self.rows {
            out.push('\n');
            out.push_str(&line(row.iter().map(String::as_str).collect()));
        }
        out.push('\n');
        out
    }

    /// Comma-separated values. A cell that a spreadsheet would run as a formula gets a leading `'`.
    pub fn csv(&self) -> String {
        let mut out = String::new();
        let heads: Vec<String> = self.heads.iter().map(|(head, _)| (*head).to_owned()).collect();
        for row in std::iter::once(&heads).chain(&self.rows) {
            let cells: Vec<String> = row.iter().map(|cell| csv_cell(cell)).collect();
            out.push_str(&cells.join(","));
            out.push_str("\r\n");
        }
        out
    }

    /// A Markdown table.
    pub fn markdown(&self) -> String {
        let escape = |cell: &str| cell.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;");
        let mut out = String::new();
        let heads: Vec<&str> = self.heads.iter().map(|(head, _)| *head).collect();
        out.push_str(&format!("| {} |\n|", heads.join(" | ")));
        for (_, align) in &self.heads {
            out.push_str(if *align == Align::Right { "--:|" } else { "---|" });
        }
        out.push('\n');
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(|cell| escape(cell)).collect();
            out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        out
    }
}

fn csv_cell(cell: &str) -> String {
    let number = cell.parse::<f64>().is_ok();
    let guarded =
        if !number && cell.starts_with(['=', '+', '-', '@', '\t']) { format!("'{cell}") } else { cell.to_owned() };
    if guarded.contains([',', '"', '\n', '\r']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

/// What to print of a result that is both a list of JSON objects and a table.
pub fn render(
    format: &Format,
    columns: Option<usize>,
    json: impl FnOnce() -> Vec<Value>,
    table: impl FnOnce() -> Table,
) -> String {
    if format.json {
        pretty(&Value::Array(json()))
    } else if format.jsonl {
        json().iter().map(|value| format!("{value}\n")).collect()
    } else if format.csv {
        table().csv()
    } else if format.markdown {
        table().markdown()
    } else {
        table().aligned(columns)
    }
}

/// One JSON document, indented.
pub fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).map_or_else(|_| value.to_string(), |text| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[("account", Align::Left), ("arr", Align::Right)]);
        table.rows.push(vec!["=cmd|'x'".into(), "412".into()]);
        table.rows.push(vec!["北京, \"Ltd\"".into(), "−6".into()]);
        table
    }

    #[test]
    fn aligned_keeps_columns_with_wide_characters() {
        let text = table().aligned(None);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "account      arr");
        assert!(lines.iter().all(|line| text::width(line) == 16), "{text}");
        // No blank stands before the sign of a cut.
        assert_eq!(table().aligned(Some(10)).lines().nth(1), Some("=cmd|'x'…"));
    }

    #[test]
    fn csv_runs_no_formula_and_quotes() {
        assert_eq!(table().csv(), "account,arr\r\n'=cmd|'x',412\r\n\"北京, \"\"Ltd\"\"\",−6\r\n");
        assert_eq!(csv_cell("-12.5"), "-12.5");
        assert_eq!(csv_cell("-x"), "'-x");
    }

    #[test]
    fn markdown_escapes_what_would_break_it() {
        assert!(table().markdown().contains("| =cmd\\|'x' | 412 |"));
        assert!(table().markdown().contains("|---|--:|"));
    }
}
