//! The review as Markdown.

use super::{Review, Row, day};
use crate::report::escape::markdown as plain;

/// The whole document.
pub fn markdown(review: &Review) -> String {
    let mut out = format!("# Value review: {}\n\n", plain(&review.customer));
    let by = review.by.as_deref().map_or_else(String::new, |by| format!(" · {}", plain(by)));
    out.push_str(&format!("{}{by}\n\n{}\n", day(review.day), review.lead));
    if !review.figures.is_empty() {
        out.push('\n');
        for figure in &review.figures {
            out.push_str(&format!("- **{}** {} \\[{}\\]\n", figure.value, figure.label, figure.source));
        }
    }
    out.push_str("\n## What we promised, and what came of it\n\n");
    if review.promises.is_empty() {
        out.push_str(
            "Nothing is written down yet. Let us agree on one result that matters to you, with a figure and a date.\n",
        );
    }
    for promise in &review.promises {
        out.push_str(&format!("### {}: {}\n\n", plain(&promise.text), promise.state));
        let more = [promise.metric.as_deref(), promise.amount.as_deref(), promise.late.as_deref()];
        let more: Vec<String> = more.into_iter().flatten().map(plain).collect();
        let more = if more.is_empty() { String::new() } else { format!("; {}", more.join("; ")) };
        out.push_str(&format!("{}{more}\n\n", plain(&promise.made)));
        if !promise.proofs.is_empty() {
            out.push_str("| day | what was shown | worth | confirmed | source |\n|---|---|---:|---|---|\n");
            for proof in &promise.proofs {
                let amount = proof.amount.as_deref().unwrap_or("");
                out.push_str(&format!(
                    "| {} | {} | {amount} | {} | \\[{}\\] |\n",
                    day(proof.on),
                    plain(&proof.text),
                    plain(&proof.accepted),
                    proof.source
                ));
            }
            out.push('\n');
        }
    }
    if let Some(usage) = &review.usage {
        out.push_str(&format!("## How it is used\n\n{} \\[{}\\]\n\n", usage.words, usage.source));
    }
    rows(&mut out, "What we plan together", &review.goals);
    rows(&mut out, "What you asked for", &review.requests);
    if !review.words.is_empty() {
        out.push_str("## In your words\n\n");
        for (text, who) in &review.words {
            out.push_str(&format!("> {}\n>\n> {}\n\n", plain(text), plain(who)));
        }
    }
    if !review.sources.is_empty() {
        out.push_str("## Where the figures come from\n\n");
        for (at, source) in (1..).zip(&review.sources) {
            out.push_str(&format!("{at}. {}\n", plain(source)));
        }
    }
    out
}

fn rows(out: &mut String, title: &str, rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    out.push_str(&format!("## {title}\n\n| what | who | when | stands |\n|---|---|---|---|\n"));
    for row in rows {
        out.push_str(&format!("| {} | {} | {} | {} |\n", plain(&row.text), plain(&row.who), row.when, row.state));
    }
    out.push('\n');
}
