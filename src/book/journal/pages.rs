//! A note that is too long for one record: cut into pages at its paragraphs and lines, and put together again.
//!
//! Decides where a page ends and how the next goes on. How long a page may be is the connector's to say: as a measure of
//! the text as it is sent.

use super::bullets::bullet;
use super::fact::Fact;
use super::mark::Mark;

/// At the end of a page: the text goes on without a paragraph's end.
const ON: char = '…';

/// The note as it is written, page by page, each with its mark. The bullets are all on the last page, unless even they
/// are too many for one. `fits`: whether a body is short enough as it is sent.
pub fn pages(text: &str, facts: &[Fact], mark: &Mark, fits: &dyn Fn(&str) -> bool) -> Vec<String> {
    let text = text.trim();
    let bullets = facts.iter().map(bullet).collect::<Vec<_>>();
    let whole = body(text, &bullets, mark);
    if fits(&whole) {
        return vec![whole];
    }
    // The mark of a late page is the longest one that can come.
    let longest = mark.for_page(9_999);
    let mut blocks: Vec<Vec<String>> = vec![Vec::new()];
    for line in bullets {
        let Some(block) = blocks.last_mut() else { continue };
        block.push(line);
        if block.len() > 1 && !fits(&body("", block, &longest)) {
            let next = block.pop();
            blocks.push(next.into_iter().collect());
        }
    }
    let mut chunks = Vec::new();
    let mut rest = text;
    let first = blocks.first().cloned().unwrap_or_default();
    while !rest.is_empty() && !fits(&body(rest, &first, &longest)) {
        let Some((chunk, after)) = cut(rest, &|chunk| fits(&body(chunk, &[], &longest))) else { break };
        chunks.push((chunk, Vec::new()));
        rest = after;
    }
    let mut blocks = blocks.into_iter();
    chunks.push((rest.to_owned(), blocks.next().unwrap_or_default()));
    chunks.extend(blocks.map(|block| (String::new(), block)));
    let pages = (1_u32..).zip(chunks).filter(|(_, (text, block))| !text.is_empty() || !block.is_empty());
    pages.map(|(page, (text, block))| body(&text, &block, &mark.for_page(page))).collect()
}

/// One page: text, bullets, mark.
fn body(text: &str, bullets: &[String], mark: &Mark) -> String {
    let mut out = text.to_owned();
    if !out.is_empty() {
        out.push_str("\n\n");
    }
    for line in bullets {
        out.push_str(line);
        out.push('\n');
    }
    out.push_str(&mark.to_string());
    out
}

/// The longest beginning that fits, and the rest: up to a paragraph's end, else a line's, else a word's, else a letter's.
fn cut<'a>(text: &'a str, fits: &dyn Fn(&str) -> bool) -> Option<(String, &'a str)> {
    let paragraph = |at: usize| (text[..at].trim_end().to_owned(), text[at..].trim_start());
    let line = |at: usize| (format!("{}\n{ON}", text[..at].trim_end_matches('\n')), &text[at + 1..]);
    let letter = |at: usize| (format!("{}{ON}", &text[..at]), &text[at..]);
    let at = |sign: &str| text.match_indices(sign).map(|(at, _)| at).filter(|at| *at > 0).collect::<Vec<_>>();
    let words = || text.match_indices(' ').map(|(at, _)| at + 1).collect::<Vec<_>>();
    let letters = || text.char_indices().map(|(at, _)| at).skip(1).collect::<Vec<_>>();
    last(&at("\n\n"), &paragraph, fits)
        .or_else(|| last(&at("\n"), &line, fits))
        .or_else(|| last(&words(), &letter, fits))
        .or_else(|| last(&letters(), &letter, fits))
}

/// The last of these places up to which the text fits: longer texts measure longer, so the place is halved for.
fn last<'a>(
    places: &[usize],
    cut: &dyn Fn(usize) -> (String, &'a str),
    fits: &dyn Fn(&str) -> bool,
) -> Option<(String, &'a str)> {
    let count = places.partition_point(|at| fits(&cut(*at).0));
    let (chunk, rest) = cut(*places.get(count.checked_sub(1)?)?);
    (!rest.is_empty()).then_some((chunk, rest))
}

/// The texts of pages as one.
pub fn join_pages<'a>(pages: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for page in pages {
        if let Some(line) = out.strip_suffix(&format!("\n{ON}")) {
            out = format!("{line}\n");
        } else if let Some(words) = out.strip_suffix(ON) {
            out = words.to_owned();
        } else if !out.is_empty() && !page.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(page);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::print::read_back;
    use super::*;
    use crate::book::facts::Pulse;
    use proptest::prelude::*;

    fn mark() -> Mark {
        Mark::new("01JABC".into(), "512", "maya@x.example")
    }

    fn back(pages: &[String]) -> (String, Vec<Fact>) {
        let read = pages.iter().map(|page| read_back(page, &["512"]).unwrap()).collect::<Vec<_>>();
        let text = join_pages(read.iter().map(|page| page.text.as_str()));
        (text, read.into_iter().flat_map(|page| page.facts).collect())
    }

    #[test]
    fn a_short_note_is_one_page_with_the_mark_of_the_note() {
        let facts = [Fact::pulse(Pulse::Red, "quiet")];
        let pages = pages("Hello.", &facts, &mark(), &|_| true);
        assert_eq!(pages, [format!("Hello.\n\n* pulse red: quiet\n{}", mark())]);
    }

    #[test]
    fn a_long_one_is_cut_at_paragraphs_and_the_bullets_are_on_the_last_page() {
        let text =
            (1..=9).map(|n| format!("Paragraph {n}: {}", "word ".repeat(9).trim())).collect::<Vec<_>>().join("\n\n");
        let facts = [Fact::pulse(Pulse::Red, "quiet"), Fact::task("send the deck", None)];
        let pages = pages(&text, &facts, &mark(), &|body| body.len() <= 200);
        assert!(pages.len() > 3);
        assert!(pages.iter().all(|page| page.len() <= 200));
        assert!(pages[0].ends_with(&mark().to_string()));
        assert!(pages[1].contains("[rounds:1:01JABC~2:512:"));
        assert!(pages[..pages.len() - 1].iter().all(|page| !page.contains("* ")));
        assert_eq!(back(&pages), (text, facts.to_vec()));
    }

    proptest! {
        #[test]
        fn pages_are_short_enough_and_read_back_whole(
            text in "([a-zäß* ]{0,30}(\n|\n\n| )){0,30}",
            count in 0_usize..8,
            limit in 150_usize..400,
        ) {
            let text = text.trim().lines().map(str::trim).collect::<Vec<_>>().join("\n");
            prop_assume!(!text.contains("\n\n\n"));
            let facts = (0..count).map(|n| Fact::task(&format!("number {n}"), None)).collect::<Vec<_>>();
            let pages = pages(&text, &facts, &mark(), &|body| body.chars().count() <= limit);
            prop_assert!(pages.iter().all(|page| page.chars().count() <= limit), "{:#?}", pages);
            let (read, read_facts) = back(&pages);
            let plain = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(plain(&read), plain(&text));
            prop_assert_eq!(read_facts, facts);
        }
    }
}
