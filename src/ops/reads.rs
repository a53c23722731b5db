//! What lists and screens are given: windows of the portfolio, the top line, one account whole.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::book::assess::Medians;
use crate::book::changes::changes;
use crate::book::ids::{AccountId, DraftKey};
use crate::book::loyalty::sheet::Sheet;
use crate::book::order::factor_origins;
use crate::book::prepared::On;
use crate::book::standing::{Offer, Standing};
use crate::book::tiers::tier_of;
use crate::book::view::{AccountView, Header, Page, PageQuery, PortfolioRow, Sort, SourceState, SyncView};
use crate::ops::shape::{ListItem, list_item};
use crate::ops::{Desk, OpsError};
use crate::store::{Filter, IMPORTED};

/// Records without an account that the Sync screen lists; the rest is counted.
const UNMATCHED_SHOWN: usize = 200;

impl Desk {
    /// A window of the portfolio: one indexed read.
    pub fn page(&self, query: &PageQuery) -> Result<Page, OpsError> {
        let filter = self.filter(&query.filter)?;
        Ok(self.store().page(query, &filter, &self.scope()?)?)
    }

    /// How many rows the filter leaves.
    pub fn count(&self, filter: &str) -> Result<u64, OpsError> {
        let filter = self.filter(filter)?;
        Ok(self.store().count(&filter, &self.scope()?)?)
    }

    /// Where an account stands in the order of a query, if it is in it: so that the cursor stays on it after a change.
    pub fn position(&self, query: &PageQuery, account: &AccountId) -> Result<Option<u64>, OpsError> {
        let filter = self.filter(&query.filter)?;
        Ok(self.store().position(query, &filter, &self.scope()?, account)?)
    }

    /// The top line.
    pub fn header(&self) -> Result<Header, OpsError> {
        let scope = self.scope()?;
        let who = scope.owner.as_deref().map_or("team", |mail| mail.split('@').next().unwrap_or(mail)).to_owned();
        let mut header = self.store().header(&scope, &who, self.day(), self.settings().currency)?;
        header.practice |= self.settings().practice;
        header.past = self.past()?;
        Ok(header)
    }

    /// Computes the top line's figures again. Reads the whole book: for the background.
    pub(super) fn refresh_summary(&self) -> Result<(), OpsError> {
        let scope = self.scope()?;
        Ok(self.store_mut().refresh_summary(&scope, self.day())?)
    }

    /// Computes what is usual by segment. For the background, once everything is assessed.
    pub(super) fn refresh_typical(&self) -> Result<(), OpsError> {
        let ids: Vec<&str> = self.model().measures.iter().map(|measure| measure.id.as_str()).collect();
        Ok(self.store_mut().refresh_typical(&ids, &self.model().hash())?)
    }

    /// One line of the portfolio, for the preview and for rows that changed.
    pub fn row(&self, id: &AccountId) -> Result<Option<PortfolioRow>, OpsError> {
        Ok(self.store().row(id)?)
    }

    /// One account, whole, with its standing as of the day that is looked at.
    pub fn account(&self, id: &AccountId) -> Result<AccountView, OpsError> {
        let facts = self.known(id)?;
        let medians = self.medians()?;
        let standing = self.assess(&facts, &medians, self.day())?;
        let sheet = Sheet::of(&self.eval(&facts), On::from(self.day()), standing.figures, &medians.spread);
        let brief = self.brief_lines(&facts, &standing, &sheet);
        let since = self.compared_with()?;
        let changes = changes(&facts, self.model(), since, self.day());
        let tiers = facts
            .people
            .iter()
            .map(|person| (person.id.clone(), tier_of(person, &self.model().tiers, self.day())))
            .collect();
        let draft = self.store().draft(&DraftKey::Next(id.clone()))?;
        let (why, typical) = self.why(&facts, &standing)?;
        let facts = self.as_shown(facts);
        let (put_off, records) = (self.put_off_until(id)?, self.flag_records()?);
        let in_hand = self.in_hand(&facts)?;
        let model = self.model();
        let kind = |id: &str| model.plays.iter().find(|play| play.id == id).map(|play| play.worth);
        let origin = |offer: &Offer| {
            let lines = factor_origins(offer.factors, kind(&offer.play)?, &standing, &model.order);
            Some((offer.play.clone(), lines))
        };
        let factors = standing.offers.iter().filter_map(origin).collect();
        Ok(AccountView {
            facts,
            standing,
            changes,
            since,
            draft,
            put_off,
            records,
            in_hand,
            factors,
            tiers,
            why,
            typical,
            sheet,
            brief,
        })
    }

