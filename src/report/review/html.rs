//! The review as one HTML file: no script, nothing from the network, dark, light and print.

use super::svg::{Line, lines};
use super::{Promise, Review, Row, day};
use crate::report::escape::html as plain;
use crate::report::money;

const STYLE: &str = include_str!("review.css");

/// The whole document.
pub fn html(review: &Review) -> String {
    let name = plain(&review.customer);
    let by = review.by.as_deref().map_or_else(String::new, |by| format!(" · {}", plain(by)));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Value review: {name}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<header>\n<p class=\"kind\">Value review</p>\n<h1>{name}</h1>\n\
         <p class=\"by\">{}{by}</p>\n<p class=\"lead\">{}</p>\n</header>\n",
        day(review.day),
        plain(&review.lead)
    );
    if !review.figures.is_empty() {
        out.push_str("<dl class=\"figures\">\n");
        for figure in &review.figures {
            out.push_str(&format!(
                "<div><dt>{}{}</dt><dd>{}</dd></div>\n",
                plain(&figure.label),
                note(figure.source),
                plain(&figure.value)
            ));
        }
        out.push_str("</dl>\n");
    }
    months(&mut out, review);
    out.push_str("<section>\n<h2>What we promised, and what came of it</h2>\n");
    if review.promises.is_empty() {
        out.push_str("<p>Nothing is written down yet. Let us agree on one result that matters to you, with a figure and a date.</p>\n");
    }
    for one in &review.promises {
        promise(&mut out, one);
    }
    out.push_str("</section>\n");
    usage(&mut out, review);
    rows(&mut out, "What we plan together", &review.goals);
    rows(&mut out, "What you asked for", &review.requests);
    if !review.words.is_empty() {
        out.push_str("<section>\n<h2>In your words</h2>\n");
        for (text, who) in &review.words {
            out.push_str(&format!(
                "<figure class=\"quote\"><blockquote>{}</blockquote><figcaption>{}</figcaption></figure>\n",
                plain(text),
                plain(who)
            ));
        }
        out.push_str("</section>\n");
    }
    if !review.sources.is_empty() {
        out.push_str("<section class=\"sources\">\n<h2>Where the figures come from</h2>\n<ol>\n");
        for (at, source) in (1..).zip(&review.sources) {
            out.push_str(&format!("<li id=\"s{at}\">{}</li>\n", plain(source)));
        }
        out.push_str("</ol>\n</section>\n");
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn note(source: usize) -> String {
    format!(" <a class=\"note\" href=\"#s{source}\" aria-label=\"source {source}\">[{source}]</a>")
}

fn months(out: &mut String, review: &Review) {
    let Some((_, promised, proven)) = review.months.last().copied().filter(|_| review.months.len() > 1) else { return };
    let amount = |units: f64| money(units, review.currency);
    let days: Vec<_> = review.months.iter().map(|month| month.0).collect();
    let says = format!(
        "Over the last twelve months {} was promised and {} of it confirmed.",
        amount(promised),
        amount(proven)
    );
    let both = [
        Line {
            class: "first",
            label: "promised",
            values: review.months.iter().map(|month| month.1).collect(),
            last: amount(promised),
        },
        Line {
            class: "second",
            label: "confirmed",
            values: review.months.iter().map(|month| month.2).collect(),
            last: amount(proven),
        },
    ];
    out.push_str("<section>\n<h2>Promised and confirmed</h2>\n<figure>\n");
    out.push_str(&lines("value", "Promised and confirmed value", &says, &days, &both, amount));
    out.push_str(&format!("<figcaption>{}</figcaption>\n</figure>\n</section>\n", plain(&says)));
}

fn promise(out: &mut String, one: &Promise) {
    let state = one.state;
    let class = match state {
        "delivered" => "good",
        "late" | "not delivered" => "late",
        _ => "open",
    };
    out.push_str(&format!("<article>\n<h3>{} <span class=\"state {class}\">{state}</span></h3>\n", plain(&one.text)));
    if let Some(share) = one.share {
        let per = (share * 100.0).round();
        out.push_str(&format!(
            "<div class=\"bar {class}\" role=\"img\" aria-label=\"{per} percent of its worth confirmed\"><span style=\"width:{per}%\"></span></div>\n"
        ));
    }
    let parts = [one.amount.as_deref(), one.metric.as_deref(), one.late.as_deref(), Some(one.made.as_str())];
    let parts: Vec<String> = parts.into_iter().flatten().map(plain).collect();
    out.push_str(&format!("<p class=\"quiet\">{}</p>\n", parts.join(" · ")));
    if !one.proofs.is_empty() {
        out.push_str("<ul class=\"proofs\">\n");
        for proof in &one.proofs {
            let amount =
                proof.amount.as_deref().map_or_else(String::new, |amount| format!("<b>{}</b> ", plain(amount)));
            out.push_str(&format!(
                "<li>{amount}{} <span class=\"quiet\">{}, {}</span>{}</li>\n",
                plain(&proof.text),
                day(proof.on),
                plain(&proof.accepted),
                note(proof.source)
            ));
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</article>\n");
}

fn usage(out: &mut String, review: &Review) {
    let Some(usage) = &review.usage else { return };
    let days: Vec<_> = usage.weeks.iter().map(|week| week.0).collect();
    let values: Vec<f64> = usage.weeks.iter().map(|week| week.1).collect();
    let last = values.last().map_or_else(String::new, |last| format!("{last:.0}"));
    let line = [Line { class: "second", label: "people", values, last }];
    out.push_str("<section>\n<h2>How it is used</h2>\n<figure>\n");
    out.push_str(&lines("usage", "People who use it on a usual day", &usage.words, &days, &line, |value| {
        format!("{value:.0}")
    }));
    out.push_str(&format!(
        "<figcaption>{}{}</figcaption>\n</figure>\n</section>\n",
        plain(&usage.words),
        note(usage.source)
    ));
}

fn rows(out: &mut String, title: &str, rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    out.push_str(&format!("<section>\n<h2>{title}</h2>\n<ul class=\"rows\">\n"));
    for row in rows {
        let who = if row.who.is_empty() { String::new() } else { format!("{} · ", plain(&row.who)) };
        out.push_str(&format!(
            "<li>{} <span class=\"quiet\">{who}{} · {}</span></li>\n",
            plain(&row.text),
            plain(&row.when),
            plain(&row.state)
        ));
    }
    out.push_str("</ul>\n</section>\n");
}
