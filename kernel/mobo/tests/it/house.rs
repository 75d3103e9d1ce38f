//! A board in a folder of its own, with toy parts whose behaviour each test scripts. Waits are for
//! events, with a deadline that only a broken board reaches.

use futures::FutureExt;
use futures::future::BoxFuture;
use mag_contract::operation::{Consent, Order, Running};
use mag_contract::{
    Actor, Clock, Component, Fault, Health, Life, Manifest, PartId, Socket, Wiring, codes,
};
use mag_mobo::{Boot, BootFailure, Ending, PartRecord, Parts, Session, Sources, State};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

pub trait Says: Send + Sync {
    fn version(&self) -> u32;
}
struct Version(u32);
impl Says for Version {
    fn version(&self) -> u32 {
        self.0
    }
}
macro_rules! sockets {
    ($($name:ident $key:literal)*) => {$(
        pub struct $name;
        impl Socket for $name { type Port = dyn Says; const NAME: &'static str = $key; }
    )*
        fn plug_all(wiring: &mut Wiring, provides: &[mag_contract::SocketKey], version: u32) {
            $(if provides.iter().any(|k| k.0 == $key) { wiring.plug::<$name>(Arc::new(Version(version))); })*
        }
    };
}
sockets! { Store "toy.store" Authn "toy.auth" Mail "toy.mail" }

#[derive(
    Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct ToySettings {
    /// Which test it belongs to.
    pub test: String,
    pub version: u32,
    pub port: u16,
    /// Picked up by the running part.
    #[schemars(extend("x-live" = true))]
    pub live: u32,
    /// Takes effect at the next boot.
    pub fixed: u32,
}

/// What a test asks of a running toy.
pub enum Wish {
    Return,
    Fail,
    Panic,
    TaskPanic,
    Hang,
    Feel(Health),
}

type ManifestFn = Arc<dyn Fn(Manifest, &ToySettings) -> Manifest + Send + Sync>;
type AssembleFn = Arc<
    dyn Fn(&mut Wiring, &ToySettings, u32) -> BoxFuture<'static, Result<(), Fault>> + Send + Sync,
>;
type TestFn = Arc<dyn Fn(&ToySettings, u32) -> Result<(), Fault> + Send + Sync>;
type RunFn = Arc<
    dyn Fn(ToySettings, Life, u32, Arc<World>) -> BoxFuture<'static, Result<(), Fault>>
        + Send
        + Sync,
>;

/// How a toy behaves; `n` is the number of its incarnation, from 1.
#[derive(Clone)]
pub struct Script {
    name: &'static str,
    shelf: bool,
    safe: bool,
    manifest: ManifestFn,
    assemble: AssembleFn,
    test: TestFn,
    run: RunFn,
}

pub fn toy(name: &'static str) -> Script {
    Script {
        name,
        shelf: false,
        safe: false,
        manifest: Arc::new(|m, _| m),
        assemble: Arc::new(|_, _, _| async { Ok(()) }.boxed()),
        test: Arc::new(|_, _| Ok(())),
        run: Arc::new(move |s, life, _, world| serve(name, s, life, world).boxed()),
    }
}

impl Script {
    pub fn on_the_shelf(mut self) -> Self {
        self.shelf = true;
        self
    }
    pub fn safe(mut self) -> Self {
        self.safe = true;
        self
    }
    pub fn manifest(mut self, f: impl Fn(Manifest) -> Manifest + Send + Sync + 'static) -> Self {
        self.manifest = Arc::new(move |m, _| f(m));
        self
    }
    pub fn manifest_of(
        mut self,
        f: impl Fn(Manifest, &ToySettings) -> Manifest + Send + Sync + 'static,
    ) -> Self {
        self.manifest = Arc::new(f);
        self
    }
    pub fn wire(
        mut self,
        f: impl Fn(&mut Wiring, u32) -> Result<(), Fault> + Send + Sync + 'static,
    ) -> Self {
        self.assemble = Arc::new(move |w, _, n| futures::future::ready(f(w, n)).boxed());
        self
    }
    pub fn assemble(
        mut self,
        f: impl Fn(&mut Wiring, &ToySettings, u32) -> BoxFuture<'static, Result<(), Fault>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.assemble = Arc::new(f);
        self
    }
    pub fn test(
        mut self,
        f: impl Fn(&ToySettings, u32) -> Result<(), Fault> + Send + Sync + 'static,
    ) -> Self {
        self.test = Arc::new(f);
        self
    }
    pub fn run<R>(mut self, f: impl Fn(Life, u32, Arc<World>) -> R + Send + Sync + 'static) -> Self
    where
        R: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        self.run = Arc::new(move |_, life, n, world| f(life, n, world).boxed());
        self
    }
}

pub fn broken(why: &str) -> Fault {
    Fault::new(codes::BROKEN_PART, why)
}

/// What a toy does that is told nothing else: up, wishes, down.
pub async fn serve(
    name: &'static str,
    settings: ToySettings,
    mut life: Life,
    world: Arc<World>,
) -> Result<(), Fault> {
    let (tx, mut wishes) = mpsc::channel(4);
    world.wishes.lock().unwrap().insert(name, tx);
    world.note(format!("{name} up v{}", settings.version));
    life.ready();
    loop {
        let wish = tokio::select! {
            () = life.draining() => break,
            Some(wish) = wishes.recv() => wish,
        };
        match wish {
            Wish::Return => return Ok(()),
            Wish::Fail => return Err(broken("the toy is broken")),
            Wish::Panic => panic!("the toy fell"),
            Wish::TaskPanic => drop(life.spawn("helper", async { panic!("the helper fell") })),
            Wish::Hang => std::future::pending::<()>().await,
            Wish::Feel(health) => life.health(health),
        }
    }
    world.note(format!("{name} down v{}", settings.version));
    Ok(())
}

static WORLDS: LazyLock<Mutex<HashMap<String, Arc<World>>>> = LazyLock::new(Mutex::default);

/// What the toys of one test share with it.
#[derive(Default)]
pub struct World {
    scripts: Mutex<HashMap<&'static str, Script>>,
    diary: Mutex<Vec<String>>,
    wishes: Mutex<HashMap<&'static str, mpsc::Sender<Wish>>>,
    raised: Mutex<HashMap<&'static str, u32>>,
}

impl World {
    pub fn note(&self, line: impl Into<String>) {
        self.diary.lock().unwrap().push(line.into());
    }
    pub fn lines(&self) -> Vec<String> {
        self.diary.lock().unwrap().clone()
    }
    pub fn raised(&self, name: &str) -> u32 {
        self.raised.lock().unwrap().get(name).copied().unwrap_or(0)
    }
    /// Asks whichever incarnation listens.
    pub async fn wish(&self, name: &str, mut wish: Wish) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let line = self.wishes.lock().unwrap().get(name).cloned();
            if let Some(line) = line {
                match line.send(wish).await {
                    Ok(()) => return,
                    Err(unheard) => wish = unheard.0,
                }
            }
            assert!(tokio::time::Instant::now() < deadline, "`{name}` hears nobody");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    pub fn replace(&self, script: Script) {
        self.scripts.lock().unwrap().insert(script.name, script);
    }
    fn script(test: &str, name: &str) -> Option<(Arc<Self>, Script)> {
        let world = WORLDS.lock().unwrap().get(test)?.clone();
        let script = world.scripts.lock().unwrap().get(name)?.clone();
        Some((world, script))
    }
}

const NAMES: [&str; 6] = ["store", "auth", "gate", "mail", "egg", "hen"];

/// The toy of this number; its script is found by its settings.
pub struct Toy<const N: usize> {
    settings: ToySettings,
    script: Script,
    world: Arc<World>,
    number: u32,
}

impl<const N: usize> Component for Toy<N> {
    type Settings = ToySettings;
    fn manifest(settings: &ToySettings) -> Manifest {
        let manifest = Manifest::new(NAMES[N], "1.0.0", "a toy");
        match World::script(&settings.test, NAMES[N]) {
            Some((_, script)) => (script.manifest)(manifest, settings),
            None => manifest,
        }
    }
    async fn assemble(settings: ToySettings, wiring: &mut Wiring) -> Result<Self, Fault> {
        let (world, script) = World::script(&settings.test, NAMES[N]).unwrap();
        let number = {
            let mut raised = world.raised.lock().unwrap();
            let count = raised.entry(NAMES[N]).or_default();
            *count += 1;
            *count
        };
        let manifest = Self::manifest(&settings);
        plug_all(wiring, &manifest.provides, settings.version);
        (script.assemble)(wiring, &settings, number).await?;
        Ok(Self { settings, script, world, number })
    }
    async fn self_test(&self) -> Result<(), Fault> {
        (self.script.test)(&self.settings, self.number)
    }
    async fn run(self, life: Life) -> Result<(), Fault> {
        (self.script.run)(self.settings, life, self.number, self.world).await
    }
    fn on_change(old: &ToySettings, new: &ToySettings) -> mag_contract::OnChange {
        use mag_contract::OnChange::{Live, Reboot, Swap};
        if old.fixed != new.fixed {
            Reboot
        } else if (ToySettings { live: new.live, ..old.clone() }) == *new {
            Live
        } else {
            Swap
        }
    }
}

pub struct House {
    pub world: Arc<World>,
    pub folder: tempfile::TempDir,
    pub clock: Clock,
    pub flags: Vec<String>,
    pub safe: bool,
    pub scripts: Vec<Script>,
}

pub fn house(test: &str, scripts: impl IntoIterator<Item = Script>) -> House {
    let world = Arc::<World>::default();
    let scripts: Vec<Script> = scripts.into_iter().collect();
    let mut flags: Vec<String> = [
        "board.restart_pause=10ms",
        "board.ready_within=1m",
        "board.drain_within=1m",
        "board.heartbeat_within=1m",
        "health.interval=1h",
    ]
    .map(str::to_owned)
    .to_vec();
    for script in &scripts {
        world.scripts.lock().unwrap().insert(script.name, script.clone());
        flags.push(format!("{}.test={test}", script.name));
    }
    let twice = WORLDS.lock().unwrap().insert(test.to_owned(), world.clone());
    assert!(twice.is_none(), "two tests share the name {test}");
    let folder = tempfile::tempdir().unwrap();
    House { world, folder, clock: Clock::machine(), flags, safe: false, scripts }
}

impl House {
    pub fn set(mut self, flag: impl Into<String>) -> Self {
        self.flags.push(flag.into());
        self
    }
    pub fn safely(mut self) -> Self {
        self.safe = true;
        self
    }
    pub fn at(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
    /// Writes the settings file.
    pub fn file(&self, text: &str) {
        std::fs::write(self.folder.path().join(mag_mobo::FILE), text).unwrap();
    }
    pub fn file_text(&self) -> String {
        std::fs::read_to_string(self.folder.path().join(mag_mobo::FILE)).unwrap_or_default()
    }
    pub fn state_of(&self, session: &Session, part: &str) -> State {
        session.board().part(&PartId::new(part)).unwrap().state
    }
    fn parts(&self) -> Parts {
        let mut parts = Parts::default();
        for s in &self.scripts {
            macro_rules! add {
                ($($n:literal)*) => {
                    match NAMES.iter().position(|n| *n == s.name).unwrap() {
                        $($n if s.shelf => parts.on_the_shelf::<Toy<$n>>(s.name, "a toy"),
                          $n if s.safe => parts.with_safe::<Toy<$n>>(s.name, "a toy", SAFE),
                          $n => parts.with::<Toy<$n>>(s.name, "a toy"),)*
                        _ => unreachable!(),
                    }
                };
            }
            parts = add!(0 1 2 3 4 5);
        }
        parts
    }
    pub async fn try_boot(&self) -> Result<Session, Box<BootFailure>> {
        let sources = Sources {
            data_folder: self.folder.path().to_path_buf(),
            flags: self.flags.clone(),
            ..Sources::default()
        };
        let boot = Boot {
            parts: self.parts(),
            sources,
            safe: self.safe,
            version: "0.0.1",
            clock: self.clock.clone(),
            runtime: tokio::runtime::Handle::current(),
            install_telemetry: false,
            tell: Arc::new(|_| ()),
        };
        boot.run().await
    }
    pub async fn boot(&self) -> Session {
        self.try_boot().await.unwrap_or_else(|f| panic!("{:?}\n{:?}", f.fault, f.report))
    }
    /// A boot that must not succeed.
    pub async fn fails(&self) -> Box<BootFailure> {
        self.try_boot().await.err().expect("the boot fails")
    }
    /// All that the stages of a boot said, a line each.
    pub fn said(report: &mag_mobo::BootReport) -> String {
        let lines = report.stages.iter().flat_map(|s| &s.lines);
        lines.map(|l| l.text.clone()).collect::<Vec<_>>().join("\n")
    }
}

/// A safe boot may know no other settings, so these name the only test that uses them.
const SAFE: &[&str] = &["store.test=safe", "store.version=7"];

/// Every test ends here: whatever it did, the table of lives was kept.
pub async fn down(session: &Session) -> mag_mobo::ShutdownReport {
    session.bus().settled().await;
    let told = session.bus().history();
    let errors: Vec<_> =
        told.iter().filter(|t| t.name() == "system.error").map(|t| t.to_json()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    session.shutdown(&Ending::Shutdown("the test is over".into())).await
}

pub fn record(session: &Session, part: &str) -> PartRecord {
    session.board().part(&PartId::new(part)).unwrap()
}

/// Tells when it is dropped, with whatever holds it.
pub struct Dropped(pub Arc<std::sync::atomic::AtomicU32>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}

/// Longer than any machine takes; only a broken board waits so long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What holds a thread until the test lets go of the other end: it is slow at any pace of the machine.
#[derive(Clone)]
pub struct Hold(Arc<Mutex<std::sync::mpsc::Receiver<()>>>);

impl Hold {
    /// The end that is let go of, also by a test that fails, and the one that holds.
    pub fn new() -> (std::sync::mpsc::SyncSender<()>, Self) {
        let (end, held) = std::sync::mpsc::sync_channel(0);
        (end, Self(Arc::new(Mutex::new(held))))
    }
    pub fn hold(&self) {
        let _ = self.0.lock().unwrap().recv();
    }
}

pub async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

pub async fn state(session: &Session, part: &str, wanted: State) {
    let what = format!("{part} becomes {wanted:?}");
    until(&what, || (record(session, part).state == wanted).then_some(())).await;
}

pub fn order(name: &str, input: Json) -> Order {
    Order {
        name: name.to_owned(),
        input,
        actor: Actor::owner("ada"),
        door: "test",
        from: None,
        trace_id: None,
        preview: false,
        consent: Consent::None,
    }
}

pub async fn answer(running: Running) -> Result<Json, Fault> {
    let Running { steps: _steps, answer, cancel: _cancel } = running;
    tokio::time::timeout(PATIENCE, answer).await.expect("an answer comes").unwrap()
}

pub async fn call(session: &Session, name: &str, input: Json) -> Result<Json, Fault> {
    answer(session.desk().call(order(name, input))).await
}

/// The durable facts of one topic, as `events:replay` shows them.
pub async fn facts(session: &Session, topic: &str) -> Vec<Json> {
    let input = serde_json::json!({ "topic": topic, "limit": 10_000 });
    let replayed = call(session, "events:replay", input).await.unwrap();
    replayed["events"].as_array().unwrap().iter().map(|e| e["fact"].clone()).collect()
}

/// Waits until so many facts of the topic are kept.
pub async fn facts_when(session: &Session, topic: &str, count: usize) -> Vec<Json> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let found = facts(session, topic).await;
        if found.len() >= count {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "{count} facts `{topic}`: {found:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
