//! A source while it is connected: its engine, its view, and how it is. One refresh at a time; who
//! reads the view takes a snapshot and never waits.

use crate::book::{Origin, SourceRow};
use crate::engines::{Cards, Engine as Kind};
use crate::metered::Metered;
use crate::outline::Outline;
use crate::rules;
use crate::seal::Seal;
use crate::settings::Settings;
use crate::slow::SlowLog;
use crate::zero::Home;
use arc_swap::{ArcSwap, ArcSwapOption};
use futures::future::BoxFuture;
use mag_adapter::{Bound, Engine};
use mag_base::Base;
use mag_contract::{Bus, Context, Fault, codes};
use mag_guard::{Guard, Ruleset};
use mag_model::catalog::Catalog;
use mag_ports::events::{MigrationApplied, RulesChanged, StructureChanged};
use mag_ports::{Connection, Database, Place, Source, View, track};
use mag_query::Rules;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, watch};

pub(crate) struct Live {
    pub(crate) row: SourceRow,
    pub(crate) project: Arc<str>,
    pub(crate) kind: &'static Kind,
    pub(crate) database: Metered,
    primary: AtomicBool,
    seen: ArcSwapOption<Seen>,
    pub(crate) standing: ArcSwap<Standing>,
    /// Holds those who refresh or keep rules apart.
    changing: Mutex<()>,
    home: Home,
    pub(crate) bus: Bus,
    ended: watch::Sender<bool>,
    /// Somebody keeps it already.
    kept: AtomicBool,
}

/// What was seen at the last look.
pub(crate) struct Seen {
    pub(crate) view: Arc<View>,
    /// As the engine told it, without what the rules add.
    read: Arc<Catalog>,
    rules: Arc<Ruleset>,
    native: Option<Ruleset>,
    pub(crate) outline: Outline,
}

/// How it is, for people.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    Opening,
    Connected,
    /// Since when, as milliseconds since 1970.
    Unreachable {
        why: Fault,
        since: i64,
    },
}

/// The note in which a database of ours carries its rules.
const RULES: &str = "rules";

impl Live {
    pub(crate) fn new(
        row: SourceRow,
        project: &Arc<str>,
        kind: &'static Kind,
        settings: &Settings,
        home: Home,
        bus: &Bus,
    ) -> Self {
        let context =
            Context { project_id: Some(row.project.to_string().into()), ..Context::default() };
        let bus = bus.within(context);
        let slow_ms = row.slow_ms.unwrap_or(settings.slow_ms);
        let kept = usize::try_from(settings.slow_kept).unwrap_or(usize::MAX);
        let slow = SlowLog::new(Duration::from_millis(slow_ms), kept);
        let name: Arc<str> = Arc::from(row.name.as_str());
        let database = Metered::new(project.clone(), name, kind, row.writable, slow, bus.clone());
        Self {
            primary: AtomicBool::new(row.primary),
            row,
            project: project.clone(),
            kind,
            database,
            seen: ArcSwapOption::empty(),
            standing: ArcSwap::from_pointee(Standing::Opening),
            changing: Mutex::new(()),
            home,
            bus,
            ended: watch::channel(false).0,
            kept: AtomicBool::new(false),
        }
    }

    /// Reaches the engine, brings a database of ours up to date, and looks at it for the first time.
    /// `new` is a file that may be made; one that was there before and is gone is an error.
    pub(crate) async fn open(
        &self,
        cards: &Cards,
        seal: Option<&Seal>,
        data_folder: &Path,
        new: bool,
    ) -> Result<(), Fault> {
        if !self.database.is_reached() {
            let connection = connection(&self.row, cards, seal, data_folder).await?;
            if let Place::File(file) = &connection.place
                && !new
                && !file.is_file()
            {
                return Err(file_gone(&self.row, file));
            }
            let opened = cards.driver(self.kind)?.open(connection).await?;
            if self.row.managed {
                self.bring_up(&*opened).await?;
            }
            self.database.reached(opened);
        }
        self.refresh_now().await.map(drop)
    }

    /// The base model and what goes with it. Nothing of it touches what an app has made.
    async fn bring_up(&self, database: &dyn Database) -> Result<(), Fault> {
        database.install_native().await?;
        let base = database.base();
        let done = track::bring_up(database, mag_base::TRACK, &base.migrations()?).await?;
        for label in done {
            self.tell_of_migration(mag_base::TRACK, &label);
        }
        Ok(())
    }

