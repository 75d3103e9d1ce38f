//! A store of two projects in memory, with the tables of the base model and of MagAuth.

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use mag_adapter::engine::{
    Access, Answering, Console, MigrationLock, StructureChanged, Transaction,
};
use mag_adapter::memory::Memory;
use mag_adapter::{Abilities, Engine, EngineError};
use mag_auth::{Auth, Settings};
use mag_base::{Base, ON_SQLITE};
use mag_contract::operation::{Call, Cancelled, Progress};
use mag_contract::{Actor, Clock, Fault, Secret, codes};
use mag_guard::{Authorised, Guard, Ruleset};
use mag_kit::{Bench, Live};
use mag_migrate::{SQLITE, Script, Structure};
use mag_model::Catalog;
use mag_ports::settings::ProjectSettings;
use mag_ports::{
    Authn, AuthnSocket, Credentials, Database, Denied, Identity, Project, ProjectRef, Source,
    Store, StoreSocket, View,
};
use mag_query::call::{Act, Insert};
use mag_query::{Answer, Plan, Rows, Rules};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

const USERS: &str = include_str!("../../migrations/sqlite/20260102000000_users.sql");
const PEOPLE: &str = include_str!("../../migrations/sqlite/20260102000300_people.sql");
const OAUTH: &str = include_str!("../../migrations/sqlite/20260201000000_oauth.sql");
const PASSKEYS: &str = include_str!("../../migrations/sqlite/20260201000100_passkeys.sql");
const WAITING: &str = include_str!("../../migrations/sqlite/20260203000000_waiting_mails.sql");
const KEYS: &str = include_str!("../../migrations/sqlite/20260102000100_keys.sql");

/// One database in memory that says it has all migrations already.
struct InMemory {
    memory: Memory,
    view: Arc<View>,
    full: Arc<AtomicBool>,
}

impl InMemory {
    fn new(full: Arc<AtomicBool>) -> Arc<Self> {
        let mut structure = ON_SQLITE.structure().unwrap();
        for script in [USERS, PEOPLE, OAUTH, PASSKEYS, WAITING, KEYS] {
            structure.apply(&Script::read(script, &SQLITE).unwrap(), &SQLITE);
        }
        let catalog = Arc::new(catalog(&structure));
        let rules: Ruleset = serde_json::from_value(
            serde_json::json!({"roles": [{"name": "service_role", "bypass": true}]}),
        )
        .unwrap();
        let guard = Arc::new(Guard::new(&rules, &catalog));
        let view = Arc::new(View::new(catalog.clone(), guard, Rules::Compiled));
        Arc::new(Self { memory: Memory::new(catalog), view, full })
    }
}

fn catalog(structure: &Structure) -> Catalog {
    structure.draft.build(1).unwrap()
}

impl Engine for InMemory {
    fn abilities(&self) -> &Abilities {
        self.memory.abilities()
    }
    fn ping(&self) -> Answering<'_, ()> {
        self.memory.ping()
    }
    fn inspect(&self, known: u64) -> Answering<'_, Arc<Catalog>> {
        self.memory.inspect(known)
    }
    fn transact(&self, work: Transaction) -> Answering<'_, Vec<Answer>> {
        if work.access == Access::Write && self.full.load(Ordering::SeqCst) {
            let full = EngineError::new(codes::DISK_FULL, "the disk is full");
            return Box::pin(async { Err(full) });
        }
        self.memory.transact(work)
    }
    fn explain(&self, plan: Authorised<Plan>, analyze: bool) -> Answering<'_, String> {
        self.memory.explain(plan, analyze)
    }
    /// The history of migrations is empty, and running one changes nothing: all tables are there.
    fn console(&self, _: Console) -> Answering<'_, Vec<Rows>> {
        Box::pin(async { Ok(vec![]) })
    }
    fn lock_migrations(&self, _: Duration) -> Answering<'_, MigrationLock> {
        Box::pin(async { Ok(MigrationLock::new(())) })
    }
    fn watch(&self) -> Answering<'_, BoxStream<'static, StructureChanged>> {
        self.memory.watch()
    }
}

impl Database for InMemory {
    fn close(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
    fn base(&self) -> &'static Base {
        &ON_SQLITE
    }
    fn rules(&self) -> Answering<'_, Option<Ruleset>> {
        Box::pin(async { Ok(None) })
    }
}

