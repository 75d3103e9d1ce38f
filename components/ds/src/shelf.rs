//! All projects with their sources, as they are now: the port that doors look projects up in, and
//! the one place where the set of projects and sources changes. Lookups read a snapshot; changes go
//! to project zero first, one at a time, and then into the next snapshot.

use crate::book::{Origin, ProjectRow, SourceRow};
use crate::engines::{self, Cards};
use crate::keeper;
use crate::outline::Outline;
use crate::seal::Seal;
use crate::settings::Settings;
use crate::source::{Live, Standing};
use crate::zero::{self, Home, Zero};
use arc_swap::ArcSwap;
use mag_contract::{Bus, Clock, Fault, Health, Lifeline, codes};
use mag_ports::project::ProjectRef;
use mag_ports::settings::ProjectSettings;
use mag_ports::{Project, Source, Store};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

pub(crate) struct Shelf {
    settings: Settings,
    data_folder: PathBuf,
    pub(crate) bus: Bus,
    pub(crate) clock: Clock,
    pub(crate) cards: Cards,
    home: Home,
    now: ArcSwap<Snapshot>,
    changing: Mutex<()>,
    line: OnceLock<Lifeline>,
}

#[derive(Default)]
pub(crate) struct Snapshot {
    zero: Option<Arc<Project>>,
    projects: BTreeMap<String, Held>,
    hosts: HashMap<String, String>,
    default: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) row: ProjectRow,
    pub(crate) project: Arc<Project>,
    /// In the order of the project.
    pub(crate) sources: Vec<Arc<Live>>,
}

/// Who uses a source may go on with what he has begun; so long it is waited for.
const LET_GO_WITHIN: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

impl Shelf {
    pub(crate) fn new(
        settings: Settings,
        data_folder: &Path,
        bus: Bus,
        clock: Clock,
        cards: Cards,
    ) -> Self {
        Self {
            settings,
            data_folder: data_folder.to_owned(),
            bus,
            clock,
            cards,
            home: Home::default(),
            now: ArcSwap::default(),
            changing: Mutex::new(()),
            line: OnceLock::new(),
        }
    }

    pub(crate) fn data_folder(&self) -> &Path {
        &self.data_folder
    }
    pub(crate) fn health_every(&self) -> Duration {
        Duration::from_millis(self.settings.health_every_ms)
    }
    pub(crate) fn health_within(&self) -> Duration {
        Duration::from_millis(self.settings.health_within_ms)
    }
    pub(crate) fn zero(&self) -> Result<Arc<Zero>, Fault> {
        self.home.zero().ok_or_else(not_open)
    }

    /// Project zero: its file is made at the first boot, and brought up to date at each.
    pub(crate) async fn open_zero(&self) -> Result<(), Fault> {
        if self.home.zero().is_some() {
            return Ok(());
        }
        let file = self.data_folder.join(zero::FILE);
        let seal = Seal::in_folder(&self.data_folder, !file.exists())?;
        let row = SourceRow {
            id: Uuid::nil(),
            project: Uuid::nil(),
            name: zero::REFERENCE.to_owned(),
            engine: engines::embedded().name.to_owned(),
            origin: Origin::File,
            place: zero::FILE.to_owned(),
            sealed: None,
            managed: true,
            writable: true,
            primary: true,
            connections_max: None,
            slow_ms: None,
            outline: Outline::default(),
            created_at: String::new(),
            created_by: String::new(),
        };
        let source = Arc::new(self.live(row, &Arc::from(zero::REFERENCE))?);
        source.open(&self.cards, None, &self.data_folder, true).await?;
        source.standing.store(Arc::new(Standing::Connected));
        let zero = Arc::new(Zero::new(source, seal, self.clock.clone()).await?);
        self.home.set(Some(zero));
        self.reload().await
    }

    /// From here on sources are kept: opened, watched, brought back. Resolves when each was tried
    /// once, so that a board that is ready has its data at hand.
    pub(crate) async fn keep(self: &Arc<Self>, line: Lifeline, within: Duration) {
        let _ = self.line.set(line);
        let sources = self.sources();
        for source in &sources {
            self.begin_keeping(source);
        }
        keeper::tried(&sources, within).await;
        self.tell_health();
    }

    pub(crate) fn begin_keeping(self: &Arc<Self>, source: &Arc<Live>) {
        if let Some(line) = self.line.get()
            && source.claim()
        {
            keeper::begin(line, self, source);
        }
    }

    fn live(&self, row: SourceRow, project: &Arc<str>) -> Result<Live, Fault> {
        let kind = engines::named(&row.engine)?;
        Ok(Live::new(row, project, kind, &self.settings, self.home.clone(), &self.bus))
    }

    /// A source that is not yet one: to be opened before anybody is told of it.
    pub(crate) fn draft(&self, row: SourceRow, project: &str) -> Result<Arc<Live>, Fault> {
        Ok(Arc::new(self.live(row, &Arc::from(project))?))
    }

