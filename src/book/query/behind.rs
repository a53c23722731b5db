//! What stands behind a number of the query language on a day: the items of its lists, the windows of its metrics.
//!
//! Decides nothing about the number itself; inputs of measures have records of their own.

use std::ops::ControlFlow;

use jiff::civil::Date;

use super::eval::{fits, number};
use super::look::Look;
use super::{Expr, Leaf, List, Num, Use, units};
use crate::book::day::date;

/// One thing behind a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Behind {
    pub on: Date,
    pub text: String,
    /// The source's name, or `note`.
    pub source: Option<String>,
    pub id: Option<String>,
    /// It is one of those that were asked for.
    pub fits: bool,
}

/// What stands behind a number, beside its inputs: those that fit first, each kind with the newest first.
pub fn behind(num: &Num, look: &Look<'_, '_>) -> Vec<Behind> {
    let mut out = Vec::new();
    collect(num, look, &mut out);
    out.sort_by(|a, b| b.fits.cmp(&a.fits).then_with(|| b.on.cmp(&a.on)));
    out
}

fn collect(num: &Num, look: &Look<'_, '_>, out: &mut Vec<Behind>) {
    match num {
        Num::Plain(_) | Num::Item(_) => {}
        Num::Of(of) => out.extend(field(of, look)),
        Num::Count(list, test) | Num::Over(_, list, _, test) => items(*list, test.as_deref(), look, out),
        Num::Pick(pick) => items(pick.list, pick.test.as_ref(), look, out),
        Num::Abs(one) => collect(one, look, out),
        Num::Arith(_, pair) => {
            collect(&pair.0, look, out);
            collect(&pair.1, look, out);
        }
        Num::Least(all) | Num::Most(all) => all.iter().for_each(|one| collect(one, look, out)),
    }
}

fn items(list: List, test: Option<&Expr>, look: &Look<'_, '_>, out: &mut Vec<Behind>) {
    super::Subject::each(look, list, &mut |item| {
        out.push(Behind {
            on: date(item.on()),
            text: item.main().to_owned(),
            source: item.source(),
            id: item.id(),
            fits: test.is_none_or(|test| fits(test, look, &item)),
        });
        ControlFlow::Continue(())
    });
}

/// A field that is no input: what it reads, and as of when.
fn field(of: &Use, look: &Look<'_, '_>) -> Option<Behind> {
    // What notes say has records of its own as well.
    if of.field.is_noted() || (of.field.input().is_some() && of.is_plain()) {
        return None;
    }
    let num = Num::Of(of.clone());
    let read = number(&num, look)?;
    let shown = units::shown(read.value, num.unit(), look.on.date);
    let facts = look.eval.facts.facts;
    let source = match of.metric {
        Some(_) => facts.usage_source.as_ref().map(ToString::to_string),
        None => Some(facts.source.to_string()),
    };
    let text = format!("{}: {shown}", written(of));
    Some(Behind { on: date(read.as_of.unwrap_or(look.on.day)), text, source, id: None, fits: true })
}

/// A field as it is typed.
fn written(of: &Use) -> String {
    let name = match &of.metric {
        Some(metric) => of.field.spec().name.replace('*', metric),
        None => of.field.spec().name.to_owned(),
    };
    match (of.field.spec().window, of.skip) {
        (None, _) => name,
        (Some(_), 0) => format!("{name}({}d)", of.window),
        (Some(_), skip) => format!("{name}({}d, {skip}d)", of.window),
    }
}

impl Num {
    /// Whether anything but inputs of measures stands behind it.
    pub fn reaches_past_inputs(&self) -> bool {
        let mut past = false;
        self.visit(&mut |leaf| {
            past |= match leaf {
                Leaf::List(_) => true,
                Leaf::Number(of) => of.field.input().is_none() || !of.is_plain(),
                Leaf::Term(_) | Leaf::Text(_) => false,
            };
        });
        past
    }
}