struct Main(Arc<InMemory>);

impl Source for Main {
    fn name(&self) -> &str {
        "main"
    }
    fn kind(&self) -> &str {
        "memory"
    }
    fn primary(&self) -> bool {
        true
    }
    fn managed(&self) -> bool {
        true
    }
    fn writable(&self) -> bool {
        true
    }
    fn view(&self) -> Result<Arc<View>, Fault> {
        Ok(self.0.view.clone())
    }
    fn refresh(&self) -> BoxFuture<'_, Result<Arc<View>, Fault>> {
        Box::pin(async { self.view() })
    }
    fn rules(&self) -> Result<Arc<Ruleset>, Fault> {
        Ok(Arc::default())
    }
    fn keep_rules(&self, _: Ruleset) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async { Ok(()) })
    }
    fn database(&self) -> &dyn Database {
        &*self.0
    }
}

/// Projects `shop` (the default one) and `blog`, and project zero.
pub(crate) struct Shelf {
    projects: Mutex<Vec<Arc<Project>>>,
    zero: Arc<Project>,
}

fn project(n: u128, reference: &str, full: &Arc<AtomicBool>) -> Project {
    Project {
        id: Uuid::from_u128(n),
        reference: reference.into(),
        name: reference.into(),
        hosts: vec![format!("{reference}.test")],
        sources: vec![Arc::new(Main(InMemory::new(full.clone())))],
        settings: Arc::default(),
    }
}

impl Store for Shelf {
    fn project(&self, which: ProjectRef<'_>) -> Result<Arc<Project>, Fault> {
        let projects = self.projects.lock().unwrap();
        let wanted = match which {
            ProjectRef::Default => Some("shop"),
            ProjectRef::Reference(reference) => Some(reference),
            ProjectRef::Host(host) => host.strip_suffix(".test").or(Some("shop")),
        };
        let found = projects.iter().find(|p| Some(&*p.reference) == wanted).cloned();
        found.ok_or_else(|| Fault::new(codes::NO_PROJECT, "no such project"))
    }
    fn projects(&self) -> Vec<Arc<Project>> {
        self.projects.lock().unwrap().clone()
    }
    fn zero(&self) -> Result<Arc<Project>, Fault> {
        Ok(self.zero.clone())
    }
}

/// An answer of the door `/auth/v1`.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) json: serde_json::Value,
    pub(crate) body: String,
}

