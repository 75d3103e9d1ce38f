//! One request of somebody who is known: what is asked, the call, the answer. A batch is many such
//! calls in one transaction, and each goes the same way.

mod together;

use crate::call;
use crate::cursor::Walk;
use crate::described::{self, Page};
use crate::media::Media;
use crate::negotiate::{Negotiation, Offer, Shape, Thing};
use crate::prefer::Return;
use crate::problem::Problem;
use crate::recall::{Form, Known, Learnt, Recall};
use crate::render;
use crate::request::{Action, Asked, Target};
use crate::respond::{self, Reply};
use crate::root;
use crate::settings::Settings;
use crate::timing::Timing;
use crate::{batch, transact};
use http::request::Parts;
use http::{HeaderName, StatusCode};
use mag_adapter::{Ability, Access, EngineError, Transaction};
use mag_contract::exchange::Reached;
use mag_contract::{Fault, codes};
use mag_guard::Authorised;
use mag_model::catalog::Volatility;
use mag_model::{FunctionId, TableId};
use mag_ports::settings::RestSettings;
use mag_ports::store::Source;
use mag_ports::{Identity, Project, Trouble, View};
use mag_query::call::{Act, Pick, Query};
use mag_query::{Answer, Call, Expr, Limits, Options, Plan, Work};
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct Visit<'a> {
    pub(crate) project: &'a Project,
    pub(crate) rest: &'a RestSettings,
    pub(crate) identity: Identity,
    pub(crate) parts: &'a Parts,
    pub(crate) own: &'a Settings,
}

/// A call that may be run, and what its answer becomes.
struct Ready {
    asked: Arc<Asked>,
    offer: Offer,
    /// Where it is asked for, when that is known already.
    location: Option<String>,
    /// Shared with the engine that runs it.
    plan: Arc<[Authorised<Plan>; 1]>,
    access: Access,
    /// Settings that a function brings for its transaction.
    settings: Vec<(String, String)>,
    /// A function that gives one row or value, whatever there is.
    one: bool,
    walk: Option<Walk>,
}

impl Ready {
    fn plan(&self) -> &Authorised<Plan> {
        &self.plan[0]
    }
    /// Whether a write tells what is in tables: rows as they were written with what belongs to them,
    /// or by a condition that looks at others. What a function gives back is its own, and what is
    /// embedded in it is not.
    fn tells_rows(&self) -> bool {
        let looks = |filter: Option<&Expr>| filter.is_some_and(looks_at_others);
        let told = self.asked.preferences.returning == Some(Return::Representation);
        match &self.plan().outline().work {
            Work::Read(_) => true,
            Work::Insert(_) => told,
            Work::Update(update) => told || looks(update.filter.as_ref()),
            Work::Delete(delete) => told || looks(delete.filter.as_ref()),
            Work::Invoke(invoke) => {
                let mut others = 0usize;
                invoke.select.visit(&mut |select| others += select.sources.len());
                others > 1
            }
        }
    }
    /// A plain request of a form that came before.
    fn known(known: &Known, form: &Form<'_>, plan: Authorised<Plan>) -> Self {
        Self {
            asked: known.asked.clone(),
            offer: known.offer.clone(),
            location: known.location(form),
            plan: Arc::new([plan]),
            access: known.access,
            settings: Vec::new(),
            one: false,
            walk: None,
        }
    }
}

