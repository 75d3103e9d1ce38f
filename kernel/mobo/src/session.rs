//! A board that has booted: what the operations work on, how it reloads its settings, and how it
//! comes to its end.

use crate::board::Board;
use crate::config::Config;
use crate::facts::{ConfigChanged, SystemShutdown};
use crate::incarnation::DrainReport;
use crate::keep::Keep;
use crate::lock::FolderLock;
use crate::settings::{BoardSettings, HealthSettings, JobsSettings};
use crate::stages::BootReport;
use crate::workers::Workers;
use mag_contract::bus::Bus;
use mag_contract::operation::Desk;
use mag_contract::{Clock, Fault, OnChange, PartId, codes};
use mag_state::HowEnded;
use mag_telemetry::Telemetry;
use serde::Serialize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    made: Made,
    jobs_line: watch::Sender<JobsSettings>,
    report: OnceLock<BootReport>,
    since: Instant,
    reloads: tokio::sync::Mutex<()>,
    lock: Mutex<Option<FolderLock>>,
}

/// What the boot has made.
pub(crate) struct Made {
    pub(crate) board: Board,
    pub(crate) config: Config,
    pub(crate) keep: Keep,
    pub(crate) telemetry: Telemetry,
    pub(crate) workers: Arc<Workers>,
    pub(crate) clock: Clock,
    pub(crate) board_line: watch::Sender<BoardSettings>,
    pub(crate) health_line: watch::Sender<HealthSettings>,
    pub(crate) safe: bool,
    pub(crate) boot: i64,
    pub(crate) version: &'static str,
}

/// Why the board comes to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    Shutdown(String),
    /// Down and up again, as the same process.
    Restart,
    Lost(String),
}

/// How the board went down.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ShutdownReport {
    pub why: String,
    pub took_ms: u64,
    pub parts: Vec<(PartId, DrainReport)>,
}

/// What a reload did, by the names of settings.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct ReloadReport {
    /// In force now, or at the next start of a part that is down.
    pub live: Vec<String>,
    /// Parts that were swapped to take up their new settings.
    pub swapped: Vec<PartId>,
    /// In force after the next boot.
    pub needs_restart: Vec<String>,
    /// Parts that refused their new settings and go on with the old ones.
    pub refused: Vec<String>,
}

impl Session {
    pub(crate) fn new(made: Made, lock: FolderLock, jobs: JobsSettings) -> Self {
        Self(Arc::new(Inner {
            made,
            jobs_line: watch::channel(jobs).0,
            report: OnceLock::new(),
            since: Instant::now(),
            reloads: tokio::sync::Mutex::default(),
            lock: Mutex::new(Some(lock)),
        }))
    }

