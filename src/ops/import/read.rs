//! Files of records: CSV with a head, or JSON with an object a line. One record at a time, with its line.
//!
//! Decides what is a record and what can't be read at all. Knows no field.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde_json::{Map, Value as Json};

use crate::connect::separator;

/// A record as it stands in the file.
pub(super) enum Cells {
    Csv(csv::StringRecord),
    Json(Map<String, Json>),
}

/// A record with the line on which it begins.
pub(super) struct Record {
    pub line: u64,
    pub cells: Cells,
}

impl Record {
    /// The cell of a column, by its place and by its name.
    pub fn cell(&self, place: usize, name: &str) -> Json {
        match &self.cells {
            Cells::Csv(record) => record.get(place).map_or(Json::Null, |text| Json::String(text.to_owned())),
            Cells::Json(map) => map.get(name).cloned().unwrap_or(Json::Null),
        }
    }
}

/// A file that is being read.
pub(super) struct Records {
    heads: Vec<String>,
    inner: Inner,
}

enum Inner {
    Csv(Box<csv::Reader<File>>),
    Lines { reader: BufReader<File>, line: u64 },
}

/// Opens a file. What it is shows in its first character: an object begins with `{`.
pub(super) fn open(path: &Path) -> Result<Records, String> {
    let cannot = |error: std::io::Error| format!("cannot be read ({error})");
    let mut file = File::open(path).map_err(cannot)?;
    let mut start = vec![0; 64 * 1024];
    let mut read = 0;
    while read < start.len() {
        match file.read(&mut start[read..]).map_err(cannot)? {
            0 => break,
            n => read += n,
        }
    }
    start.truncate(read);
    file.seek(SeekFrom::Start(0)).map_err(cannot)?;
    let plain = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
    match plain.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err("is empty: a CSV file begins with the names of its columns".to_owned()),
        Some(b'{') => lines(file),
        Some(b'[') => {
            Err("is one JSON array: write one object a line (jq -c '.[]' makes such a file of it)".to_owned())
        }
        Some(_) => {
            // Lines are counted by their ends: with both `\r` and `\n` as ends the count would lag behind by one.
            let end = if plain.contains(&b'\n') { b'\n' } else { b'\r' };
            table(file, separator(plain, b",;\t"), end)
        }
    }
}

fn table(file: File, delimiter: u8, end: u8) -> Result<Records, String> {
    let mut builder = csv::ReaderBuilder::new();
    let mut reader = builder
        .delimiter(delimiter)
        .terminator(csv::Terminator::Any(end))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(file);
    let heads = reader.headers().map_err(|error| says(&error).1)?;
    let heads: Vec<String> = heads.iter().map(|head| head.trim_start_matches('\u{feff}').to_owned()).collect();
    Ok(Records { heads, inner: Inner::Csv(Box::new(reader)) })
}

/// The names of all columns are known only when all lines were read: looks through the file once.
fn lines(file: File) -> Result<Records, String> {
    let mut records = Records { heads: Vec::new(), inner: Inner::Lines { reader: BufReader::new(file), line: 0 } };
    let mut heads: Vec<String> = Vec::new();
    let mut known = std::collections::HashSet::new();
    while let Some(record) = records.next() {
        if let Ok(Record { cells: Cells::Json(map), .. }) = record {
            heads.extend(map.keys().filter(|key| known.insert((*key).clone())).cloned());
        }
    }
    if let Inner::Lines { reader, line } = &mut records.inner {
        reader.seek(SeekFrom::Start(0)).map_err(|error| format!("cannot be read ({error})"))?;
        *line = 0;
    }
    records.heads = heads;
    Ok(records)
}

/// The line of a mistake in a CSV file, and what it is.
fn says(error: &csv::Error) -> (Option<u64>, String) {
    let line = error.position().map(csv::Position::line);
    let message = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => {
            "is not UTF-8: save the file as UTF-8 (in Excel: CSV UTF-8), then import it again".to_owned()
        }
        csv::ErrorKind::Io(error) => format!("cannot be read further ({error})"),
        _ => format!("cannot be read ({error})"),
    };
    (line, message)
}

fn uneven(cells: usize, heads: usize) -> String {
    let cells = if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") };
    format!("has {cells} where the head names {heads}: a text with the separator in it stands in quotes")
}

impl Records {
    /// The names of the columns.
    pub fn heads(&self) -> &[String] {
        &self.heads
    }

