//! Authorised plans become statements, statements become answers. What can go in one exchange goes
//! in one: role, claims, settings, the statement and its count leave together, are one transaction,
//! and after the first error the server does nothing of the rest.
//! Never: a text from a request; a plan that the guard has not seen.

mod answer;
mod bulk;
mod errand;
mod json;
mod kept;
mod makings;
mod quick;
mod setup;
mod together;

use crate::engine::Postgres;
use crate::error::Failure;
use crate::pool::{Borrow, Lease, Pool, too_late};
use crate::wire::{Ask, Manner, Reply, Wire};
pub(crate) use answer::rows;
use answer::{Counting, Rendered};
use mag_adapter::engine::{Access, Ending};
use mag_adapter::{EngineError, Transaction, discreet};
use mag_guard::{Authorised, Session};
use mag_model::Value;
use mag_query::{Answer, Plan, Rules, Work};
use mag_sql::Fate;
use setup::Setup;
pub(crate) use setup::quoted;
use std::sync::Arc;
use std::time::Duration;
pub(crate) use together::Together;
use tokio::time::timeout;

/// The server stops a statement by itself in time; so much later we no longer believe that it does.
const GRACE: Duration = Duration::from_secs(2);
/// An upper end for work that nobody gave one: a line that died silently must not hold a place.
const TIME_MAX: Duration = Duration::from_secs(600);

pub(crate) async fn transact(
    engine: &Postgres,
    work: Transaction,
) -> Result<Vec<Answer>, EngineError> {
    let within = time_max(engine, work.plans.iter(), work.timeout);
    if let Some(kept) = quick::of(engine, &work)?
        && let Some(plan) = work.plans.first()
    {
        return quick::run(engine, plan.clone(), kept, within).await.map(|answer| vec![answer]);
    }
    let answers = async {
        let each = work.plans.iter().enumerate();
        let plans = each
            .map(|(n, plan)| Rendered::new(plan).map_err(|error| of_plan(&work, n, error)))
            .collect::<Result<Vec<_>, _>>()?;
        let native = |plan: &&Authorised<Plan>| is_native(plan.outline());
        let role = work.plans.first().filter(native).map(|plan| plan.session().role.clone());
        let of_role = role.and_then(|role| engine.role_settings(&role));
        let of_role = of_role.as_deref().unwrap_or_default();
        let setup = Setup::new(&work, within, engine.pooled(), of_role);
        attempts(engine, &Job { setup, work: &work, plans, within, engine }).await
    };
    answers.await.map_err(|error| discreet(error, &*work.plans))
}

pub(crate) async fn one(engine: &Postgres, plan: Authorised<Plan>) -> Result<Answer, EngineError> {
    if plan.is_quiet()
        && !engine.pooled()
        && engine.role_settings(&plan.session().role).is_none()
        && let Some(kept) = quick::kept(&plan)?
    {
        let within = time_max(engine, std::iter::once(&plan), None);
        return quick::run(engine, plan, kept, within).await;
    }
    let mut answers = transact(engine, Transaction::of(plan)).await?;
    answers.pop().ok_or_else(|| EngineError::broken("PostgreSQL gave no answer to a plan"))
}

/// A piece of work that may be tried again when it surely has not happened.
trait Attempt: Sync {
    type Answer: Send;
    fn access(&self) -> Access;
    fn within(&self) -> Duration;
    /// How its transactions begin, where the session is ours to be told.
    fn manner(&self) -> Option<Manner>;
    fn borrow(&self) -> Borrow<'_>;
    /// It may leave traces in the session.
    fn wears(&self) -> bool;
    fn run(&self, wire: &mut Wire) -> impl Future<Output = Result<Self::Answer, Ended>> + Send;

    /// What was sent has not happened, or cannot have changed anything.
    fn may_be_tried_again(&self, failure: &Failure, lease: &Lease) -> bool {
        if failure.statement_is_stale() {
            return true;
        }
        self.access() == Access::Read && failure.is_gone() && !lease.fresh
    }
}

async fn attempts<A: Attempt>(engine: &Postgres, work: &A) -> Result<A::Answer, EngineError> {
    attempts_at(engine.primary(), engine.pool_for(work.access()), work).await
}