    pub(crate) async fn open(&self, source: &Live, new: bool) -> Result<(), Fault> {
        let zero = self.home.zero();
        let seal = zero.as_ref().map(|zero| &zero.seal);
        source.open(&self.cards, seal, &self.data_folder, new).await
    }

    /// Changes come one at a time; whoever holds this may read, decide and write.
    pub(crate) async fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().await
    }

    /// Reads project zero anew. A source whose place and terms are the same stays the same object.
    pub(crate) async fn reload(&self) -> Result<(), Fault> {
        let gone = self.load(Vec::new()).await?;
        gone.iter().for_each(|source| source.end());
        Ok(())
    }

    /// The same, with sources that are open already and sources that go; gives those that went.
    pub(crate) async fn load(&self, opened: Vec<Arc<Live>>) -> Result<Vec<Arc<Live>>, Fault> {
        let zero = self.zero()?;
        let (projects, mut rows) = (zero.projects().await?, zero.sources().await?);
        // The primary one first, the others as they came.
        rows.sort_by(|a, b| {
            b.primary
                .cmp(&a.primary)
                .then_with(|| (&a.created_at, &a.name).cmp(&(&b.created_at, &b.name)))
        });
        let before = self.now.load_full();
        let mut known: HashMap<Uuid, Arc<Live>> =
            before.live().map(|source| (source.row.id, source.clone())).collect();
        let mut gone = Vec::new();
        for source in opened {
            gone.extend(known.insert(source.row.id, source));
        }
        let mut next = Snapshot { zero: Some(zero_project(&zero)), ..Snapshot::default() };
        for project in projects {
            let reference: Arc<str> = Arc::from(project.reference.as_str());
            let mut sources = Vec::new();
            for row in rows.iter().filter(|row| row.project == project.id) {
                let source = match known.remove(&row.id) {
                    Some(source) if source.row.same_terms(row) => source,
                    other => {
                        gone.extend(other);
                        Arc::new(self.live(row.clone(), &reference)?)
                    }
                };
                source.set_primary(sources.is_empty());
                sources.push(source);
            }
            next.add(project, reference, sources);
        }
        gone.extend(known.into_values());
        self.now.store(Arc::new(next));
        Ok(gone)
    }

    pub(crate) fn projects_now(&self) -> Vec<Held> {
        self.now.load().projects.values().cloned().collect()
    }
    pub(crate) fn sources(&self) -> Vec<Arc<Live>> {
        self.now.load().live().cloned().collect()
    }
    /// The default project when no name is given.
    pub(crate) fn held(&self, project: Option<&str>) -> Result<Held, Fault> {
        let now = self.now.load();
        let reference = match project {
            Some(reference) => reference.to_owned(),
            None => now.default_reference()?.to_owned(),
        };
        now.projects.get(&reference).cloned().ok_or_else(|| now.no_project(&reference))
    }
    /// The primary source when no name is given.
    pub(crate) fn source(
        &self,
        project: Option<&str>,
        name: Option<&str>,
    ) -> Result<(Held, Arc<Live>), Fault> {
        let held = self.held(project)?;
        let wanted = held.project.source(name)?.name().to_owned();
        let live = held.sources.iter().find(|source| source.row.name == wanted).cloned();
        let live = live.ok_or_else(|| Fault::new(codes::BUG, "a source is listed and not held"))?;
        Ok((held, live))
    }

    /// How all sources are, told to the board.
    pub(crate) fn tell_health(&self) {
        let Some(line) = self.line.get() else { return };
        let unreachable: Vec<String> = self
            .sources()
            .iter()
            .filter_map(|source| match &**source.standing.load() {
                Standing::Unreachable { why, .. } => {
                    Some(format!("{}/{}: {}", source.project, source.row.name, why.message()))
                }
                Standing::Opening | Standing::Connected => None,
            })
            .collect();
        line.health(match (self.home.zero(), unreachable.as_slice()) {
            (None, _) => Health::Bad("project zero is not open".to_owned()),
            (Some(_), []) => Health::Good,
            (Some(_), gone) => Health::Degraded(gone.join("; ")),
        });
    }

    /// Ends a source and waits until nobody uses it; `false` when somebody still does.
    pub(crate) async fn let_go(source: Arc<Live>) -> bool {
        source.end();
        let began = Instant::now();
        while Arc::strong_count(&source) > 1 {
            if began.elapsed() >= LET_GO_WITHIN {
                return false;
            }
            sleep(LOOK_AGAIN).await;
        }
        let whole = Arc::into_inner(source).and_then(|live| live.database.into_inner());
        if let Some(database) = whole {
            database.close().await;
        }
        true
    }

    /// Everything goes, in order: files are brought home while there is time.
    pub(crate) async fn close(&self, within: Duration) {
        let before = self.now.swap(Arc::default());
        let sources: Vec<Arc<Live>> = before.live().cloned().collect();
        drop(before);
        let zero = self.home.zero();
        self.home.set(None);
        let ending = async {
            let all = sources.into_iter().map(Self::let_go);
            futures::future::join_all(all).await;
            if let Some(zero) = zero.and_then(Arc::into_inner) {
                Self::let_go(zero.source).await;
            }
        };
        let _ = tokio::time::timeout(within, ending).await;
    }

    pub(crate) async fn probe(&self) -> Result<(), Fault> {
        use mag_adapter::Engine;
        Ok(self.zero()?.source.database.ping().await?)
    }
}