impl Visit<'_> {
    pub(crate) async fn answer(
        &self,
        content: &[u8],
        timing: &mut Timing,
        reached: &mut Reached,
    ) -> Result<Reply, Problem> {
        let source = self.project.primary().map_err(Problem::of_fault)?;
        let view = source.view().map_err(Problem::of_fault)?;
        let session = &self.identity.session;
        let form = Form::of(self.parts, content, &session.role);
        let recall = view.memory::<Recall>();
        if let Some(form) = &form
            && let Some(known) = recall.get(form, &self.project.settings)
        {
            timing.mark("parse");
            if let Some(plan) = known.plan(form, session) {
                reached.thing = Some(known.thing.clone());
                timing.mark("plan");
                let ready = Ready::known(&known, form, plan);
                let reply = self.run(source.as_ref(), ready, timing).await;
                timing.rest();
                return reply;
            }
        }
        // On the heap of its own: what is known already does not carry the room for it along.
        Box::pin(self.anew(content, (source.as_ref(), view), form, timing, reached)).await
    }

    /// A request that is read and planned as if it were the first.
    async fn anew(
        &self,
        content: &[u8],
        (source, view): (&dyn Source, Arc<View>),
        form: Option<Form<'_>>,
        timing: &mut Timing,
        reached: &mut Reached,
    ) -> Result<Reply, Problem> {
        let (session, recall) = (&self.identity.session, view.memory::<Recall>());
        if let Some(page) = Page::of(self.parts) {
            let reply = described::answer(page, self.project, &view, session, self.parts)?;
            if let Some(reply) = reply {
                return Ok(reply);
            }
        }
        let asked = self.asked(source, self.parts)?;
        timing.mark("parse");
        reached.thing = thing(&view, &asked).map(|name| format!("{}.{name}", asked.schema).into());
        let reply = match (&asked.target, asked.action) {
            (Target::Root, Action::Info) => Ok(respond::allowed("OPTIONS,GET,HEAD")),
            (Target::Root, _) => {
                let session = &self.identity.session;
                root::answer(&asked, self.project, &view, session, self.parts)
            }
            (Target::Table(name), Action::Info) => self.table_info(source, &view, &asked, name),
            // A table of such a name comes first.
            (Target::Table(name), Action::Insert)
                if name == batch::NAME
                    && view.catalog.find_table(&asked.schema, name).is_none() =>
            {
                self.batch(source, &view, &asked, content, timing).await
            }
            (Target::Function(name), Action::Info) => self.function_info(&view, &asked, name),
            (Target::Table(_) | Target::Function(_), _) => {
                let ready = self.ready(&view, asked, content, false)?;
                if let Some(form) = form.filter(|form| recall.came_before(form)) {
                    self.learn(&view, (&recall, &form), &ready, content, reached);
                }
                timing.mark("plan");
                self.run(source, ready, timing).await
            }
        };
        timing.rest();
        reply
    }

    fn asked(&self, source: &dyn Source, parts: &Parts) -> Result<Asked, Problem> {
        let mut asked = Asked::read(parts, self.rest)?;
        if !source.database().abilities().can(Ability::TellsInZones) {
            asked.preferences.without_zone();
        }
        Ok(asked)
    }

    /// What follows from the form of the request alone is kept for the next one.
    fn learn(
        &self,
        view: &View,
        (recall, form): (&Recall, &Form<'_>),
        ready: &Ready,
        content: &[u8],
        reached: &Reached,
    ) {
        let (None, Some(thing)) = (&ready.walk, &reached.thing) else { return };
        let learnt = Learnt {
            view,
            settings: &self.project.settings,
            parts: self.parts,
            content,
            session: &self.identity.session,
            options: self.options(&ready.asked),
            asked: &ready.asked,
            offer: &ready.offer,
            plan: ready.plan(),
            thing: thing.clone(),
        };
        if let Some(known) = learnt.known(form) {
            recall.keep(form, known);
        }
    }

    fn options(&self, asked: &Asked) -> Options {
        // What was written is told whole.
        let rows_max = self.rest.max_rows.filter(|_| !asked.writes_rows());
        let limits = Limits { rows_max, ..Limits::default() };
        Options { limits, aggregates: self.rest.aggregates_enabled, engine_decides: false }
    }

    /// Whether the caller showed who it is.
    fn known(&self) -> bool {
        self.rest.anon_role.as_deref() != Some(&*self.identity.session.role)
    }

    fn trouble(&self, trouble: impl Into<Trouble>) -> Problem {
        Problem::of_trouble(trouble.into(), self.known())
    }

    fn find_table(&self, view: &View, asked: &Asked, name: &str) -> Result<TableId, Problem> {
        let may = |id| match view.rules {
            _ if view.keeps(id) => false,
            mag_query::Rules::Native => true,
            mag_query::Rules::Compiled => view.guard.sight(&self.identity.session.role).table(id),
        };
        let found = view.catalog.find_table(&asked.schema, name).filter(|id| may(*id));
        found.ok_or_else(|| {
            Problem::of_call(&mag_query::Error::NoTable {
                schema: asked.schema.clone(),
                table: name.to_owned(),
                nearest: view.catalog.nearest_table(&asked.schema, name, may).map(str::to_owned),
            })
        })
    }

    fn plan_of(
        &self,
        view: &View,
        call: &Call,
        asked: &Asked,
    ) -> Result<Authorised<Plan>, Trouble> {
        view.prepare_for_app(call, &self.identity.session, &self.options(asked))
    }

    fn table_info(
        &self,
        source: &dyn Source,
        view: &View,
        asked: &Asked,
        name: &str,
    ) -> Result<Reply, Problem> {
        let table = view.catalog.table(self.find_table(view, asked, name)?);
        let abilities = source.database().abilities();
        let upserts = !table.is_view() || abilities.can(Ability::UpsertsThroughViews);
        Ok(respond::allowed(&respond::methods_of_table(table, upserts)))
    }

    fn function_info(&self, view: &View, asked: &Asked, name: &str) -> Result<Reply, Problem> {
        let (id, _) = self.find_function(view, asked, name, &[])?;
        let volatile = view.catalog.function(id).volatility == Volatility::Volatile;
        let methods = if volatile { "OPTIONS,POST" } else { "OPTIONS,GET,HEAD,POST" };
        Ok(respond::allowed(methods))
    }

    fn check_preferences(asked: &Asked) -> Result<(), Problem> {
        if asked.preferences.strict() && !asked.preferences.unknown.is_empty() {
            return Err(Problem::unknown_preferences(&asked.preferences.unknown));
        }
        Ok(())
    }

    fn negotiate(&self, view: &View, asked: &Asked, thing: Thing<'_>) -> Result<Offer, Problem> {
        let negotiation = Negotiation {
            catalog: &view.catalog,
            schemas: &self.rest.schemas,
            thing,
            whole: matches!(&*asked.params.select, [Pick::All]),
            plans: self.rest.plan_enabled,
        };
        negotiation.of(&asked.accepted)
    }

    /// `in_company`: it is one of several, so nothing of it may be found out after the transaction
    /// has ended.
    fn ready(
        &self,
        view: &View,
        asked: Asked,
        content: &[u8],
        in_company: bool,
    ) -> Result<Ready, Problem> {
        match &asked.target {
            Target::Table(name) => {
                let name = name.clone();
                self.table(view, asked, &name, content, in_company)
            }
            Target::Function(name) => {
                let name = name.clone();
                self.function(view, asked, &name, content)
            }
            Target::Root => Err(Problem::no_such_path()),
        }
    }

    fn table(
        &self,
        view: &View,
        asked: Asked,
        name: &str,
        content: &[u8],
        in_company: bool,
    ) -> Result<Ready, Problem> {
        let reads = matches!(asked.action, Action::Read { .. });
        let mut body = call::body(&asked, content);
        if call::columns(&asked).is_none() {
            // What cannot be read is told before what is not there; where columns are named it is
            // the engine that would find out.
            body = Ok(body?);
        }
        let id = self.find_table(view, &asked, name)?;
        let table = view.catalog.table(id);
        let offer = self.negotiate(view, &asked, Thing::Table(id));
        let mut options = self.options(&asked);
        let told = asked.preferences.returning == Some(Return::Representation);
        let by_key = asked.action == Action::Put;
        if !reads && (!told || by_key) && call::picks_more(&asked) {
            self.check_picks(view, &asked, name, &options)?;
        }
        let (mut call, access) = match reads {
            // A relation that does not exist is told before a form that is not there.
            true => (call::read(&asked, name, &fallback(&offer))?, Access::Read),
            false => (call::write(&asked, table, body?, &fallback(&offer))?, Access::Write),
        };
        let mut walk = None;
        if let (Some(cursor), Act::Read(read)) = (&asked.cursor, &mut call.act) {
            let shape = fallback(&offer);
            if matches!(shape.media, Media::Plan(_)) || !shape.shape.is_of_cells() {
                return Err(Problem::bad_cursor("an answer of this form has no cursor"));
            }
            let query = self.parts.uri.query().unwrap_or_default();
            let begun = Walk::begin(cursor, query, table, self.rest.max_rows, &mut read.query)?;
            options.limits.rows_max = options.limits.rows_max.map(|_| begun.rows_max());
            walk = Some(begun);
        }
        let plain = !matches!(fallback(&offer).media, Media::Plan(_));
        if in_company && reads && plain && matches!(fallback(&offer).shape, Shape::Object { .. }) {
            call.wish.exactly = Some(1);
        }
        let call = call.searching(&self.rest.extra_search_path);
        let plan = view.prepare_for_app(&call, &self.identity.session, &options);
        let plan = plan.map_err(|trouble| match comes_first(&trouble) {
            true => self.trouble(trouble),
            false => Self::refused(&asked, &offer).unwrap_or_else(|| self.trouble(trouble)),
        })?;
        if let Some(problem) = Self::refused(&asked, &offer) {
            return Err(problem);
        }
        let offer = offer?;
        // Nothing but this list looks at single cells: the engine writes it as it reads.
        let as_list = matches!(offer.shape, Shape::Json { stripped: false })
            && (reads || asked.preferences.returning == Some(Return::Representation))
            && walk.is_none()
            && !matches!(offer.media, Media::Plan(_));
        let plan = if as_list { plan.in_json_with(render::BETWEEN) } else { plan };
        let (asked, location, settings) = (Arc::new(asked), None, Vec::new());
        let plan = Arc::new([plan]);
        Ok(Ready { asked, offer, location, plan, access, settings, one: false, walk })
    }

    /// What is picked of written rows is found also where nobody is told of them.
    fn check_picks(
        &self,
        view: &View,
        asked: &Asked,
        name: &str,
        options: &Options,
    ) -> Result<(), Problem> {
        let json = Offer { shape: Shape::Json { stripped: false }, media: Media::Json };
        let read = call::read(asked, name, &json)?.searching(&self.rest.extra_search_path);
        match view.prepare_for_app(&read, &self.identity.session, options) {
            Err(Trouble::Call(error)) if is_of_relations(&error) => Err(Problem::of_call(&error)),
            _ => Ok(()),
        }
    }

    /// What is wrong with the answer that is asked for: its form, or a preference that nobody knows.
    fn refused(asked: &Asked, offer: &Result<Offer, Problem>) -> Option<Problem> {
        let form = || offer.as_ref().err().cloned();
        let preferences = || Self::check_preferences(asked).err();
        if asked.writes_rows() { preferences().or_else(form) } else { form().or_else(preferences) }
    }

    fn find_function(
        &self,
        view: &View,
        asked: &Asked,
        name: &str,
        content: &[u8],
    ) -> Result<(FunctionId, mag_query::call::Arguments), Problem> {
        let arguments = call::arguments(asked, content)?;
        let json = Offer { shape: Shape::Json { stripped: false }, media: Media::Json };
        let searched = &self.rest.extra_search_path;
        let mut trial = call::invoke(asked, name, arguments.clone(), true, &json)?;
        trial.searched.clone_from(searched);
        let plan = match self.plan_of(view, &trial, asked) {
            Err(trouble) if !comes_first(&trouble) => {
                // What is wrong with its rows is told when their form is settled.
                if let Act::Invoke(invoke) = &mut trial.act {
                    invoke.query = Query { select: vec![Pick::All], ..Query::default() };
                }
                self.plan_of(view, &trial, asked).map_err(|_| trouble)
            }
            plan => plan,
        };
        let found = plan.map_err(|trouble| self.trouble(trouble))?.outline().function();
        found.map(|id| (id, arguments)).ok_or_else(Problem::no_such_path)
    }

    fn function(
        &self,
        view: &View,
        asked: Asked,
        name: &str,
        content: &[u8],
    ) -> Result<Ready, Problem> {
        let asks = !matches!(asked.action, Action::Invoke);
        let (id, arguments) = self.find_function(view, &asked, name, content)?;
        let function = view.catalog.function(id);
        let volatile = function.volatility == Volatility::Volatile;
        let offer = self.negotiate(view, &asked, Thing::Function(function))?;
        Self::check_preferences(&asked)?;
        if asked.preferences.strict() && asked.preferences.max_affected.is_some() && !function.set {
            return Err(Problem::max_affected_of_one());
        }
        let read_only = asks || !volatile;
        let access = if read_only { Access::Read } else { Access::Write };
        let searched = &self.rest.extra_search_path;
        let call = call::invoke(&asked, name, arguments, read_only, &offer)?.searching(searched);
        let plan = self.plan_of(view, &call, &asked).map_err(|trouble| self.trouble(trouble))?;
        let own = function.settings.iter().filter(|(name, _)| {
            self.rest.hoisted_tx_settings.iter().any(|hoisted| hoisted == &**name)
        });
        let settings = own.map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let (asked, location, one) = (Arc::new(asked), None, !function.set);
        let plan = Arc::new([plan]);
        Ok(Ready { asked, offer, location, plan, access, settings, one, walk: None })
    }

    /// A key that names what it may do names this as well. Others may do what their role may.
    fn within_scopes(&self, ready: &Ready) -> Result<(), Problem> {
        let actor = &self.identity.session.actor;
        if actor.permissions.is_empty() || !actor.id.starts_with("key:") {
            return Ok(());
        }
        let wanted: &[&str] = match ready.access {
            Access::Read => &["data.read"],
            Access::Write if ready.tells_rows() => &["data.write", "data.read"],
            Access::Write => &["data.write"],
        };
        let held = |scope: &str| actor.permissions.hold_in(&self.project.reference, scope);
        let Some(lacking) = wanted.iter().find(|scope| !held(scope)) else { return Ok(()) };
        let message = format!("the key `{}` does not hold `{lacking}`", actor.name);
        Err(Problem::of_fault(
            Fault::new(codes::DENIED, message)
                .hint("make a key with `data.*` among its scopes, or without scopes"),
        ))
    }

    async fn run(
        &self,
        source: &dyn Source,
        ready: Ready,
        timing: &mut Timing,
    ) -> Result<Reply, Problem> {
        self.within_scopes(&ready)?;
        // Where policies are not the engine's own, no code of its could look at the request either.
        let native = source.database().abilities().can(Ability::NativePolicies);
        // A plan tells the settings that it was made with.
        let told = self.rest.pre_request.is_some() || matches!(ready.offer.media, Media::Plan(_));
        let quiet = !native || (ready.plan().is_quiet() && !told);
        let mut settings = transact::settings(&ready.asked, &self.parts.headers, self.rest, quiet);
        settings.extend(ready.settings.iter().cloned());
        let work = Transaction {
            access: ready.access,
            settings,
            ..self.transaction(&ready.asked, ready.plan.clone())
        };
        let answers = source.database().transact(work).await;
        let answers = answers.map_err(|error| self.engine(&ready.asked, error))?;
        timing.mark("transaction");
        let answer = answers.into_iter().next_back().unwrap_or_default();
        reply(ready, answer)
    }

    fn transaction(&self, asked: &Asked, plans: Arc<[Authorised<Plan>]>) -> Transaction {
        Transaction {
            plans,
            access: Access::Read,
            ending: transact::ending(asked, self.rest),
            settings: Vec::new(),
            wanted_settings: transact::WANTED,
            before: self.rest.pre_request.as_deref().map(transact::function_name),
            timeout: self.rest.statement_timeout_ms.map(Duration::from_millis),
        }
    }

    fn engine(&self, asked: &Asked, error: EngineError) -> Problem {
        if error.code == codes::WRONG_ROW_COUNT {
            if asked.action == Action::Put {
                return Problem::key_of_put_differs();
            }
            let rows = error.details.as_deref().unwrap_or_default();
            let rows = rows.chars().filter(char::is_ascii_digit).collect::<String>();
            return Problem::not_one(rows.parse().unwrap_or(0));
        }
        Problem::of_engine(error, self.known())
    }
}