async fn attempts_at<A: Attempt>(
    primary: &Pool,
    mut pool: &Pool,
    work: &A,
) -> Result<A::Answer, EngineError> {
    let within = work.within();
    let mut tries = 0;
    loop {
        tries += 1;
        let lease = pool.borrow(work.borrow()).await;
        let mut lease = match lease {
            Ok(lease) => lease,
            // A replica that is gone is no reason to refuse a read.
            Err(_) if !std::ptr::eq(pool, primary) => {
                pool = primary;
                continue;
            }
            Err(error) => return Err(error),
        };
        if work.wears() {
            lease.wear_after();
        }
        if let Some(manner) = work.manner() {
            lease.want(manner);
        }
        let failure = match timeout(within + GRACE, work.run(&mut lease)).await {
            Ok(Ok(answers)) => return Ok(answers),
            Ok(Err(Ended::Refused(error))) => {
                calm(&mut lease).await;
                return Err(error);
            }
            Ok(Err(Ended::Failed(failure))) => failure,
            Err(_) => return Err(too_late(pool.target(), within)),
        };
        if tries <= TRIES && work.may_be_tried_again(&failure, &lease) {
            calm(&mut lease).await;
            tracing::debug!("tried again: {failure:?}");
            if failure.is_gone() {
                drop(lease);
                pool.forget_idle();
            }
            continue;
        }
        calm(&mut lease).await;
        return Err(failure.into());
    }
}

fn of_plan(work: &Transaction, number: usize, error: EngineError) -> EngineError {
    match work.plans.len() {
        0 | 1 => error,
        _ => EngineError { statement: Some(number), ..error },
    }
}

/// A stale statement and a connection that died while it was at rest: each once, and once more for
/// a replica.
const TRIES: u32 = 3;

/// The budget of the role, what the caller allows, what the source allows: the least of them.
fn time_max<'p>(
    engine: &Postgres,
    plans: impl Iterator<Item = &'p Authorised<Plan>>,
    wanted: Option<Duration>,
) -> Duration {
    let of_plans = plans.filter_map(Authorised::time_max);
    of_plans.chain(wanted).chain(engine.settings().time_max).min().unwrap_or(TIME_MAX)
}

/// Leaves no transaction open.
async fn calm(lease: &mut Lease) {
    if lease.in_transaction() && !lease.at_work() {
        let undo = [Ask::new("ROLLBACK")];
        // When it does not come through, the connection is dropped, which undoes as well.
        let _ = timeout(GRACE, lease.exchange(&undo)).await;
    }
}

enum Ended {
    Failed(Failure),
    /// Not the server refused, but we.
    Refused(EngineError),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
impl From<EngineError> for Ended {
    fn from(error: EngineError) -> Self {
        Self::Refused(error)
    }
}

struct Job<'a> {
    engine: &'a Postgres,
    setup: Setup,
    work: &'a Transaction,
    plans: Vec<Rendered<'a>>,
    within: Duration,
}

impl Attempt for Job<'_> {
    type Answer = Vec<Answer>;

    fn access(&self) -> Access {
        self.work.access
    }
    fn within(&self) -> Duration {
        self.within
    }
    fn manner(&self) -> Option<Manner> {
        (!self.engine.pooled()).then_some(self.setup.manner)
    }
    fn borrow(&self) -> Borrow<'_> {
        if self.setup.silent { Borrow::Plain } else { Borrow::Any }
    }
    /// Functions that anyone may call run, and may leave traces in the session. A trigger may as
    /// well, but its writer knows that connections are shared; and who asks is told anew each time.
    fn wears(&self) -> bool {
        let calls = |plan: &Authorised<Plan>| matches!(plan.outline().work, Work::Invoke(_));
        self.setup.before.is_some() || self.work.plans.iter().any(calls)
    }

    async fn run(&self, wire: &mut Wire) -> Result<Vec<Answer>, Ended> {
        // Who asks is told for the transaction alone, but what runs in it may be anyone's code.
        if !self.setup.silent {
            wire.forget_who();
        }
        // What must look at an answer before it goes on cannot be sent in one go.
        if self.plans.iter().all(Rendered::goes_in_one) {
            return self.in_one(wire).await;
        }
        self.step_by_step(wire).await
    }
}

