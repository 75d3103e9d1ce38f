//! The door itself: who asks, what is asked, the call, the answer. It decides nothing; each step is
//! somebody else's rule.

use crate::call;
use crate::described::{self, Page};
use crate::media::Media;
use crate::negotiate::{Negotiation, Offer, Shape, Thing};
use crate::problem::Problem;
use crate::render;
use crate::request::{Action, Asked, Target};
use crate::respond::{self, Reply};
use crate::root;
use crate::timing::Timing;
use crate::transact;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::request::Parts;
use mag_adapter::{Access, Transaction};
use mag_contract::door::{HttpDoor, Peer, Request, Response, body};
use mag_contract::exchange::{Addressed, Reached, read_body};
use mag_contract::{Jack, Secret, codes};
use mag_guard::Authorised;
use mag_model::catalog::Volatility;
use mag_model::{FunctionId, TableId};
use mag_ports::settings::RestSettings;
use mag_ports::store::Source;
use mag_ports::{
    AuthnSocket, Credentials, Identity, Project, ProjectRef, StoreSocket, Trouble, View,
};
use mag_query::call::Pick;
use mag_query::{Answer, Limits, Options, Plan};
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct Door(Arc<Inside>);

struct Inside {
    store: Jack<StoreSocket>,
    authn: Jack<AuthnSocket>,
    body_bytes_max: u64,
}

impl Door {
    pub(crate) fn new(
        store: Jack<StoreSocket>,
        authn: Jack<AuthnSocket>,
        body_bytes_max: u64,
    ) -> Self {
        Self(Arc::new(Inside { store, authn, body_bytes_max }))
    }
}

impl HttpDoor for Door {
    fn answer(&self, request: Request) -> BoxFuture<'static, Response> {
        let inside = self.0.clone();
        Box::pin(async move { inside.answer(request).await })
    }
}

impl Inside {
    async fn answer(&self, request: Request) -> Response {
        let (parts, content) = request.into_parts();
        let mut timing = Timing::begin();
        let mut reached = Reached::default();
        let mut settings = None;
        let content = read_body(content, self.body_bytes_max);
        let answered = async {
            let project = self.project(&parts)?;
            reached.project = Some(project.reference.clone());
            settings = Some(project.settings.clone());
            let rest = &project.settings.rest;
            let identity = self.identity(&project, &parts).await?;
            timing.mark("jwt");
            let content = content.await.map_err(Problem::of_fault)?;
            let visit = Visit { project: &project, rest, identity, parts: &parts };
            visit.answer(&content, &mut timing, &mut reached).await
        };
        let mut reply = match answered.await {
            Ok(reply) => reply,
            Err(problem) => respond::problem(&problem),
        };
        let rest = settings.as_ref().map(|settings| &settings.rest);
        finish(&mut reply, rest, &parts, &timing);
        let mut response = http::Response::new(body(Bytes::from(reply.body)));
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        response.extensions_mut().insert(reached);
        response
    }

    fn project(&self, parts: &Parts) -> Result<Arc<Project>, Problem> {
        let store = self.store.get().map_err(|empty| Problem::of_fault(empty.into()))?;
        let host = parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        let which = match (Addressed::of(&parts.extensions), host) {
            (Some(reference), _) => ProjectRef::Reference(reference),
            (None, Some(host)) => ProjectRef::Host(host),
            (None, None) => ProjectRef::Default,
        };
        store.project(which).map_err(Problem::of_fault)
    }

    async fn identity(&self, project: &Project, parts: &Parts) -> Result<Identity, Problem> {
        let authn = self.authn.get().map_err(|empty| Problem::of_fault(empty.into()))?;
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = header("authorization").and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token.trim().to_owned()))
        });
        let shown = Credentials {
            apikey: header("apikey").map(|key| Secret::new(key.to_owned())),
            bearer,
            peer: parts.extensions.get::<Peer>().cloned(),
            door: Some("rest"),
        };
        authn.identify(project, shown).await.map_err(Problem::of_denied)
    }
}