    pub(crate) fn tell_of_migration(&self, track: &str, label: &str) {
        let (version, name) = label.split_once('_').unwrap_or((label, ""));
        self.bus.publish(MigrationApplied {
            project: self.project.to_string(),
            source: self.row.name.clone(),
            track: track.to_owned(),
            version: version.to_owned(),
            name: name.to_owned(),
            direction: "up".to_owned(),
            took_ms: 0,
        });
    }

    /// Reads structure and rules anew.
    pub(crate) async fn refresh_now(&self) -> Result<Arc<View>, Fault> {
        let _alone = self.changing.lock().await;
        let before = self.seen.load_full();
        let known = before.as_ref().map_or(0, |seen| seen.view.catalog.version);
        let catalog = self.database.inspect(known).await?;
        // Of one change is told more than once: it is one version all the same.
        let catalog = match &before {
            Some(seen) if seen.read.is_same(&catalog) => seen.read.clone(),
            _ => catalog,
        };
        let native = self.database.rules().await?;
        let kept = self.kept().await?;
        let outline = Outline::of(&catalog);
        let view = self.put(catalog, native, &kept, outline.clone())?;
        let known = match &before {
            Some(seen) => seen.outline.clone(),
            // Nobody watched until now: what was noted the last time is what it is compared with.
            None => self.row.outline.clone(),
        };
        if known.is_known() || before.is_some() {
            self.tell_of_changes(&known.differences(&outline), view.catalog.version);
        }
        let noted = before.is_none() && self.row.outline == outline;
        let other = before.is_none_or(|seen| seen.outline != outline);
        if !self.row.managed
            && !noted
            && other
            && let Some(zero) = self.home.zero()
        {
            zero.keep_outline(self.row.id, &outline).await?;
        }
        Ok(view)
    }

    fn tell_of_changes(&self, changes: &[String], version: u64) {
        if changes.is_empty() {
            return;
        }
        if !self.row.managed {
            tracing::info!(
                project = %self.project, source = %self.row.name,
                "the structure of `{}` was changed by others: {}", self.row.name, changes.join(", ")
            );
        }
        self.bus.publish(StructureChanged {
            project: self.project.to_string(),
            source: self.row.name.clone(),
            managed: self.row.managed,
            version,
            changes: changes.to_vec(),
        });
    }

    fn put(
        &self,
        catalog: Arc<Catalog>,
        native: Option<Ruleset>,
        kept: &Ruleset,
        outline: Outline,
    ) -> Result<Arc<View>, Fault> {
        let read = catalog.clone();
        let (rules, who) = rules::in_force(native.clone(), kept, self.base())?;
        let guard = Guard::new(&rules, &catalog);
        if who == Rules::Compiled {
            for bad in guard.problems() {
                tracing::warn!(
                    project = %self.project, source = %self.row.name,
                    "policy `{}` on `{}` cannot be read, so the table is closed: {}",
                    bad.policy, bad.table, bad.problem
                );
            }
        }
        // Functions of the rules are part of it.
        let catalog = guard.catalog().clone();
        let view = Arc::new(View::new(catalog, Arc::new(guard), who).keeping(self.kind.base));
        let seen = Seen { view: view.clone(), read, rules: Arc::new(rules), native, outline };
        self.seen.store(Some(Arc::new(seen)));
        Ok(view)
    }

    /// The base, where the database has it.
    fn base(&self) -> Option<&'static Base> {
        self.row.managed.then_some(self.kind.base)
    }

    /// The rules that people have made and the engine does not hold.
    async fn kept(&self) -> Result<Ruleset, Fault> {
        if self.row.managed {
            match self.database.note(RULES).await {
                Ok(Some(text)) => return rules::read(&text),
                Ok(None) => return Ok(Ruleset::default()),
                Err(error) if error.code == codes::UNSUPPORTED_BY_ENGINE => {}
                Err(error) => return Err(error.into()),
            }
        }
        match self.home.zero() {
            Some(zero) => match zero.kept_rules(self.row.id).await? {
                Some(text) => rules::read(&text),
                None => Ok(Ruleset::default()),
            },
            None => Ok(Ruleset::default()),
        }
    }

    async fn keep(&self, kept: &Ruleset) -> Result<(), Fault> {
        let text = rules::write(kept)?;
        if self.row.managed {
            match self.database.keep_note(RULES, text.clone()).await {
                Ok(()) => return Ok(()),
                Err(error) if error.code == codes::UNSUPPORTED_BY_ENGINE => {}
                Err(error) => return Err(error.into()),
            }
        }
        let zero = self.home.zero().ok_or_else(|| {
            Fault::new(codes::UNPLUGGED, "project zero, where rules are kept, is not open")
        })?;
        zero.keep_rules(self.row.id, &text).await
    }

    pub(crate) fn seen(&self) -> Option<Arc<Seen>> {
        self.seen.load_full()
    }
    pub(crate) fn set_primary(&self, primary: bool) {
        self.primary.store(primary, Ordering::Relaxed);
    }
    /// True for the first who asks: a source has one keeper.
    pub(crate) fn claim(&self) -> bool {
        !self.kept.swap(true, Ordering::AcqRel)
    }
    /// Tells its keeper to leave.
    pub(crate) fn end(&self) {
        self.ended.send_replace(true);
    }
    pub(crate) fn ended(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }
}

