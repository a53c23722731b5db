//! Detours of a pull: rows that only point at records, and jobs that the source works off before there are rows.
//!
//! Decides nothing about pages: a detour ends where an ordinary walk goes on.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::answer::date;
use super::error::ConnectError;
use super::formula::{plain_text, to_mj};
use super::manifest::{Job, Refetch};
use super::pull::{Resume, Run};
use super::source::Source;
use super::trouble::Trouble;

/// Asked at the same time at most; the source's own limits hold besides.
const AT_ONCE: usize = 16;
/// A job that is not done after so many questions is given up.
const LONGEST: u32 = 720;

impl Run<'_> {
    /// The records that rows point at, each once, and the ids that are no longer there.
    pub(super) async fn refetch(
        &self,
        refetch: &Refetch,
        pointers: &[Json],
        state: &Resume,
    ) -> Result<(Vec<Json>, Vec<String>), ConnectError> {
        let mut ids = Vec::new();
        let mut known = BTreeSet::new();
        for pointer in pointers {
            let found = refetch.id.eval(pointer, &|| to_mj(pointer));
            let id = found.map_err(|why| self.source.invalid(&self.doing, why))?.map(|id| plain_text(&id));
            if let Some(id) = id.filter(|id| !id.is_empty())
                && known.insert(id.clone())
            {
                ids.push(id);
            }
        }
        let (mut records, mut missing) = (Vec::with_capacity(ids.len()), Vec::new());
        for ids in ids.chunks(AT_ONCE) {
            let calls = ids.iter().map(|id| async move {
                let mut extra = self.extra(None, state);
                extra["id"] = json!(id);
                let context = self.source.context(self.stream, extra).await?;
                let built = self.source.built(&refetch.request, &context, &self.doing)?;
                match self.source.read(&built, &context, &self.doing).await {
                    Ok(answer) => Ok::<_, ConnectError>((id, Some(answer.json))),
                    Err(Trouble::Gone(_)) => Ok((id, None)),
                    Err(trouble) => Err(trouble.into()),
                }
            });
            for (id, record) in try_join_all(calls).await? {
                match record {
                    Some(record) => records.push(record),
                    None => missing.push(id.clone()),
                }
            }
        }
        Ok((records, missing))
    }
}

impl Source {
    /// Hands a job in and waits until the source has worked it off. `None`: there is too little for one.
    pub(super) async fn start_job(
        &self,
        run: &Run<'_>,
        job: &Job,
        start: &mut Option<Timestamp>,
    ) -> Result<Option<String>, ConnectError> {
        let fresh = json!({ "fields": run.fields, "history": run.history, "above_id": "0", "page": 0 });
        let mut context = self.context(run.stream, fresh).await?;
        if let Some((request, read, more_than)) = &job.over {
            let doing = format!("counting {}", run.stream.entity.plural());
            let answer = self.read_with(request, &context, &doing).await?;
            let count = read.find(&answer.json).map(plain_text).and_then(|text| text.parse::<u64>().ok());
            if count.is_none_or(|count| count <= *more_than) {
                return Ok(None);
            }
        }
        // Handing it in a second time would only make a second job: nothing is written.
        let answer = self.read_with(&job.submit, &context, &run.doing).await?;
        *start = Some(date(&answer.headers).unwrap_or_else(Timestamp::now));
        let Some(id) = job.id.find(&answer.json).map(plain_text).filter(|id| !id.is_empty()) else {
            return Err(self.invalid(&run.doing, "the answer does not name the job".to_owned()));
        };
        context["job"] = json!(id);
        for _ in 0..LONGEST {
            let answer = self.read_with(&job.poll, &context, &run.doing).await?;
            let state = job.state.find(&answer.json).map(plain_text).unwrap_or_default();
            if job.done.contains(&state) {
                return Ok(Some(id));
            }
            if job.failed.contains(&state) {
                let why = job.message.as_ref().and_then(|path| path.find(&answer.json)).map(plain_text);
                let why = crate::text::clean_line(&why.unwrap_or_default());
                return Err(self.invalid(&run.doing, format!("its job ended as {state}: {why}")));
            }
            let every = self.client.http_limits.poll.unwrap_or(job.every);
            self.client.say_wait(every, &format!("its job for {} is {state}", run.stream.entity.plural()));
            tokio::time::sleep(every).await;
        }
        Err(self.invalid(&run.doing, "its job does not end".to_owned()))
    }
}