/// What is told before the form of the answer is looked at; the engine is asked after that.
fn comes_first(trouble: &Trouble) -> bool {
    match trouble {
        Trouble::Call(error) => {
            let unknown = matches!(
                error,
                mag_query::Error::NoTable { .. }
                    | mag_query::Error::NoColumnToWrite { .. }
                    | mag_query::Error::NoFunction(_)
                    | mag_query::Error::AmbiguousFunction { .. }
                    | mag_query::Error::TooMany { .. }
            );
            unknown || is_of_relations(error)
        }
        Trouble::Refused(_) | Trouble::Engine(_) => false,
        Trouble::Fault(_) => true,
    }
}

fn is_of_relations(error: &mag_query::Error) -> bool {
    matches!(
        error,
        mag_query::Error::NoRelation(_)
            | mag_query::Error::AmbiguousRelation { .. }
            | mag_query::Error::NotEmbedded { .. }
            | mag_query::Error::RelatedOrder { .. }
            | mag_query::Error::AggregatesOff
            | mag_query::Error::AggregateInManySpread
    )
}

fn looks_at_others(filter: &Expr) -> bool {
    let mut found = false;
    filter.visit(&mut |expr| {
        found |= matches!(expr, Expr::Exists(_) | Expr::Scalar(_) | Expr::InSelect { .. });
    });
    found
}

