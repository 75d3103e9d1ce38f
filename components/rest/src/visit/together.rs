//! Several calls in one transaction, as one request.

use super::{Ready, Visit, reply};
use crate::problem::Problem;
use crate::request::{Action, Asked, Target};
use crate::respond::{self, Reply};
use crate::timing::Timing;
use crate::{batch, transact};
use mag_adapter::{Access, Transaction};
use mag_model::catalog::Volatility;
use mag_ports::View;
use mag_ports::store::Source;

impl Visit<'_> {
    /// All calls of a batch in one transaction: the first that fails undoes all.
    pub(super) async fn batch(
        &self,
        source: &dyn Source,
        view: &View,
        whole: &Asked,
        content: &[u8],
        timing: &mut Timing,
    ) -> Result<Reply, Problem> {
        Self::check_preferences(whole)?;
        let most = usize::try_from(self.own.batch_calls_max).unwrap_or(usize::MAX);
        let mut all = Vec::new();
        for (n, one) in batch::read(content, self.parts, most)?.into_iter().enumerate() {
            let ready = self.of_batch((source, view), whole, &one);
            let ready = ready.and_then(|ready| self.within_scopes(&ready).map(|()| ready));
            all.push(ready.map_err(|problem| problem.of_call_number(n))?);
        }
        let writes = all.iter().any(|ready| ready.access == Access::Write);
        for (n, ready) in all.iter().enumerate().filter(|_| writes) {
            let asks = matches!(ready.asked.action, Action::Ask { .. });
            let volatile = ready
                .plan()
                .outline()
                .function()
                .is_some_and(|id| view.catalog.function(id).volatility == Volatility::Volatile);
            if asks && volatile {
                let why = "a function that may write is called by POST";
                return Err(Problem::bad_batch(why).of_call_number(n));
            }
        }
        timing.mark("plan");
        let mut settings = transact::settings(whole, &self.parts.headers, self.rest, false);
        settings.extend(all.iter().flat_map(|ready| ready.settings.iter().cloned()));
        let plans = all.iter().map(|ready| ready.plan().clone()).collect();
        let access = if writes { Access::Write } else { Access::Read };
        let work = Transaction { access, settings, ..self.transaction(whole, plans) };
        let answers = source.database().transact(work).await.map_err(|error| {
            let number = error.statement.filter(|n| *n < all.len());
            let asked = number.and_then(|n| all.get(n)).map_or(whole, |ready| &ready.asked);
            let problem = self.engine(asked, error);
            match number {
                Some(n) => problem.of_call_number(n),
                None => problem,
            }
        })?;
        timing.mark("transaction");
        let said = answers.last().map(|answer| transact::said(&answer.settings)).transpose()?;
        let mut shown = Vec::with_capacity(all.len());
        for (n, (ready, mut answer)) in all.into_iter().zip(answers).enumerate() {
            // What the statements say of the response, they say of the whole.
            answer.settings.clear();
            let reply = reply(ready, answer).map_err(|problem| problem.of_call_number(n))?;
            shown.push(batch::shown(&reply));
        }
        let body = format!("[{}]", shown.join(",")).into_bytes();
        Ok(respond::batch(whole, body, said.unwrap_or_default()))
    }

    fn of_batch(
        &self,
        (source, view): (&dyn Source, &View),
        whole: &Asked,
        one: &batch::Call,
    ) -> Result<Ready, Problem> {
        let mut asked = self.asked(source, &one.parts)?;
        let batch = matches!(&asked.target, Target::Table(name)
            if name == batch::NAME && view.catalog.find_table(&asked.schema, name).is_none());
        if batch || asked.target == Target::Root {
            return Err(Problem::bad_batch("a call of a batch is of a table or a function"));
        }
        if asked.schema != whole.schema {
            return Err(Problem::bad_batch("all calls of a batch are of one schema"));
        }
        // How the transaction ends and in which zone it tells moments is said for the whole.
        asked.preferences.end = None;
        asked.preferences.timezone.clone_from(&whole.preferences.timezone);
        let visit = Visit {
            project: self.project,
            rest: self.rest,
            identity: self.identity.clone(),
            parts: &one.parts,
            own: self.own,
        };
        visit.ready(view, asked, &one.content, true)
    }
}