    pub fn board(&self) -> &Board {
        &self.0.made.board
    }
    pub fn bus(&self) -> &Bus {
        &self.0.made.board.kernel().bus
    }
    pub fn config(&self) -> &Config {
        &self.0.made.config
    }
    pub fn keep(&self) -> &Keep {
        &self.0.made.keep
    }
    pub fn telemetry(&self) -> &Telemetry {
        &self.0.made.telemetry
    }
    pub fn clock(&self) -> &Clock {
        &self.0.made.clock
    }
    pub fn desk(&self) -> Arc<dyn Desk> {
        self.board().kernel().desk.clone()
    }
    pub fn queue(&self) -> Arc<dyn mag_contract::job::Queue> {
        self.0.made.workers.clone()
    }
    pub fn version(&self) -> &'static str {
        self.0.made.version
    }
    pub fn is_safe(&self) -> bool {
        self.0.made.safe
    }
    pub fn boot_number(&self) -> i64 {
        self.0.made.boot
    }
    /// How the boot went; `None` while it is still under way.
    pub fn report(&self) -> Option<&BootReport> {
        self.0.report.get()
    }
    pub fn uptime(&self) -> Duration {
        self.0.since.elapsed()
    }
    pub(crate) fn jobs_settings(&self) -> watch::Receiver<JobsSettings> {
        self.0.jobs_line.subscribe()
    }
    pub(crate) fn shutdown_within(&self) -> Duration {
        self.0.made.board_line.borrow().shutdown_within.duration()
    }

    /// The boot is over: it is noted, and an essential loss from now on ends the board.
    pub(crate) fn ready(&self, report: BootReport) {
        let json = serde_json::to_value(&report).unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "a boot takes less than 2^52 ms")]
        let ready_ms = report.ready_ms as f64;
        let _ = self.0.report.set(report);
        let boots = self.keep().state.boots();
        let boot = self.boot_number();
        // Nobody waits for the note: the board is ready now.
        self.board().kernel().parts.spawn(async move {
            if let Err(fault) = boots.ready(boot, ready_ms, &json).await {
                tracing::warn!(part = "board", "the boot could not be noted: {}", fault.chain());
            }
        });
    }

    /// Asks for the end. The first reason counts.
    pub fn end(&self, ending: Ending) {
        self.board().kernel().end(ending);
    }
    pub fn ending(&self) -> Option<Ending> {
        self.board().kernel().end.borrow().clone()
    }

    /// Resolves when the board shall end, and why.
    pub async fn ended(&self) -> Ending {
        let mut end = self.board().kernel().end.subscribe();
        let asked = end.wait_for(Option::is_some).await;
        match asked {
            Ok(ending) => ending.clone().unwrap_or(Ending::Restart),
            Err(_) => Ending::Shutdown("the board was dropped".into()),
        }
    }

    /// Takes everything down in order and closes the files. Nothing works after it.
    pub async fn shutdown(&self, ending: &Ending) -> ShutdownReport {
        let began = Instant::now();
        let why = match ending {
            Ending::Shutdown(why) | Ending::Lost(why) => why.clone(),
            Ending::Restart => "restart".to_owned(),
        };
        self.end(ending.clone());
        let told = self.bus().publish_durably(SystemShutdown { why: why.clone() });
        // A disk that hangs shall not keep the board from going down.
        let _ = tokio::time::timeout(NOTE_WITHIN, told).await;
        self.0.made.workers.stop();
        let how = match ending {
            Ending::Lost(_) => HowEnded::Failed,
            Ending::Shutdown(_) | Ending::Restart => HowEnded::Clean,
        };
        let parts = self.take_down(how).await;
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(part = "board", "the board is down after {took_ms} ms: {why}");
        self.telemetry().flush();
        ShutdownReport { why, took_ms, parts }
    }

    /// Halts the parts, closes the files, and lets go of everything that holds this session: what
    /// the kernel itself has offered holds the kernel, and would keep it for ever.
    pub(crate) async fn take_down(&self, how: HowEnded) -> Vec<(PartId, DrainReport)> {
        let parts = self.board().halt(self.shutdown_within()).await;
        // What was told last reaches the disk as well.
        let _ = tokio::time::timeout(NOTE_WITHIN, self.bus().settled()).await;
        let _ = tokio::time::timeout(NOTE_WITHIN, self.keep().close(self.boot_number(), how)).await;
        let kernel = self.board().kernel();
        kernel.desk.close();
        self.unplug_vitals();
        drop(self.0.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
        parts
    }

    /// Reads all layers of the settings again and brings what changed into force: live where the
    /// owner picks it up, by a swap where not, at the next boot where nothing else helps. Wrong
    /// settings change nothing.
    pub async fn reload(&self) -> Result<ReloadReport, Fault> {
        let _one_at_a_time = self.0.reloads.lock().await;
        let config = self.config();
        let loaded = config.read_again().map_err(|errors| mag_settings::fault(&errors))?;
        let changes = config.now().diff(&loaded);
        let mut report = ReloadReport::default();
        if changes.is_empty() {
            return Ok(report);
        }
        config.accept(loaded);
        let mut sections: Vec<String> = changes.iter().map(|c| c.section.clone()).collect();
        sections.sort();
        sections.dedup();
        for section in sections {
            let keys: Vec<String> =
                changes.iter().filter(|c| c.section == section).map(|c| c.path.clone()).collect();
            let all_live = changes.iter().filter(|c| c.section == section).all(|c| c.live);
            if section == "parts" {
                let (done, open) = self.plugged_already(keys);
                report.live.extend(done);
                report.needs_restart.extend(open);
            } else if config.parts().get(&section).is_some() {
                self.reload_part(&PartId::new(&section), keys, &mut report).await;
            } else {
                self.reload_own(&section)?;
                if all_live { report.live.extend(keys) } else { report.needs_restart.extend(keys) }
            }
        }
        self.bus().publish(ConfigChanged {
            keys: changes.iter().map(|c| c.path.clone()).collect(),
            live: report.live.clone(),
            swapped: report.swapped.clone(),
            needs_restart: report.needs_restart.clone(),
        });
        Ok(report)
    }

    fn reload_own(&self, section: &str) -> Result<(), Fault> {
        let config = self.config();
        match section {
            "board" => drop(self.0.made.board_line.send_replace(config.board()?)),
            "health" => drop(self.0.made.health_line.send_replace(config.section("health")?)),
            "jobs" => drop(self.0.jobs_line.send_replace(config.section("jobs")?)),
            "log" => self.telemetry().apply(&config.log()?),
            _ => {}
        }
        Ok(())
    }

    async fn reload_part(&self, id: &PartId, keys: Vec<String>, report: &mut ReloadReport) {
        let (board, config) = (self.board(), self.config());
        // A part that is not plugged in takes its settings when it is.
        let Some((kind, old)) = board.seated(id).await else { return };
        let Some(part) = config.parts().get(id.as_str()) else { return };
        let outcome = async {
            let (new, shown) = config.of_part(part)?;
            match kind.on_change(&old, &new) {
                OnChange::Live | OnChange::Swap if board.reseat(id, &new, &shown).await? => {
                    report.live.extend(keys.iter().cloned());
                }
                OnChange::Live => {
                    board.tell_live(id, new, shown).await?;
                    report.live.extend(keys.iter().cloned());
                }
                OnChange::Swap => {
                    board.swap(id, new, shown).await?;
                    report.swapped.push(id.clone());
                }
                OnChange::Reboot => report.needs_restart.extend(keys.iter().cloned()),
            }
            Ok::<_, Fault>(())
        };
        if let Err(fault) = outcome.await {
            tracing::warn!(part = %id, "part `{id}` goes on with its old settings: {}", fault.chain());
            report.refused.push(format!("{}: {}", keys.join(", "), fault.message()));
        }
    }

    /// Plugs in a part that this binary has, now and for the boots to come.
    pub async fn plug(&self, name: &str) -> Result<Duration, Fault> {
        let part = self.shelf(name)?;
        let (settings, shown) = self.config().of_part(part)?;
        let took = self.board().plug(part.kind.clone(), settings, shown).await?;
        self.config().set(&format!("parts.{name}"), Some("true"))?;
        self.take_up_file().await;
        Ok(took)
    }
    /// Takes a part out, now and for the boots to come.
    pub async fn unplug(&self, name: &str, force: bool) -> Result<DrainReport, Fault> {
        self.shelf(name)?;
        let report = self.board().unplug(&PartId::new(name), force).await?;
        self.config().set(&format!("parts.{name}"), Some("false"))?;
        self.take_up_file().await;
        Ok(report)
    }
    /// The settings of now for one part, as a swap.
    pub(crate) async fn swap(&self, name: &str) -> Result<crate::supervisor::SwapReport, Fault> {
        let id = PartId::new(name);
        self.board().part(&id)?;
        let loaded = self.config().read_again().map_err(|errors| mag_settings::fault(&errors))?;
        let part = self.shelf(name)?;
        let settings = part.kind.read(&loaded, name).map_err(|e| mag_settings::fault(&e))?;
        self.board().swap(&id, settings, crate::config::shown(&loaded, name)).await
    }
    /// What was just written to the file by ourselves holds already. Whatever else somebody has
    /// changed there is brought into force with it, never just taken for known.
    async fn take_up_file(&self) {
        if let Err(fault) = self.reload().await {
            tracing::warn!(part = "board", "the settings are not reloaded: {}", fault.chain());
        }
    }
    /// Of the keys of the section `parts`: those that the board follows already, and the others.
    fn plugged_already(&self, keys: Vec<String>) -> (Vec<String>, Vec<String>) {
        let (config, seated) = (self.config(), self.board().parts());
        keys.into_iter().partition(|key| {
            let name = key.strip_prefix("parts.").unwrap_or(key);
            let Some(part) = config.parts().get(name) else { return false };
            config.is_plugged(part) == seated.iter().any(|p| p.name.as_str() == name)
        })
    }
    fn shelf(&self, name: &str) -> Result<&crate::parts::Part, Fault> {
        let parts = self.config().parts();
        parts.get(name).ok_or_else(|| {
            Fault::new(codes::NO_PART, format!("this binary has no part named `{name}`"))
                .hint("`mobo list --all` shows what can be plugged in")
                .nearest(name, parts.iter().map(|p| p.name))
        })
    }
}

/// How long the end of the board waits for a line about it to reach the disk.
const NOTE_WITHIN: Duration = Duration::from_secs(2);
