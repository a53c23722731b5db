//! HTML on the way in (to plain text) and on the way out (escaped).
//!
//! Decides which tags break a line. It must not let any markup through.

/// Plain text of an HTML text: tags gone, blocks and `<br>` as line breaks, entities resolved, comments, scripts and
/// styles dropped.
pub(crate) fn to_plain(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return html.to_owned();
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        push_text(&mut out, &rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('&') {
            let (text, after) = entity(rest);
            out.push_str(&text);
            rest = after;
        } else {
            rest = tag(&mut out, rest);
        }
    }
    push_text(&mut out, rest);
    tidy(&out)
}

/// In HTML a line break in the source is a space.
fn push_text(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' | ' ' if out.ends_with([' ', '\n']) || out.is_empty() => {}
            '\n' | '\r' | '\t' => out.push(' '),
            c => out.push(c),
        }
    }
}

fn tag<'a>(out: &mut String, rest: &'a str) -> &'a str {
    if let Some(comment) = rest.strip_prefix("<!--") {
        return comment.split_once("-->").map_or("", |(_, after)| after);
    }
    let next = rest[1..].chars().next();
    if !next.is_some_and(|c| c.is_ascii_alphabetic() || c == '/' || c == '!' || c == '?') {
        out.push('<'); // a lone "less than", not a tag
        return &rest[1..];
    }
    let Some(end) = end_of_tag(rest) else { return "" };
    let name: String = rest[1..end]
        .trim_start_matches('/')
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let after = &rest[end + 1..];
    let closing = rest.starts_with("</");
    match name.as_str() {
        "script" | "style" if !closing => {
            let close = format!("</{name}");
            let lower = after.to_ascii_lowercase();
            return lower.find(&close).map_or("", |at| {
                let tail = &after[at..];
                end_of_tag(tail).map_or("", |end| &tail[end + 1..])
            });
        }
        "br" => out.push('\n'),
        "p" | "div" | "tr" | "ul" | "ol" | "table" | "blockquote" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
            new_line(out);
        }
        "li" if !closing => {
            new_line(out);
            out.push_str("- ");
        }
        "td" | "th" if closing => out.push(' '),
        _ => {}
    }
    after
}

fn new_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

/// The `>` that ends a tag, past quoted values.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
    }
    // An unclosed quote: the next plain `>` will do.
    text.find('>')
}

fn entity(rest: &str) -> (String, &str) {
    let end = rest.char_indices().take(12).find(|(_, c)| *c == ';').map(|(at, _)| at);
    let Some(end) = end else { return ("&".to_owned(), &rest[1..]) };
    let name = &rest[1..end];
    let found = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        "ndash" => Some('–'),
        "mdash" => Some('—'),
        "hellip" => Some('…'),
        "lsquo" => Some('‘'),
        "rsquo" => Some('’'),
        "ldquo" => Some('“'),
        "rdquo" => Some('”'),
        "euro" => Some('€'),
        "pound" => Some('£'),
        "bull" => Some('•'),
        _ => name.strip_prefix('#').and_then(|number| {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => number.parse().ok(),
            };
            code.and_then(char::from_u32).map(|c| if c == '\u{a0}' { ' ' } else { c })
        }),
    };
    match found {
        Some(c) => (c.to_string(), &rest[end + 1..]),
        None => ("&".to_owned(), &rest[1..]),
    }
}

/// Ends of lines trimmed, never more than one empty line in a row.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty > 1 || (empty == 1 && out.is_empty()) {
            continue;
        }
        out.push_str(line);
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// Plain text as HTML: escaped, line breaks as `<br>`.
pub(crate) fn from_plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("<br>"),
            '\r' => {}
            c => out.push(c),
        }
    }
    out
}

/// Plain text as HTML, a `<p>` a line.
pub(crate) fn paragraphs(text: &str) -> String {
    text.lines()
        .map(
            |line| {
                if line.trim().is_empty() { "<p><br></p>".to_owned() } else { format!("<p>{}</p>", from_plain(line)) }
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_lines_and_entities_become_characters() {
        for (html, plain) in [
            ("Called Kim.<br>Renewal on track", "Called Kim.\nRenewal on track"),
            ("<p>One</p><p>Two &amp; three</p>", "One\nTwo & three"),
            ("<ul><li>a</li><li>b</li></ul>after", "- a\n- b\nafter"),
            ("<style>p { x }</style>a<!-- no -->b<script>alert('</p>')</script>c", "abc"),
            ("3 < 4 &&lt; &#x41;&#66; &nope; R&D", "3 < 4 &< AB &nope; R&D"),
            ("<a title=\"a > b\" href='x'>link</a>", "link"),
            ("no markup\nat all", "no markup\nat all"),
            ("<div>a\n  b</div>", "a b"),
            ("cut <off", "cut"),
        ] {
            assert_eq!(to_plain(html), plain, "{html}");
        }
    }

    #[test]
    fn what_goes_out_comes_back() {
        for text in ["a < b & \"c\" > d\nnext line", "[rounds:1:01J:crm:5:77]", "<script>x</script>"] {
            let html = from_plain(text);
            assert!(!html.contains("<s"), "{html}");
            assert_eq!(to_plain(&html), text);
            assert_eq!(to_plain(&paragraphs(text)), text);
        }
    }
}
