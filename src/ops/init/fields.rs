//! The company's own fields: which of theirs is the yearly money, the renewal, the segment, the manager, a person's role.
//!
//! Decides what is offered, and whether a field can be taken: it must be there, and its values must be of our field's kind.
//! Words alone propose; values are shown, and somebody chooses.

use super::book::Colleagues;
use super::source::{Draft, Ready};
use super::{InitField, Interview};
use crate::book::row::Entity;
use crate::connect::{DescribedField, Sample, Wanted, candidates, near};
use crate::ops::OpsError;
use crate::text;

/// Candidates that are shown of a field.
const OFFERED: usize = 4;
/// Values that are shown, and how long each may be.
const EXAMPLES: usize = 3;
const WIDTH: usize = 32;

/// A field of theirs, with what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChoice {
    /// Its name there.
    pub name: String,
    pub label: Option<String>,
    /// What would stand in `config.toml`.
    pub reads: String,
    /// Records of the first page that have it, of how many.
    pub filled: usize,
    pub rows: usize,
    pub examples: Vec<String>,
    /// A month's worth: twelve of it are read.
    pub monthly: bool,
    /// Why it can't be read as our field.
    pub misfit: Option<String>,
    /// What else is to be known.
    pub note: Option<String>,
}

/// Which of their fields is one of ours?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldQuestion {
    pub entity: Entity,
    /// Our name.
    pub field: &'static str,
    /// How people call it.
    pub words: &'static str,
    /// What is read already, by the connector or the settings: its path or formula, and what it holds where that is known.
    pub now: Option<(String, Option<FieldChoice>)>,
    /// Best first.
    pub choices: Vec<FieldChoice>,
    /// The one that is proposed, of the choices.
    pub proposed: Option<usize>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldAnswer {
    /// As it is read now, or not at all.
    Keep,
    /// Nothing of one's own: as the connector has it.
    Drop,
    /// The one that is proposed; as it is now, where none is.
    Proposed,
    /// By its name or label there, or as a formula that begins with `=`.
    Take(String),
}

/// A field that was decided on.
pub(super) struct Mapping {
    pub told: InitField,
    /// What its values are; `None`: not looked at.
    pub sample: Option<Sample>,
}

/// One stream of theirs, as far as it is known.
struct Lens<'a> {
    ready: &'a Ready,
    stream: String,
    entity: Entity,
    fields: Vec<DescribedField>,
    colleagues: &'a Colleagues,
}

pub(super) fn ask(
    ready: &Ready,
    draft: &mut Draft,
    colleagues: &Colleagues,
    interview: &mut dyn Interview,
) -> Result<Vec<Mapping>, OpsError> {
    let mut mapped = Vec::new();
    for entity in [Entity::Account, Entity::Person] {
        let Some(info) = ready.source.streams().into_iter().find(|info| info.entity == entity) else { continue };
        let fields = match ready.runtime.block_on(ready.source.offered(&info.name)) {
            Ok(fields) => fields,
            Err(error) => {
                interview.remark(&format!("the fields of {} can't be looked at: {error}", entity.plural()));
                continue;
            }
        };
        let lens = Lens { ready, stream: info.name, entity, fields, colleagues };
        for wanted in Wanted::ALL.into_iter().filter(|wanted| wanted.field().0 == entity) {
            mapped.extend(lens.ask(wanted, draft, interview)?);
        }
    }
    Ok(mapped)
}

