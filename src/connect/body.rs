//! Bodies that are no JSON: comma-separated values and JSON lines, as lists of records.
//!
//! Decides what separates values and how a dotted name becomes a table in a table. It guesses no type: all are texts.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

/// What may separate values, tried on the first line.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Records of a CSV body by the names of its first line. A row with more or fewer values than names is an error: the
/// body was cut off, or its quotes are broken.
pub(crate) fn csv(body: &[u8]) -> Result<Json, String> {
    let body = text(body);
    let body = body.as_bytes();
    let mut reader = csv::ReaderBuilder::new().delimiter(separator(body, &SEPARATORS)).from_reader(body);
    let names: Vec<Vec<String>> = reader
        .headers()
        .map_err(|error| error.to_string())?
        .iter()
        .map(|name| name.trim().split('.').map(str::to_owned).collect())
        .collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let mut row = Map::new();
        for (name, value) in names.iter().zip(record.iter()) {
            put(&mut row, name, value);
        }
        rows.push(Json::Object(row));
    }
    Ok(Json::Array(rows))
}

/// UTF-8, UTF-16 where its mark says so, else what spreadsheets on Windows write.
fn text(body: &[u8]) -> Cow<'_, str> {
    match encoding_rs::Encoding::for_bom(body) {
        Some((encoding, mark)) => encoding.decode_without_bom_handling(&body[mark..]).0,
        None => match std::str::from_utf8(body) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(body).0,
        },
    }
}

/// Which of these the head of a table has most of, outside quotes; the first of them where it has none.
pub(crate) fn separator(table: &[u8], marks: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = vec![0_usize; marks.len()];
    for byte in table {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            byte if !quoted => marks.iter().zip(&mut counts).filter(|(m, _)| *m == byte).for_each(|(_, n)| *n += 1),
            _ => {}
        }
    }
    let most = marks.iter().zip(counts).rev().max_by_key(|(_, n)| *n);
    most.filter(|(_, n)| *n > 0).map_or(marks.first().copied().unwrap_or(b','), |(mark, _)| *mark)
}

fn put(row: &mut Map<String, Json>, name: &[String], value: &str) {
    match name {
        [] => {}
        [last] => {
            row.insert(last.clone(), Json::from(value));
        }
        [first, rest @ ..] => {
            let inner = row.entry(first.clone()).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// A record a line; empty lines are none.
pub(crate) fn json_lines(body: &[u8]) -> Result<Json, String> {
    body.split(|b| *b == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.iter().all(u8::is_ascii_whitespace))
        .map(|(at, line)| serde_json::from_slice(line).map_err(|error| format!("line {}: {error}", at + 1)))
        .collect::<Result<Vec<Json>, _>>()
        .map(Json::Array)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_the_first_line_and_dots_within() {
        let body = "\u{feff}Id,Name,Owner.Name\n1,\"Acme, Inc.\\nline\",Kim\n2,Globex,\n".replace("\\n", "\n");
        assert_eq!(
            csv(body.as_bytes()),
            Ok(json!([
                {"Id": "1", "Name": "Acme, Inc.\nline", "Owner": {"Name": "Kim"}},
                {"Id": "2", "Name": "Globex", "Owner": {"Name": ""}}
            ]))
        );
        assert_eq!(csv(b"a;b\n1;2,5\n"), Ok(json!([{"a": "1", "b": "2,5"}])));
        assert_eq!(csv(b"a\tb\n1\t2\n"), Ok(json!([{"a": "1", "b": "2"}])));
        assert!(csv(b"a,b\n1\n").is_err());
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        assert_eq!(csv(b"Name;Stra\xdfe\nM\xfcller \x80;1\n"), Ok(json!([{"Name": "Müller €", "Straße": "1"}])));
        let wide: Vec<u8> = "\u{feff}Name\tArr\nÉa\t5\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(csv(&wide), Ok(json!([{"Name": "Éa", "Arr": "5"}])));
    }

    #[test]
    fn a_record_a_line() {
        assert_eq!(json_lines(b"{\"a\":1}\n\n{\"a\":2}\n"), Ok(json!([{"a": 1}, {"a": 2}])));
        assert!(json_lines(b"{\"a\":1}\n{\"a\":").unwrap_err().contains("line 2"));
    }
}