impl Told {
    /// `200`, or the number and the code of a refusal.
    pub(crate) fn brief(&self) -> String {
        match self.json["code"].as_str() {
            Some(code) if self.status >= 400 => format!("{} {code}", self.status),
            _ => self.status.to_string(),
        }
    }
    pub(crate) fn text(&self, name: &str) -> String {
        self.json[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {self:?}")).to_owned()
    }
    pub(crate) fn location(&self) -> String {
        let location = self.headers.get("location");
        location.unwrap_or_else(|| panic!("no way on in {self:?}")).to_str().unwrap().to_owned()
    }
}

pub(crate) struct House {
    pub(crate) bench: Bench,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) live: Live,
    /// The disk of the databases: nothing can be written while it is.
    pub(crate) full: Arc<AtomicBool>,
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let bench = Bench::default();
        let full = Arc::new(AtomicBool::new(false));
        let made = |n, reference| Arc::new(project(n, reference, &full));
        let (zero, projects) = (made(0, "zero"), vec![made(1, "shop"), made(2, "blog")]);
        let shelf = Arc::new(Shelf { projects: Mutex::new(projects), zero });
        bench.plug::<StoreSocket>(shelf.clone());
        let live = bench.start::<Auth>(settings).await.unwrap();
        Self { bench, shelf, live, full }
    }

    /// The part leaves, and another incarnation of it comes.
    pub(crate) async fn restart(&mut self) {
        let next = self.bench.start::<Auth>(Settings::default()).await.unwrap();
        std::mem::replace(&mut self.live, next).drain().await.unwrap();
        // The one that left has written last: the newcomer reads what it finds now.
        let again = self.bench.start::<Auth>(Settings::default()).await.unwrap();
        std::mem::replace(&mut self.live, again).drain().await.unwrap();
    }

    pub(crate) fn clock(&self) -> Clock {
        self.bench.clock.clone()
    }

    pub(crate) fn project(&self, reference: &str) -> Arc<Project> {
        self.shelf.project(ProjectRef::Reference(reference)).unwrap()
    }

    /// Gives the project other settings, as its owner would.
    pub(crate) fn settle(&self, reference: &str, change: impl FnOnce(&mut ProjectSettings)) {
        let mut projects = self.shelf.projects.lock().unwrap();
        let old = projects.iter_mut().find(|p| &*p.reference == reference).unwrap();
        let mut settings = ProjectSettings::clone(&old.settings);
        change(&mut settings);
        let new = Project {
            id: old.id,
            reference: old.reference.clone(),
            name: old.name.clone(),
            hosts: old.hosts.clone(),
            sources: old.sources.clone(),
            settings: Arc::new(settings),
        };
        *old = Arc::new(new);
    }

    pub(crate) fn authn(&self) -> Arc<dyn Authn> {
        self.bench.backplane.jack::<AuthnSocket>().get().unwrap()
    }

    pub(crate) async fn identify(
        &self,
        reference: &str,
        apikey: Option<&str>,
        bearer: Option<&str>,
    ) -> Result<Identity, Denied> {
        let secret = |text: Option<&str>| text.map(|text| Secret::new(text.to_owned()));
        let shown = Credentials {
            apikey: secret(apikey),
            bearer: secret(bearer),
            door: Some("rest"),
            ..Credentials::default()
        };
        self.authn().identify(&self.project(reference), shown).await
    }

    /// Who that is, in a few words, or why nobody was recognised.
    pub(crate) async fn who(&self, apikey: Option<&str>, bearer: Option<&str>) -> String {
        match self.identify("shop", apikey, bearer).await {
            Ok(identity) => format!("{} {}", identity.session.role, identity.session.claims),
            Err(denied) => format!("{denied:?}"),
        }
    }

    /// Calls an operation as the owner of the installation would.
    pub(crate) async fn call(
        &self,
        name: &str,
        input: serde_json::Value,
    ) -> Result<serde_json::Value, Fault> {
        self.call_as(&Actor::owner("ada"), name, input).await
    }

    /// Calls it past the desk: what the function itself refuses.
    pub(crate) async fn call_as(
        &self,
        actor: &Actor,
        name: &str,
        input: serde_json::Value,
    ) -> Result<serde_json::Value, Fault> {
        self.called(actor, name, input, false).await
    }

    /// What it would do.
    pub(crate) async fn preview(
        &self,
        name: &str,
        input: serde_json::Value,
    ) -> Result<serde_json::Value, Fault> {
        self.called(&Actor::owner("ada"), name, input, true).await
    }

    async fn called(
        &self,
        actor: &Actor,
        name: &str,
        input: serde_json::Value,
        preview: bool,
    ) -> Result<serde_json::Value, Fault> {
        let (progress, _steps) = tokio::sync::mpsc::channel(16);
        let (_cancel, cancelled) = tokio::sync::watch::channel(false);
        let call = Call {
            actor: actor.clone(),
            door: "test",
            trace_id: "none".into(),
            preview,
            progress: Progress::new(progress),
            cancelled: Cancelled::new(cancelled),
        };
        let offer = self.live.offers.iter().find(|offer| offer.spec.name == name);
        (offer.expect("the operation is offered").handler)(input, call).await
    }

    /// A request as a client of the newer interface sends it.
    pub(crate) async fn ask(
        &self,
        line: &str,
        token: Option<&str>,
        body: serde_json::Value,
    ) -> Told {
        let mut headers = vec![("x-supabase-api-version", "2024-01-01".to_owned())];
        if let Some(token) = token {
            headers.push(("authorization", format!("Bearer {token}")));
        }
        self.ask_with(line, &headers, body).await
    }

    pub(crate) async fn ask_with(
        &self,
        line: &str,
        headers: &[(&str, String)],
        body: serde_json::Value,
    ) -> Told {
        let bytes = if body.is_null() { String::new() } else { body.to_string() };
        self.send(line, "application/json", headers, bytes).await
    }

    /// A form, as browsers and clients of OAuth send it.
    pub(crate) async fn form(&self, line: &str, headers: &[(&str, String)], form: &str) -> Told {
        self.send(line, "application/x-www-form-urlencoded", headers, form.to_owned()).await
    }

    async fn send(
        &self,
        line: &str,
        kind: &str,
        headers: &[(&str, String)],
        bytes: String,
    ) -> Told {
        use http_body_util::BodyExt;
        use mag_contract::door::{AuthDoor, Peer, body as door_body};
        let (method, path) = line.split_once(' ').unwrap();
        let path = if path.starts_with("/.") { path.to_owned() } else { format!("/auth/v1{path}") };
        let mut request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("host", "shop.test")
            .header("content-type", kind);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut request = request.body(door_body(bytes)).unwrap();
        let from = Peer::Network("203.0.113.7:40000".parse().unwrap());
        request.extensions_mut().insert(from);
        let door = self.bench.backplane.jack::<AuthDoor>().get().unwrap();
        let (parts, body) = door.answer(request).await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let json = serde_json::from_slice(&bytes).unwrap_or(serde_json::Value::Null);
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Told { status: parts.status.as_u16(), headers: parts.headers, json, body }
    }

    /// The newest mail to this address: its link and its code.
    pub(crate) async fn mail(&self, to: &str) -> (String, String) {
        let list = self.call("mail:list", serde_json::json!({"to": to})).await.unwrap();
        let id =
            list["mails"][0]["id"].as_str().unwrap_or_else(|| panic!("no mail to {to}")).to_owned();
        let shown = self.call("mail:show", serde_json::json!({"id": id})).await.unwrap();
        let text = shown["text"].as_str().unwrap();
        let link =
            text.split_whitespace().find(|word| word.contains("/auth/v1/")).unwrap_or_default();
        let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
        let code = text.split_whitespace().find(is_code).unwrap_or_default();
        let link = link.split("/auth/v1").nth(1).unwrap_or_default();
        (link.to_owned(), code.to_owned())
    }

    /// The rows of all mails of `shop`, as they are.
    pub(crate) async fn mails(&self) -> Vec<serde_json::Value> {
        let query = mag_query::call::Query::all();
        let call = mag_query::Call::read("public", "auth_mails", query);
        self.run(&call).await
    }

    /// Adds so many mails to `shop`, all of this moment.
    pub(crate) async fn add_mails(&self, state: &str, count: usize) {
        let mail = |_| {
            serde_json::json!({
                "id": Uuid::new_v4(), "instance_id": Uuid::nil(), "recipient": "eve@example.com",
                "channel": "email", "template": "recovery", "subject": "-", "text": "-",
                "state": state, "created_at": self.clock().now(),
            })
        };
        let mails: Vec<_> = (0..count).map(mail).collect();
        let mails = serde_json::Value::from(mails).to_string();
        let payload = mag_query::Payload::from_json(&mails, None).unwrap();
        let insert = Insert { table: "auth_mails".into(), payload, ..Insert::default() };
        let (schema, act) = ("public".to_owned(), Act::Insert(insert));
        self.run(&mag_query::Call { schema, act, ..mag_query::Call::default() }).await;
    }

    async fn run(&self, call: &mag_query::Call) -> Vec<serde_json::Value> {
        let session = Arc::new(mag_guard::Session::system(self.clock().now()));
        let project = self.project("shop");
        let options = mag_query::Options::default();
        let answer = project.primary().unwrap().run(call, &session, &options).await.unwrap();
        let mag_query::answer::Body::Rows(rows) = answer.body else { panic!("no rows") };
        serde_json::from_str(&rows.to_json()).unwrap()
    }

    /// Time goes on by so many seconds.
    pub(crate) fn later(&self, seconds: u64) {
        self.bench.clock.advance(Duration::from_secs(seconds));
    }

    /// Somebody who has signed up, confirmed and signed in: the session.
    pub(crate) async fn member(&self, email: &str, password: &str) -> serde_json::Value {
        let wish = serde_json::json!({"email": email, "password": password});
        let told = self.ask("POST /signup", None, wish).await;
        assert_eq!(told.brief(), "200", "{told:?}");
        let (_, code) = self.mail(email).await;
        let wish = serde_json::json!({"type": "signup", "email": email, "token": code});
        let told = self.ask("POST /verify", None, wish).await;
        assert_eq!(told.brief(), "200", "{told:?}");
        self.later(61);
        told.json
    }

    pub(crate) async fn server_key(&self) -> String {
        let wish = serde_json::json!({"name": "server", "kind": "secret"});
        self.call("key:create", wish).await.unwrap()["key"].as_str().unwrap().to_owned()
    }
}