/// What is asked for, where it is there: a name that somebody made up counts nowhere.
fn thing<'a>(view: &View, asked: &'a Asked) -> Option<&'a str> {
    match &asked.target {
        Target::Table(name) => {
            let known = view.catalog.find_table(&asked.schema, name).is_some();
            (known || name == batch::NAME).then_some(name)
        }
        Target::Function(name) => {
            (!view.catalog.find_functions(&asked.schema, name).is_empty()).then_some(name)
        }
        Target::Root => None,
    }
}

fn reply(ready: Ready, mut answer: Answer) -> Result<Reply, Problem> {
    let Ready { asked, location, offer, plan: whole, one, walk, .. } = ready;
    let plan = whole[0].outline();
    if one {
        answer.rows = 1;
        answer.count = answer.count.map(|_| 1);
    }
    let mut token = None;
    if let Some(walk) = &walk {
        let most = plan.answer().and_then(|select| select.limit);
        token = walk.end(&mut answer, most)?.map(|token| (walk, token));
    }
    if let (Shape::Object { .. }, false) = (&offer.shape, matches!(offer.media, Media::Plan(_)))
        && answer.rows != 1
    {
        return Err(Problem::not_one(answer.rows));
    }
    let mut reply = respond::answer(&asked, location, &offer, plan, answer)?;
    if let Some((walk, token)) = token
        && reply.status < StatusCode::MULTIPLE_CHOICES
    {
        reply.put(http::header::LINK, walk.link(&token));
        reply.put(HeaderName::from_static("x-next-cursor"), token);
    }
    Ok(reply)
}

/// For planning, when the form is not settled: mistakes in a call are told first.
fn fallback(offer: &Result<Offer, Problem>) -> Offer {
    match offer {
        Ok(offer) => offer.clone(),
        Err(_) => Offer { shape: Shape::Json { stripped: false }, media: Media::Json },
    }
}