    /// The line on which the columns are named.
    pub fn head_line(&self) -> u64 {
        1
    }

    /// The next record, or the line and the reason why it can't be read; `None`: the end.
    pub fn next(&mut self) -> Option<Result<Record, (Option<u64>, String)>> {
        match &mut self.inner {
            Inner::Csv(reader) => loop {
                let mut record = csv::StringRecord::new();
                match reader.read_record(&mut record) {
                    Ok(false) => return None,
                    // A line of nothing, or of nothing but separators, as spreadsheets leave them.
                    Ok(true) if record.iter().all(str::is_empty) => {}
                    Ok(true) => {
                        let line = record.position().map_or(0, csv::Position::line);
                        if record.len() == self.heads.len() {
                            return Some(Ok(Record { line, cells: Cells::Csv(record) }));
                        }
                        return Some(Err((Some(line), uneven(record.len(), self.heads.len()))));
                    }
                    Err(error) => return Some(Err(says(&error))),
                }
            },
            Inner::Lines { reader, line } => loop {
                let mut text = String::new();
                *line += 1;
                match reader.read_line(&mut text) {
                    Ok(0) => return None,
                    Ok(_) => {}
                    Err(error) => {
                        // What follows can't be told apart from what is broken.
                        let _ = reader.seek(SeekFrom::End(0));
                        return Some(Err((Some(*line), format!("cannot be read ({error})"))));
                    }
                }
                let text = text.trim_start_matches('\u{feff}').trim();
                if text.is_empty() {
                    continue;
                }
                return Some(match serde_json::from_str::<Json>(text) {
                    Ok(Json::Object(map)) => Ok(Record { line: *line, cells: Cells::Json(map) }),
                    Ok(_) => Err((Some(*line), "is no object: each line is one, as in {\"id\": \"1\"}".to_owned())),
                    Err(error) => Err((Some(*line), format!("is no JSON ({error})"))),
                });
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(text: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text).unwrap();
        file
    }

    fn cells(text: &[u8]) -> (Vec<String>, Vec<(u64, String)>, Vec<String>) {
        let file = file(text);
        let mut records = open(file.path()).unwrap();
        let (mut found, mut wrong) = (Vec::new(), Vec::new());
        while let Some(record) = records.next() {
            match record {
                Ok(record) => found.push((record.line, record.cell(1, "b").as_str().unwrap_or("-").to_owned())),
                Err((line, message)) => wrong.push(format!("{line:?}: {message}")),
            }
        }
        (records.heads().to_vec(), found, wrong)
    }

    #[test]
    fn tables_are_read_whatever_parts_their_columns() {
        for text in [&b"a,b\n1,x\n2,y\n"[..], b"\xef\xbb\xbfa;b\r\n1;x\r\n2;y\r\n\r\n;\r\n", b"a\tb\n1\tx\n2\ty"] {
            let (heads, found, wrong) = cells(text);
            assert_eq!(heads, ["a", "b"]);
            assert_eq!(found, [(2, "x".to_owned()), (3, "y".to_owned())]);
            assert!(wrong.is_empty(), "{wrong:?}");
        }
        // A quoted text over two lines does not upset the count.
        let (_, found, _) = cells(b"a,b\n\"1\n1\",\"x, y\"\n2,z\n");
        assert_eq!(found, [(2, "x, y".to_owned()), (4, "z".to_owned())]);
    }

    #[test]
    fn what_cannot_be_read_is_named_by_line() {
        let (_, found, wrong) = cells(b"a,b\n1\n2,y\n\xff\xfe,z\n3,w\n");
        assert_eq!(found.len(), 2, "{found:?} {wrong:?}");
        assert!(wrong[0].contains("2") && wrong[0].contains("1 cell where the head names 2"), "{wrong:?}");
        assert!(wrong[1].contains("4") && wrong[1].contains("UTF-8"), "{wrong:?}");
        let (heads, found, wrong) = cells(b"{\"a\":1,\"b\":\"x\"}\n\n{\"b\":\"y\",\"c\":2}\nnot json\n[1]\n");
        assert_eq!((heads.len(), found.len(), wrong.len()), (3, 2, 2), "{wrong:?}");
        assert_eq!(found[1], (3, "y".to_owned()));
        assert!(open(file(b"").path()).is_err() && open(file(b"[{}]").path()).is_err());
        assert!(open(Path::new("/nowhere/x.csv")).is_err());
    }
}
