//! What the vendor does to HTML in a body: comments and active content go, plain marks stay.
//! Decides which tags survive. It must never make text into markup.

/// Tags that are kept, without attributes except a link's address.
const KEPT: [&str; 24] = [
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "strong",
    "sub",
    "sup",
    "u",
    "ul",
];

/// The body as it is stored.
pub(crate) fn clean(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        rest = &rest[open..];
        if rest.starts_with("<!--") {
            rest = rest.find("-->").map_or("", |end| &rest[end + 3..]);
            continue;
        }
        let Some(close) = rest.find('>') else {
            out.push_str("&lt;");
            rest = &rest[1..];
            continue;
        };
        let inner = &rest[1..close];
        let name: String = inner
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        if name.is_empty() && !inner.starts_with('/') && !inner.starts_with('!') {
            // A lone "<" in text, as in "a < b".
            out.push_str("&lt;");
            rest = &rest[1..];
            continue;
        }
        rest = &rest[close + 1..];
        if matches!(name.as_str(), "script" | "style") && !inner.starts_with('/') {
            let end = format!("</{name}>");
            rest = rest.to_ascii_lowercase().find(&end).map_or("", |at| &rest[at + end.len()..]);
        } else if KEPT.contains(&name.as_str()) {
            out.push('<');
            if inner.starts_with('/') {
                out.push('/');
            }
            out.push_str(&name);
            if name == "a"
                && let Some(address) = address(inner)
            {
                out.push_str(&format!(" href=\"{address}\""));
            }
            out.push('>');
        }
    }
    out.push_str(rest);
    out
}

fn address(tag: &str) -> Option<&str> {
    let from = tag.find("href=\"")? + 6;
    let len = tag[from..].find('"')?;
    let address = &tag[from..from + len];
    (address.starts_with("http://") || address.starts_with("https://") || address.starts_with("mailto:"))
        .then_some(address)
}

/// The text without any tag, cut short, as the vendor offers it for lists.
pub(crate) fn preview(body: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in body.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                if !out.ends_with(' ') && !out.is_empty() {
                    out.push(' ');
                }
            }
            _ if !inside => out.push(c),
            _ => {}
        }
        if out.len() > 400 {
            break;
        }
    }
    out.trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_active_content_go_and_text_stays() {
        assert_eq!(clean("a<!-- mark -->b"), "ab");
        assert_eq!(clean("x<script>alert(1)</script>y<style>p{}</style>z"), "xyz");
        assert_eq!(clean("<p onclick=\"x()\">Hi<br/>you</p>"), "<p>Hi<br>you</p>");
        assert_eq!(
            clean("<a href=\"javascript:x\">k</a> <a href=\"https://a.example/\">l</a>"),
            "<a>k</a> <a href=\"https://a.example/\">l</a>"
        );
        assert_eq!(clean("<img src=x>pic"), "pic");
        assert_eq!(clean("1 < 2 &amp; [rounds:1:01J:k:a]"), "1 &lt; 2 &amp; [rounds:1:01J:k:a]");
        assert_eq!(preview("<p>Hello<br>there</p>"), "Hello there");
    }
}