impl Lens<'_> {
    fn ask(
        &self,
        wanted: Wanted,
        draft: &mut Draft,
        interview: &mut dyn Interview,
    ) -> Result<Option<Mapping>, OpsError> {
        let (_, field) = wanted.field();
        let found = candidates(wanted, &self.fields);
        let now = self.now(field)?;
        let names: Vec<String> = found.iter().take(OFFERED).map(|one| one.name.clone()).collect();
        let samples = self.samples(&names)?;
        let mut choices: Vec<FieldChoice> = samples.iter().map(|sample| self.choice(wanted, sample)).collect();
        // What fits and is filled comes first; among those the words decide.
        choices.sort_by_key(|choice| (choice.misfit.is_some(), choice.filled == 0));
        let fine = choices.iter().position(|choice| choice.misfit.is_none() && choice.filled > 0);
        let now_sample = now.as_ref().and_then(|(_, sample)| sample.clone());
        let question = FieldQuestion {
            entity: self.entity,
            field,
            words: wanted.words(),
            proposed: fine.filter(|_| now.is_none()),
            now: now.map(|(reads, sample)| (reads, sample.map(|sample| self.choice(wanted, &sample)))),
            choices,
        };
        let key = format!("fields.{field}");
        let path = ["map", self.entity.name(), field];
        loop {
            let answer = match interview.field(&question)? {
                FieldAnswer::Proposed => {
                    let best = question.proposed.and_then(|at| question.choices.get(at));
                    best.map_or(FieldAnswer::Keep, |best| FieldAnswer::Take(best.name.clone()))
                }
                other => other,
            };
            let taken = match answer {
                FieldAnswer::Keep | FieldAnswer::Proposed => {
                    let Some((reads, choice)) = &question.now else { return Ok(None) };
                    return Ok(Some(Mapping { told: self.told(field, reads, choice.as_ref()), sample: now_sample }));
                }
                FieldAnswer::Drop => {
                    draft.set_below(&path, None, None);
                    return Ok(None);
                }
                FieldAnswer::Take(text) => self.take(wanted, text.trim()),
            };
            match taken {
                Ok((reads, choice, sample)) => {
                    let note = choice.as_ref().and_then(|choice| choice.label.clone());
                    draft.set_below(&path, Some(&reads), note.as_deref());
                    if let Err(error) = self.tried(draft) {
                        draft.set_below(&path, None, None);
                        interview.wrong(&key, error)?;
                        continue;
                    }
                    return Ok(Some(Mapping { told: self.told(field, &reads, choice.as_ref()), sample }));
                }
                Err(why) => interview.wrong(&key, OpsError::usage(why))?,
            }
        }
    }

    fn told(&self, field: &str, reads: &str, choice: Option<&FieldChoice>) -> InitField {
        InitField {
            entity: self.entity.name().to_owned(),
            field: field.to_owned(),
            reads: reads.to_owned(),
            filled: choice.map(|choice| choice.filled),
            rows: choice.map(|choice| choice.rows),
            examples: choice.map(|choice| choice.examples.clone()).unwrap_or_default(),
        }
    }

    /// Whether the source can be made with what was said so far.
    fn tried(&self, draft: &Draft) -> Result<(), OpsError> {
        let config = draft.config()?;
        self.ready.desk.source(&config, self.ready.desk.manifest(&config)?, self.ready.sign_in()).map(|_| ())
    }

    fn samples(&self, names: &[String]) -> Result<Vec<Sample>, OpsError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.ready.runtime.block_on(self.ready.source.sample(&self.stream, names))?)
    }

    /// What is read as our field now, where their side has it.
    fn now(&self, field: &str) -> Result<Option<(String, Option<Sample>)>, OpsError> {
        let described = self.ready.runtime.block_on(self.ready.source.describe_stream(&self.stream))?;
        let Some(mapped) = described.mapped.into_iter().find(|mapped| mapped.field == field) else { return Ok(None) };
        if !mapped.absent.is_empty() {
            return Ok(None);
        }
        let last = mapped.reads.rsplit('.').next().unwrap_or_default();
        let named = self.fields.iter().find(|field| field.name == mapped.reads || field.name == last);
        let names: Vec<String> = named.map(|field| field.name.clone()).into_iter().collect();
        let sample = self.samples(&names)?.into_iter().next().filter(|sample| sample.path == mapped.reads);
        Ok(Some((mapped.reads, sample)))
    }

    fn choice(&self, wanted: Wanted, sample: &Sample) -> FieldChoice {
        let described = self.fields.iter().find(|field| field.name == sample.name);
        let label = described.and_then(|field| field.label.clone()).filter(|label| *label != sample.name);
        let monthly = described.is_some_and(|field| {
            candidates(wanted, std::slice::from_ref(field)).first().is_some_and(|one| one.monthly)
        });
        let mut misfit = self.ready.source.fits(self.entity, wanted.field().1, sample).err();
        let reads = match (monthly, sample.yearly()) {
            (false, _) => sample.path.clone(),
            (true, Some(formula)) => formula,
            (true, None) => {
                misfit = Some("it holds a month's worth, and no formula can name it".to_owned());
                sample.path.clone()
            }
        };
        let examples = sample.examples(EXAMPLES).iter().map(|text| text::cut(text, WIDTH)).collect();
        FieldChoice {
            name: sample.name.clone(),
            label,
            reads,
            filled: sample.filled(),
            rows: sample.rows,
            examples,
            monthly,
            misfit,
            note: (wanted == Wanted::Manager).then(|| self.colleagues.told(sample)).flatten(),
        }
    }

    /// What somebody named: what is written, and what it holds.
    #[allow(clippy::type_complexity)]
    fn take(&self, wanted: Wanted, text: &str) -> Result<(String, Option<FieldChoice>, Option<Sample>), String> {
        if text.starts_with('=') {
            return Ok((text.to_owned(), None, None));
        }
        let field = named(&self.fields, text).ok_or_else(|| {
            let like = near(text, &self.fields);
            let like = if like.is_empty() { String::new() } else { format!("; names like it: {}", like.join(", ")) };
            format!("{} have no field {text:?} that this token sees{like}", self.entity.plural())
        })?;
        let sample = self.samples(std::slice::from_ref(&field.name)).map_err(|error| error.message)?.into_iter().next();
        let Some(sample) = sample else { return Err(format!("{text:?} can't be looked at")) };
        let choice = self.choice(wanted, &sample);
        match choice.misfit {
            Some(why) => Err(format!("{} can't be {}: {why}", field.name, wanted.words())),
            None => Ok((choice.reads.clone(), Some(choice), Some(sample))),
        }
    }
}

/// A field by its name, else by name or label in any spelling of capitals.
pub(super) fn named<'a>(fields: &'a [DescribedField], text: &str) -> Option<&'a DescribedField> {
    let like = |field: &&DescribedField| {
        field.name.eq_ignore_ascii_case(text)
            || field.label.as_ref().is_some_and(|label| label.to_lowercase() == text.to_lowercase())
    };
    fields.iter().find(|field| field.name == text).or_else(|| fields.iter().find(like))
}