fn file_gone(row: &SourceRow, file: &Path) -> Fault {
    Fault::new(codes::ENGINE_GONE, format!("the database file of source `{}` is gone", row.name))
        .details(file.display().to_string())
        .hint("bring the file back, or forget the source with `mobo source:detach`")
}

/// Where it is, with its secrets.
pub(crate) async fn connection(
    row: &SourceRow,
    cards: &Cards,
    seal: Option<&Seal>,
    data_folder: &Path,
) -> Result<Connection, Fault> {
    let mut connection = match row.origin {
        // A path of ours is below the data folder, so that the folder can be moved.
        Origin::File => Connection::existing(Place::File(data_folder.join(&row.place))),
        Origin::Cluster => cards.cluster()?.connection(&row.place).await?,
        Origin::Address => {
            let sealed = row.sealed.as_deref().zip(seal);
            let (sealed, seal) = sealed.ok_or_else(|| {
                Fault::new(codes::NO_SECRET, format!("source `{}` has no address", row.name))
            })?;
            let address = row.open_address(seal, sealed)?;
            let mut connection = Connection::existing(Place::Url(address.url));
            connection.replicas = address.replicas;
            connection.direct = address.direct;
            connection
        }
    };
    connection.managed = row.managed;
    connection.writable = row.writable;
    connection.connections_max = row.connections_max;
    Ok(connection)
}

impl Source for Live {
    fn name(&self) -> &str {
        &self.row.name
    }
    fn kind(&self) -> &str {
        self.kind.name
    }
    fn primary(&self) -> bool {
        self.primary.load(Ordering::Relaxed)
    }
    fn managed(&self) -> bool {
        self.row.managed
    }
    fn writable(&self) -> bool {
        self.row.writable
    }
    fn view(&self) -> Result<Arc<View>, Fault> {
        match &*self.seen.load() {
            Some(seen) => Ok(seen.view.clone()),
            None => Err(self.database.why()),
        }
    }
    fn refresh(&self) -> BoxFuture<'_, Result<Arc<View>, Fault>> {
        Box::pin(self.refresh_now())
    }
    fn rules(&self) -> Result<Arc<Ruleset>, Fault> {
        match &*self.seen.load() {
            Some(seen) => Ok(seen.rules.clone()),
            None => Err(self.database.why()),
        }
    }
    fn keep_rules(&self, rules: Ruleset) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            let _alone = self.changing.lock().await;
            let seen = self.seen.load_full().ok_or_else(|| self.database.why())?;
            let kept = rules::to_keep(rules, seen.view.rules, self.base())?;
            self.keep(&kept).await?;
            let (catalog, native) = (seen.read.clone(), seen.native.clone());
            self.put(catalog, native, &kept, seen.outline.clone())?;
            self.bus.publish(RulesChanged {
                project: self.project.to_string(),
                source: self.row.name.clone(),
            });
            Ok(())
        })
    }
    fn rules_statements(&self, rules: &Ruleset) -> Result<Option<Vec<Bound>>, Fault> {
        let seen = self.seen.load_full().ok_or_else(|| self.database.why())?;
        if !self.row.managed || seen.view.rules != Rules::Compiled {
            return Ok(None);
        }
        let kept = rules::to_keep(rules.clone(), Rules::Compiled, self.base())?;
        Ok(self.database.note_statements(RULES, &rules::write(&kept)?))
    }
    fn database(&self) -> &dyn Database {
        &self.database
    }
}
