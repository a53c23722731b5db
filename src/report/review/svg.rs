//! The pictures of the review: lines over time, drawn as SVG without any script.
//!
//! Decides scale, axes and words of a picture. Colours come from the page's style, so that dark, light and print each have
//! their own; every picture tells its content in words as well.

use jiff::civil::Date;

use crate::report::escape::html;

/// A line of a picture.
pub struct Line<'a> {
    /// The class that colours it.
    pub class: &'static str,
    pub label: &'a str,
    pub values: Vec<f64>,
    /// The last value in words, set beside its end.
    pub last: String,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 8.0;
const RIGHT: f64 = 118.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 28.0;
/// The height of a label with the words under it.
const LABEL: f64 = 38.0;

/// The least round number that is no smaller: 1, 2 or 5 times a power of ten.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= value).unwrap_or(value)
}

/// Lines over the same days. `says`: the picture in words; `axis`: a value as the axis writes it.
pub fn lines(
    id: &str,
    title: &str,
    says: &str,
    days: &[Date],
    lines: &[Line<'_>],
    axis: impl Fn(f64) -> String,
) -> String {
    let most = round_up(lines.iter().flat_map(|line| &line.values).copied().fold(0.0, f64::max));
    let x = |at: usize| LEFT + (WIDTH - LEFT - RIGHT) * at as f64 / (days.len().max(2) - 1) as f64;
    let y = |value: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value / most).clamp(0.0, 1.0);
    let mut out = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\n<title id=\"{id}-t\">{}</title>\n<desc id=\"{id}-d\">{}</desc>\n",
        html(title),
        html(says)
    );
    for share in [0.0, 0.5, 1.0] {
        let at = y(most * share);
        out.push_str(&format!(
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\n",
            WIDTH - RIGHT
        ));
        if share > 0.0 {
            out.push_str(&format!(
                "<text class=\"axis\" x=\"{LEFT}\" y=\"{:.1}\">{}</text>\n",
                at - 4.0,
                html(&axis(most * share))
            ));
        }
    }
    if let (Some(first), Some(last)) = (days.first(), days.last()) {
        let at = HEIGHT - 8.0;
        out.push_str(&format!("<text class=\"axis\" x=\"{LEFT}\" y=\"{at}\">{}</text>\n", first.strftime("%b %Y")));
        let end = WIDTH - RIGHT;
        out.push_str(&format!("<text class=\"axis end\" x=\"{end}\" y=\"{at}\">{}</text>\n", last.strftime("%b %Y")));
    }
    // Labels that would lie on each other are moved apart.
    let mut taken: Vec<f64> = Vec::new();
    for line in lines {
        let points: Vec<String> =
            line.values.iter().enumerate().map(|(at, value)| format!("{:.1},{:.1}", x(at), y(*value))).collect();
        out.push_str(&format!("<polyline class=\"{}\" points=\"{}\"/>\n", line.class, points.join(" ")));
        let Some(last) = line.values.last() else { continue };
        let mut at = y(*last) + 4.0;
        if let Some(other) = taken.iter().copied().find(|other| (other - at).abs() < LABEL) {
            let (above, below) = (other - LABEL, other + LABEL);
            at = if (at >= other && below <= HEIGHT - BOTTOM) || above < TOP { below } else { above };
        }
        taken.push(at);
        let left = WIDTH - RIGHT + 8.0;
        out.push_str(&format!(
            "<text class=\"label {}\" x=\"{left}\" y=\"{:.1}\">{}</text>\n",
            line.class,
            at,
            html(&line.last)
        ));
        out.push_str(&format!(
            "<text class=\"axis\" x=\"{left}\" y=\"{:.1}\">{}</text>\n",
            at + 17.0,
            html(line.label)
        ));
    }
    out.push_str("</svg>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn labels_of_lines_that_end_together_stand_apart() {
        let days = [date(2026, 1, 1), date(2026, 2, 1)];
        for (first, second) in [(100.0, 100.0), (100.0, 98.0), (98.0, 100.0), (50.0, 55.0), (1.0, 0.0), (0.0, 0.0)] {
            let line =
                |class, label, last: f64| Line { class, label, values: vec![0.0, last], last: format!("{last}") };
            let both = [line("first", "a", first), line("second", "b", second)];
            let out = lines("x", "t", "d", &days, &both, |value| format!("{value}"));
            let places: Vec<f64> = out
                .lines()
                .filter(|line| line.contains("class=\"label"))
                .filter_map(|line| line.split("y=\"").nth(1)?.split('"').next()?.parse().ok())
                .collect();
            assert_eq!(places.len(), 2);
            assert!((places[0] - places[1]).abs() >= LABEL - 0.1, "{first} {second}: {places:?}");
            assert!(places.iter().all(|at| (0.0..=HEIGHT).contains(at)), "{places:?}");
        }
    }
}