impl Job<'_> {
    /// Begin, role and claims, and the function that comes before all else.
    fn opening(&self, explicit: bool) -> Result<Vec<Ask<'_>>, EngineError> {
        let mut asks = Vec::with_capacity(4);
        if explicit {
            asks.push(Ask::new(self.setup.isolation.unwrap_or("BEGIN")));
        }
        asks.extend(self.setup.ask(self.work.plans.first())?);
        if let Some(before) = &self.setup.before {
            asks.push(Ask::new(before));
        }
        Ok(asks)
    }

    async fn in_one(&self, wire: &mut Wire) -> Result<Vec<Answer>, Ended> {
        // Without a `BEGIN` the exchange is a transaction that commits at its end.
        let undone = self.work.ending == Ending::RollBack;
        let explicit = undone || self.setup.isolation.is_some();
        let mut asks = self.opening(explicit)?;
        let mut session = self.work.plans.first().map(|plan| plan.session().clone());
        let mut places = Vec::with_capacity(self.plans.len());
        for (plan, rendered) in self.work.plans.iter().zip(&self.plans) {
            self.switch(&mut session, plan, &mut asks);
            places.push(asks.len());
            asks.extend(rendered.asks());
        }
        let wanted = asks.len();
        asks.extend(self.setup.wanted());
        if undone && self.work.access == Access::Write {
            // What is checked at a commit is told now: the answer is as if it had happened.
            asks.push(Ask::new("SET CONSTRAINTS ALL IMMEDIATE"));
        }
        match (undone, explicit) {
            (true, _) => asks.push(Ask::new("ROLLBACK")),
            (false, true) => asks.push(Ask::new("COMMIT")),
            (false, false) => {}
        }
        let replies = wire.exchange(&asks).await.map_err(|failure| {
            let number = failure.at().and_then(|at| places.iter().rposition(|place| *place <= at));
            self.failed(number.filter(|_| failure.at() < Some(wanted)), failure)
        })?;
        let settings = self.setup.settings(replies.get(wanted));
        let mut answers = Vec::with_capacity(self.plans.len());
        for (n, (rendered, place)) in self.plans.iter().zip(places).enumerate() {
            let answer = rendered.answer(replies.get(place..).unwrap_or_default());
            answers.push(answer.map_err(|error| of_plan(self.work, n, error))?);
        }
        with_settings(&mut answers, settings);
        Ok(answers)
    }

    async fn step_by_step(&self, wire: &mut Wire) -> Result<Vec<Answer>, Ended> {
        wire.exchange(&self.opening(true)?).await?;
        let mut session = self.work.plans.first().map(|plan| plan.session().clone());
        let mut answers = Vec::with_capacity(self.plans.len());
        for (n, (plan, rendered)) in self.work.plans.iter().zip(&self.plans).enumerate() {
            let mut switch = Vec::new();
            self.switch(&mut session, plan, &mut switch);
            if !switch.is_empty() {
                wire.exchange(&switch).await?;
            }
            let answer = self.one(wire, plan, rendered).await.map_err(|ended| match ended {
                Ended::Failed(failure) => self.failed(Some(n), failure),
                Ended::Refused(error) => of_plan(self.work, n, error).into(),
            })?;
            if let Some(most) = plan.max_affected
                && answer.rows > most
            {
                let error = EngineError::too_many_affected(answer.rows);
                return Err(of_plan(self.work, n, error).into());
            }
            if plan.wish.exactly.is_some_and(|wanted| answer.rows != wanted) {
                let error = EngineError::wrong_row_count(answer.rows);
                return Err(of_plan(self.work, n, error).into());
            }
            answers.push(answer);
        }
        let mut closing: Vec<Ask<'_>> = self.setup.wanted().into_iter().collect();
        if self.work.ending == Ending::RollBack && self.work.access == Access::Write {
            closing.push(Ask::new("SET CONSTRAINTS ALL IMMEDIATE"));
        }
        closing.push(Ask::new(match self.work.ending {
            Ending::Commit => "COMMIT",
            Ending::RollBack => "ROLLBACK",
        }));
        let replies = wire.exchange(&closing).await?;
        with_settings(&mut answers, self.setup.settings(replies.first()));
        Ok(answers)
    }

    async fn one(
        &self,
        wire: &mut Wire,
        plan: &Plan,
        rendered: &Rendered<'_>,
    ) -> Result<Answer, Ended> {
        if let Some(bulk) = &rendered.bulk {
            let rows = wire.copy_in(&bulk.text, bulk.pieces()).await?;
            return Ok(Answer { rows, count: plan.count.map(|_| rows), ..Answer::default() });
        }
        if let Some(steps) = &rendered.steps {
            return write_in_steps(wire, plan, steps).await;
        }
        let asks: Vec<Ask<'_>> = rendered.asks().collect();
        let replies = wire.exchange(&asks).await?;
        let mut answer = rendered.answer(&replies)?;
        // An estimate that is small enough is made sure of.
        if let (Counting::Estimated, Some(guess)) = (&rendered.counting, answer.count)
            && guess <= ESTIMATE_FROM
            && let Some(count) = &rendered.count
        {
            let replies = wire.exchange(&[answer::ask_number(count)]).await?;
            answer.count = replies.first().and_then(Reply::first_text).and_then(|n| n.parse().ok());
        }
        Ok(answer)
    }

    /// Among several plans it is told which one failed, unless another try may help.
    fn failed(&self, number: Option<usize>, failure: Failure) -> Ended {
        match number.filter(|_| self.plans.len() > 1) {
            Some(n) if !failure.statement_is_stale() && !failure.is_gone() => {
                of_plan(self.work, n, failure.into()).into()
            }
            _ => Ended::Failed(failure),
        }
    }

    /// Another plan of the same transaction may be another's.
    fn switch<'s>(
        &'s self,
        session: &mut Option<Arc<Session>>,
        plan: &'s Authorised<Plan>,
        asks: &mut Vec<Ask<'s>>,
    ) {
        let same = session.as_ref().is_some_and(|known| {
            known.role == plan.session().role && known.claims == plan.session().claims
        });
        if !same {
            asks.extend(self.setup.switch(plan));
            *session = Some(plan.session().clone());
        }
    }
}