fn not_open() -> Fault {
    Fault::new(codes::UNPLUGGED, "project zero is not open, so there are no projects")
        .hint("is the part `sqlite` plugged in? `mobo list` shows it")
}

fn zero_project(zero: &Zero) -> Arc<Project> {
    Arc::new(Project {
        id: Uuid::nil(),
        reference: Arc::from(zero::REFERENCE),
        name: Arc::from("project zero"),
        hosts: Vec::new(),
        sources: vec![zero.source.clone() as Arc<dyn Source>],
        settings: Arc::new(ProjectSettings::default()),
    })
}

impl SourceRow {
    /// Whether a change between the two needs another connection.
    fn same_terms(&self, other: &Self) -> bool {
        let terms = |row: &Self| {
            let place = (row.engine.clone(), row.origin, row.place.clone(), row.sealed.clone());
            let limits = (row.managed, row.writable, row.connections_max, row.slow_ms);
            (row.name.clone(), place, limits)
        };
        terms(self) == terms(other)
    }
}

impl Snapshot {
    fn live(&self) -> impl Iterator<Item = &Arc<Live>> {
        self.projects.values().flat_map(|held| &held.sources)
    }

    fn add(&mut self, row: ProjectRow, reference: Arc<str>, sources: Vec<Arc<Live>>) {
        let project = Arc::new(Project {
            id: row.id,
            reference,
            name: Arc::from(row.name.as_str()),
            hosts: row.hosts.clone(),
            sources: sources.iter().map(|source| source.clone() as Arc<dyn Source>).collect(),
            settings: Arc::new(row.settings.clone()),
        });
        for host in &row.hosts {
            self.hosts.insert(host.clone(), row.reference.clone());
        }
        if row.default {
            self.default = Some(row.reference.clone());
        }
        self.projects.insert(row.reference.clone(), Held { row, project, sources });
    }

    /// The one that is said to be it, or the only one there is.
    fn default_reference(&self) -> Result<&str, Fault> {
        let only = if self.projects.len() == 1 { self.projects.keys().next() } else { None };
        self.default.as_ref().or(only).map(String::as_str).ok_or_else(|| {
            if self.zero.is_none() {
                return not_open();
            }
            Fault::new(codes::NO_PROJECT, "no project is the default one").hint(
                "name one, as in `/p/shop/...`, or make one the default: `mobo project:set shop default true`",
            )
        })
    }

    fn no_project(&self, reference: &str) -> Fault {
        if self.zero.is_none() {
            return not_open();
        }
        let shown: String = reference.chars().take(80).collect();
        Fault::new(codes::NO_PROJECT, format!("there is no project `{shown}`"))
            .hint("`mobo project:list` shows the projects there are")
            .nearest(&shown, self.projects.keys().map(String::as_str))
    }
}

impl Store for Shelf {
    fn project(&self, which: ProjectRef<'_>) -> Result<Arc<Project>, Fault> {
        let now = self.now.load();
        let reference = match which {
            ProjectRef::Default => now.default_reference()?,
            ProjectRef::Reference(reference) => reference,
            ProjectRef::Host(host) => match now.hosts.get(&bare_host(host)) {
                Some(reference) => reference,
                None => now.default_reference()?,
            },
        };
        match now.projects.get(reference) {
            Some(held) => Ok(held.project.clone()),
            None => Err(now.no_project(reference)),
        }
    }
    fn projects(&self) -> Vec<Arc<Project>> {
        self.now.load().projects.values().map(|held| held.project.clone()).collect()
    }
    fn zero(&self) -> Result<Arc<Project>, Fault> {
        self.now.load().zero.clone().ok_or_else(not_open)
    }
}

/// `Shop.Example.com:8000` is `shop.example.com`.
pub(crate) fn bare_host(host: &str) -> String {
    let bare = match host.rsplit_once(':') {
        Some((bare, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !bare.ends_with(':') => {
            bare
        }
        _ => host,
    };
    bare.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::bare_host;

    #[test]
    fn a_host_is_known_without_its_port_and_in_any_case() {
        for (host, bare) in [
            ("shop.example.com", "shop.example.com"),
            ("Shop.Example.COM:8000", "shop.example.com"),
            ("shop.example.com.", "shop.example.com"),
            ("[::1]:8000", "[::1]"),
            ("[::1]", "[::1]"),
        ] {
            assert_eq!(bare_host(host), bare);
        }
    }
}