fn finish(reply: &mut Reply, rest: Option<&RestSettings>, parts: &Parts, timing: &Timing) {
    respond::vary(reply);
    let Some(rest) = rest else { return };
    if rest.server_timing_enabled && reply.status.as_u16() < 400 {
        reply.set(http::HeaderName::from_static("server-timing"), &timing.header());
    }
    if let Some(name) = &rest.server_trace_header
        && let Ok(name) = http::HeaderName::from_bytes(name.as_bytes())
    {
        let value = parts.headers.get(&name).cloned();
        let empty = http::HeaderValue::from_static("");
        reply.headers.insert(name, value.unwrap_or(empty));
    }
}

/// One request of somebody who is known.
struct Visit<'a> {
    project: &'a Project,
    rest: &'a RestSettings,
    identity: Identity,
    parts: &'a Parts,
}

impl Visit<'_> {
    async fn answer(
        &self,
        content: &[u8],
        timing: &mut Timing,
        reached: &mut Reached,
    ) -> Result<Reply, Problem> {
        let source = self.project.primary().map_err(Problem::of_fault)?;
        let view = source.view().map_err(Problem::of_fault)?;
        if let Some(page) = Page::of(self.parts) {
            let session = &self.identity.session;
            let reply = described::answer(page, self.project, &view, session, self.parts)?;
            if let Some(reply) = reply {
                return Ok(reply);
            }
        }
        let asked = Asked::read(self.parts, self.rest)?;
        timing.mark("parse");
        reached.thing = match &asked.target {
            Target::Table(name) | Target::Function(name) => {
                Some(format!("{}.{name}", asked.schema).into())
            }
            Target::Root => None,
        };
        let reply = match (&asked.target, asked.action) {
            (Target::Root, Action::Info) => Ok(respond::allowed("OPTIONS,GET,HEAD")),
            (Target::Root, _) => {
                let session = &self.identity.session;
                root::answer(&asked, &view, session, self.rest, self.parts)
            }
            (Target::Table(name), Action::Info) => self.table_info(&view, &asked, name),
            (Target::Table(name), _) => {
                self.table(source.as_ref(), &view, &asked, name, content, timing).await
            }
            (Target::Function(name), _) => {
                self.function(source.as_ref(), &view, &asked, name, content, timing).await
            }
        };
        timing.rest();
        reply
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

    fn table_info(&self, view: &View, asked: &Asked, name: &str) -> Result<Reply, Problem> {
        let id = self.find_table(view, asked, name)?;
        Ok(respond::allowed(&respond::methods_of_table(view.catalog.table(id))))
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
            schema: &asked.schema,
            thing,
            whole: matches!(&*asked.params.select, [Pick::All]),
            plans: self.rest.plan_enabled,
        };
        negotiation.of(&asked.accepted)
    }

    async fn table(
        &self,
        source: &dyn Source,
        view: &View,
        asked: &Asked,
        name: &str,
        content: &[u8],
        timing: &mut Timing,
    ) -> Result<Reply, Problem> {
        let id = self.find_table(view, asked, name)?;
        let table = view.catalog.table(id);
        let offer = self.negotiate(view, asked, Thing::Table(id));
        let (call, access) = match asked.action {
            Action::Read { .. } => {
                // A relation that does not exist is told before a form that is not there.
                let json = fallback(&offer);
                (call::read(asked, name, &json)?, Access::Read)
            }
            _ => (call::write(asked, table, content, &fallback(&offer))?, Access::Write),
        };
        let call = call.searching(&self.rest.extra_search_path);
        let plan = view
            .prepare(&call, &self.identity.session, &self.options(asked))
            .map_err(|trouble| self.trouble(trouble))?;
        if asked.writes_rows() {
            Self::check_preferences(asked)?;
        }
        let offer = offer?;
        // Nothing but this list looks at single cells: the engine writes it as it reads.
        let as_list = matches!(offer.shape, Shape::Json { stripped: false })
            && matches!(asked.action, Action::Read { .. })
            && !matches!(offer.media, Media::Plan(_));
        let plan = if as_list { plan.in_json_with(render::BETWEEN) } else { plan };
        Self::check_preferences(asked)?;
        timing.mark("plan");
        let (plan, answer) = self.run(source, asked, plan, access, Vec::new(), timing).await?;
        if let (Shape::Object { .. }, false) = (&offer.shape, matches!(offer.media, Media::Plan(_)))
            && answer.rows != 1
        {
            return Err(Problem::not_one(answer.rows));
        }
        respond::answer(asked, &offer, plan.outline(), &answer)
    }

    async fn function(
        &self,
        source: &dyn Source,
        view: &View,
        asked: &Asked,
        name: &str,
        content: &[u8],
        timing: &mut Timing,
    ) -> Result<Reply, Problem> {
        let arguments = call::arguments(asked, content)?;
        let asks = !matches!(asked.action, Action::Invoke);
        let json = Offer { shape: Shape::Json { stripped: false }, media: Media::Json };
        let searched = &self.rest.extra_search_path;
        let trial = call::invoke(asked, name, arguments.clone(), true, &json)?.searching(searched);
        let options = self.options(asked);
        let plan = view
            .prepare(&trial, &self.identity.session, &options)
            .map_err(|trouble| self.trouble(trouble))?;
        let Some(id) = invoked(plan.outline()) else {
            return Err(Problem::no_such_path());
        };
        let function = view.catalog.function(id);
        let volatile = function.volatility == Volatility::Volatile;
        if asked.action == Action::Info {
            let methods = if volatile { "OPTIONS,POST" } else { "OPTIONS,GET,HEAD,POST" };
            return Ok(respond::allowed(methods));
        }
        let offer = self.negotiate(view, asked, Thing::Function(function))?;
        Self::check_preferences(asked)?;
        if asked.preferences.strict() && asked.preferences.max_affected.is_some() && !function.set {
            return Err(Problem::max_affected_of_one());
        }
        let read_only = asks || !volatile;
        let access = if read_only { Access::Read } else { Access::Write };
        let call = call::invoke(asked, name, arguments, read_only, &offer)?.searching(searched);
        let plan = view
            .prepare(&call, &self.identity.session, &options)
            .map_err(|trouble| self.trouble(trouble))?;
        timing.mark("plan");
        let own = function.settings.iter().filter(|(name, _)| {
            self.rest.hoisted_tx_settings.iter().any(|hoisted| hoisted == &**name)
        });
        let own = own.map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let (plan, mut answer) = self.run(source, asked, plan, access, own, timing).await?;
        if !function.set {
            answer.rows = 1;
        }
        if let (Shape::Object { .. }, false) = (&offer.shape, matches!(offer.media, Media::Plan(_)))
            && answer.rows != 1
        {
            return Err(Problem::not_one(answer.rows));
        }
        respond::answer(asked, &offer, plan.outline(), &answer)
    }

    async fn run(
        &self,
        source: &dyn Source,
        asked: &Asked,
        plan: Authorised<Plan>,
        access: Access,
        own: Vec<(String, String)>,
        timing: &mut Timing,
    ) -> Result<(Authorised<Plan>, Answer), Problem> {
        let kept = plan.clone();
        let mut settings = transact::settings(asked, &self.parts.headers, self.rest);
        settings.extend(own);
        let work = Transaction {
            access,
            ending: transact::ending(asked, self.rest),
            settings,
            wanted_settings: transact::WANTED.map(str::to_owned).to_vec(),
            before: self.rest.pre_request.as_deref().map(transact::function_name),
            timeout: self.rest.statement_timeout_ms.map(Duration::from_millis),
            ..Transaction::of(plan)
        };
        let answers = source.database().transact(work).await.map_err(|error| {
            if error.code == codes::WRONG_ROW_COUNT {
                if asked.action == Action::Put {
                    return Problem::key_of_put_differs();
                }
                let rows = error.details.as_deref().unwrap_or_default();
                let rows = rows.chars().filter(char::is_ascii_digit).collect::<String>();
                return Problem::not_one(rows.parse().unwrap_or(0));
            }
            Problem::of_engine(error, self.known())
        })?;
        timing.mark("transaction");
        let answer = answers.into_iter().next_back().unwrap_or_default();
        Ok((kept, answer))
    }
}

fn invoked(plan: &Plan) -> Option<FunctionId> {
    match &plan.work {
        mag_query::Work::Invoke(invoke) => Some(invoke.function),
        _ => None,
    }
}

/// For planning, when the form is not settled: mistakes in a call are told first.
fn fallback(offer: &Result<Offer, Problem>) -> Offer {
    match offer {
        Ok(offer) => offer.clone(),
        Err(_) => Offer { shape: Shape::Json { stripped: false }, media: Media::Json },
    }
}