/// The database sorts text as it was told to, by its own collation.
const DIALECT: mag_sql::Postgres =
    mag_sql::Postgres { bytewise: false, zoned: false, texts: false };

/// With the words that the answer is wanted in.
fn dialect_of(plan: &Plan) -> mag_sql::Postgres {
    mag_sql::Postgres { zoned: plan.wish.zoned, texts: plan.wish.texts, ..DIALECT }
}

/// From here on an estimate is as good as a count, and much cheaper.
const ESTIMATE_FROM: u64 = 1_000;

/// For rules that the plan holds and not the engine: what was touched is looked at before it stays.
async fn write_in_steps(
    wire: &mut Wire,
    plan: &Plan,
    steps: &mag_sql::Steps,
) -> Result<Answer, Ended> {
    let render = |e: mag_sql::Error| Ended::Refused(answer::cannot(e));
    let mut before = None;
    if let Some(statement) = &steps.before {
        let replies = wire.exchange(&[answer::ask(statement)]).await?;
        before = replies.first().map(|reply| rows(reply, &statement.columns)).transpose()?;
    }
    let table = plan.table().map(|id| plan.catalog.table(id).name.to_string()).unwrap_or_default();
    for proposed in &steps.proposed {
        let replies = wire.exchange(&[answer::ask_number(proposed)]).await?;
        if !is_nothing(&replies) {
            return Err(EngineError::row_refused(&table).into());
        }
    }
    // The answer has them in the order in which they were written.
    let mut keys = Vec::new();
    let (mut made, mut changed) = (Vec::new(), Vec::new());
    for write in &steps.writes {
        let replies = wire.exchange(&[answer::ask(write)]).await?;
        let touched = replies.first().map(|reply| rows(reply, &write.columns)).transpose()?;
        for mut key in touched.unwrap_or_default().rows {
            // Without a word about it a row must be allowed as either.
            let is_made = if steps.tells_made { key.pop() } else { None };
            let of = if is_made == Some(Value::Bool(false)) { &mut changed } else { &mut made };
            of.push(key.clone());
            keys.push(key);
        }
    }
    let inserted = steps.tells_made.then_some(made.len());
    let touched = u64::try_from(keys.len()).unwrap_or(u64::MAX);
    if steps.must_touch.is_some_and(|least| touched < least) {
        return Err(EngineError::row_behind_policy(&table).into());
    }
    let fate = if steps.tells_made { Fate::Made } else { Fate::Unknown };
    for (keys, fate) in [(&made, fate), (&changed, Fate::Changed)] {
        if let Some(refused) = mag_sql::refused(plan, &DIALECT, keys, fate).map_err(render)? {
            let replies = wire.exchange(&[answer::ask_number(&refused)]).await?;
            if !is_nothing(&replies) {
                return Err(EngineError::row_refused(&table).into());
            }
        }
    }
    let rows = match before {
        Some(rows) => Some(rows),
        None => match mag_sql::answer(plan, &dialect_of(plan), &keys).map_err(render)? {
            Some(statement) => {
                let replies = wire.exchange(&[answer::ask(&statement)]).await?;
                let rows = replies.first().map(|reply| rows(reply, &statement.columns));
                rows.transpose()?
            }
            None => None,
        },
    };
    if plan.max_affected.is_some_and(|most| touched > most) {
        return Err(EngineError::too_many_affected(touched).into());
    }
    // What is told counts where anything is: a condition on what is embedded may leave rows out.
    let told =
        rows.as_ref().map_or(touched, |told| u64::try_from(told.rows.len()).unwrap_or(u64::MAX));
    let count = plan.count.map(|_| told);
    let body = mag_query::Body::Rows(rows.unwrap_or_default());
    let inserted = inserted.filter(|_| steps.must_touch.is_some());
    let inserted = inserted.and_then(|made| u64::try_from(made).ok());
    Ok(Answer { body, count, rows: told, inserted, ..Answer::default() })
}