    /// The day that changes are counted from: the last rounds before today, else seven days before.
    pub(super) fn compared_with(&self) -> Result<Date, OpsError> {
        Ok(self.last_rounds()?.unwrap_or_else(|| self.week_before()))
    }

    /// The day of the last rounds before the day that is looked at.
    pub(super) fn last_rounds(&self) -> Result<Option<Date>, OpsError> {
        let before = self.day().yesterday().unwrap_or(self.day());
        Ok(self.store().last_round(before)?.map(|round| round.day))
    }

    /// The portfolio as `list` prints it. A past day wants [`Desk::look_back_whole`] first.
    pub fn list(&self, filter: &str, sort: Sort, limit: Option<u64>) -> Result<Vec<ListItem>, OpsError> {
        let parsed = self.filter(filter)?;
        let scope = self.scope()?;
        let query =
            PageQuery { filter: filter.to_owned(), sort, reverse: false, offset: 0, limit: limit.unwrap_or(u64::MAX) };
        let percentiles = self.store().percentiles(&scope)?;
        let most = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let mut standings = Vec::new();
        self.store().standings_in(&query, &parsed, &scope, |standing| {
            standings.push(standing);
            standings.len() < most
        })?;
        self.freshen(&mut standings)?;
        Ok(standings
            .iter()
            .map(|standing| list_item(standing, self.day(), Some(percentiles.of(standing.exposure))))
            .collect())
    }

    /// Standings that no longer hold are computed for today, so that what is printed is never yesterday's.
    fn freshen(&self, standings: &mut [Standing]) -> Result<(), OpsError> {
        let today = self.day();
        let mut medians: Option<Medians> = None;
        for standing in standings.iter_mut().filter(|standing| standing.valid_until <= today || standing.day > today) {
            let medians = match &medians {
                Some(medians) => medians,
                None => medians.insert(self.medians()?),
            };
            if let Some(facts) = self.facts(&standing.account)? {
                *standing = self.assess(&facts, medians, today)?;
            }
        }
        Ok(())
    }

    /// The one account that a person means: by id, name, domain or a unique part of the name.
    pub fn resolve(&self, what: &str) -> Result<(AccountId, String), OpsError> {
        let found = self.find(what, 6)?;
        match found.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(OpsError::usage(format!("no account fits {what:?}: rounds list shows their names"))),
            several => {
                let names: Vec<String> = several.iter().take(5).map(|(id, name)| format!("  {name} ({id})")).collect();
                let more = if several.len() > 5 { "\n  and more" } else { "" };
                Err(OpsError::usage(format!("{what:?} fits several accounts; say which:\n{}{more}", names.join("\n"))))
            }
        }
    }

    /// The accounts whose name, id or domain fits; best first, at most `limit`.
    pub fn find(&self, what: &str, limit: usize) -> Result<Vec<(AccountId, String)>, OpsError> {
        Ok(self.store().find(what, limit)?)
    }

    /// The Sync screen.
    pub fn sync_view(&self) -> Result<SyncView, OpsError> {
        let store = self.store();
        let (unmatched, unmatched_total) = store.unmatched(UNMATCHED_SHOWN)?;
        let known = store.sources()?;
        let sources = self.settings().sources.iter().map(|config| {
            let record = known.iter().find(|record| record.name == config.name.as_str());
            SourceState {
                name: config.name.to_string(),
                connector: config.connector.clone(),
                synced: record.and_then(|record| record.complete),
                rows: record.map_or(0, |record| record.entities.iter().map(|(_, rows)| rows).sum()),
                error: record.and_then(|record| record.error.clone()),
                left: record.and_then(|record| record.left.clone()),
                entities: record.map(|record| record.entities.clone()).unwrap_or_default(),
            }
        });
        let imported = known.iter().filter(|record| record.connector == IMPORTED).cloned().map(SourceState::from);
        Ok(SyncView {
            sources: sources.chain(imported).collect(),
            unmatched,
            unmatched_total,
            outbox: store.outbox_list(20)?,
            problems: store.note_problems()?,
            copies: store.note_copies()?,
        })
    }

    /// The standings of the scope, in the order of the day; those that no longer hold computed anew.
    pub(super) fn standings(&self) -> Result<Vec<Standing>, OpsError> {
        let scope = self.scope()?;
        let query = PageQuery { limit: u64::MAX, ..PageQuery::default() };
        let mut standings = Vec::new();
        self.store().standings_in(&query, &Filter::all(), &scope, |standing| {
            standings.push(standing);
            true
        })?;
        self.freshen(&mut standings)?;
        Ok(standings)
    }

    /// A moment's day in the book's time zone.
    pub fn day_of(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone().clone()).date()
    }
}