fn is_nothing(replies: &[Reply]) -> bool {
    replies.first().and_then(Reply::first_text).as_deref() == Some("0")
}

fn with_settings(answers: &mut [Answer], settings: Vec<(String, String)>) {
    if let Some(last) = answers.last_mut() {
        last.settings = settings;
    }
}

/// The statement of a plan and the server's own plan for it. What it does is undone.
pub(crate) async fn explain(
    engine: &Postgres,
    plan: Authorised<Plan>,
    analyze: bool,
) -> Result<String, EngineError> {
    let access = if analyze && plan.writes() { Access::Write } else { Access::Read };
    let work = Transaction { access, ..Transaction::of(plan) };
    let within = time_max(engine, work.plans.iter(), work.timeout);
    let pooler = engine.pooled();
    let setup = Setup::new(&work, within, pooler, &[]);
    let Some(plan) = work.plans.first() else { return Ok(String::new()) };
    let rendered = Rendered::new(plan)?;
    let Some(statement) = rendered.first() else { return Ok(String::new()) };
    let how = if analyze { "EXPLAIN (ANALYZE, BUFFERS)" } else { "EXPLAIN" };
    let text = format!("{how} {}", statement.text);
    let mut lease = engine.primary().lease().await?;
    if !pooler {
        lease.want(setup.manner);
    }
    let arguments = answer::ask(statement).arguments;
    let explained = async {
        let mut asks = vec![Ask::new("BEGIN")];
        asks.extend(setup.ask(Some(plan))?);
        let explain = asks.len();
        asks.push(Ask { arguments, ..Ask::once(&text) });
        asks.push(Ask::new("ROLLBACK"));
        let replies = lease.exchange(&asks).await?;
        let lines = replies.get(explain).into_iter().flat_map(Reply::texts);
        let lines: Vec<String> =
            lines.filter_map(|row| row.first().copied().flatten().map(str::to_owned)).collect();
        Ok::<_, EngineError>(lines.join("\n"))
    };
    let Ok(lines) = timeout(within + GRACE, explained).await else {
        return Err(too_late(engine.primary().target(), within));
    };
    calm(&mut lease).await;
    Ok(format!("{}\n\n{}", statement.text, lines?))
}

/// Whether the role of the session is taken on: where the engine holds the rules itself.
fn is_native(plan: &Plan) -> bool {
    match plan.rules {
        Rules::Native => true,
        Rules::Compiled => false,
    }
}
