//! The boot, in six stages, each with its time and what it found. Whatever can be survived is
//! survived and told; what cannot ends the boot with all its reasons.

use crate::archive::{Archive, AuditLog};
use crate::board::{Board, Started};
use crate::config::{Config, Sources};
use crate::desk::BoardDesk;
use crate::facts::{SystemBoot, SystemReady};
use crate::keep::Keep;
use crate::kernel::{Kernel, StateOf};
use crate::lock::FolderLock;
use crate::monitor::Monitor;
use crate::parts::Parts;
use crate::registry::Registry;
use crate::session::{Made, Session};
use crate::settings::{HealthSettings, JournalSettings};
use crate::stages::{BootReport, Line, Mark, Stages};
use crate::workers::Workers;
use mag_contract::bus::Bus;
use mag_contract::socket::Backplane;
use mag_contract::{Clock, Fault, Standing, codes};
use mag_telemetry::{Setup, Telemetry};
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// What a process hands to the boot.
pub struct Boot {
    pub parts: Parts,
    pub sources: Sources,
    /// Kernel, command line and doctor alone.
    pub safe: bool,
    pub version: &'static str,
    pub clock: Clock,
    /// Where parts run.
    pub runtime: Handle,
    /// Whether the whole process logs here; a test with several boards says no.
    pub install_telemetry: bool,
    /// Hears every stage when it is over.
    pub tell: Arc<dyn Fn(&crate::stages::Stage) + Send + Sync>,
}

/// A boot that could not go on.
#[derive(Debug)]
pub struct BootFailure {
    pub fault: Fault,
    pub report: BootReport,
}

impl Boot {
    pub async fn run(self) -> Result<Session, Box<BootFailure>> {
        let mut stages = Stages::new(self.version, &self.sources.data_folder, self.tell.clone());
        match self.go(&mut stages).await {
            Ok(session) => Ok(session),
            Err(fault) => {
                tracing::error!(part = "board", code = %fault.code(), "the boot failed: {}", fault.chain());
                Err(Box::new(BootFailure { fault, report: stages.failed() }))
            }
        }
    }

    async fn go(self, stages: &mut Stages) -> Result<Session, Fault> {
        stages.begin("pre-boot");
        let lock = FolderLock::take(&self.sources.data_folder)?;
        stages.line(Mark::Good, format!("data folder {}", self.sources.data_folder.display()));
        let config = self.settings(stages)?;
        let telemetry = self.logger(&config, stages)?;

        stages.begin("kernel");
        let bus = Bus::new(self.clock.clone());
        let journal_settings: JournalSettings = config.section("journal")?;
        let keep =
            Keep::open(&self.sources.data_folder, &journal_settings, self.clock.clone()).await?;
        keep.tell(stages);
        let archive = Arc::new(Archive {
            journal: keep.journal.clone(),
            state: keep.of(&mag_contract::PartId::board()),
        });
        let own = Handle::current();
        own.spawn(bus.keep_in(archive));
        let (board_settings, health_settings) =
            (config.board()?, config.section::<HealthSettings>("health")?);
        let jobs_settings = config.section("jobs")?;
        let boot = keep.begin_boot(self.version).await?;
        bus.publish(SystemBoot { version: self.version.to_owned(), boot });
        let calls_max = board_settings.calls_max;
        let (board_line, board_settings) = watch::channel(board_settings);
        let (health_line, health_settings) = watch::channel(health_settings);
        let registry = Registry::default();
        let desk = Arc::new(BoardDesk::new(bus.clone(), self.runtime.clone(), calls_max));
        desk.audited_by(Arc::new(AuditLog(keep.audit.clone())));
        let backplane = Backplane::default();
        desk.warded_by(backplane.jack());
        let monitor =
            Monitor::new(registry.clone(), bus.clone(), self.runtime.clone(), health_settings);
        let workers = Arc::new(Workers::new(keep.state.clone(), bus.clone(), self.runtime.clone()));
        let kernel = Arc::new(Kernel {
            bus: bus.clone(),
            backplane,
            listeners: Arc::new(crate::listeners::Held::in_folder(&self.sources.data_folder)),
            desk,
            workers: workers.clone(),
            queue: workers.clone(),
            registry,
            monitor: Arc::new(monitor),
            parts: self.runtime.clone(),
            data_folder: self.sources.data_folder.clone(),
            state: Arc::new(keep.clone()),
            board_settings,
            end: watch::channel(None).0,
            leaving: watch::channel(false).0,
        });
        let board = Board::new(kernel.clone(), own.clone());
        stages.line(Mark::Good, "bus, registry and health monitor are up");

        stages.begin("self-test");
        let plan = match self.fit(&board, &config, stages).await {
            Ok(plan) => plan,
            Err(fault) => {
                bus.settled().await;
                keep.close(boot, mag_state::HowEnded::Failed).await;
                return Err(fault);
            }
        };

        stages.begin("parts");
        let made = Made {
            board: board.clone(),
            config: config.clone(),
            keep: keep.clone(),
            telemetry,
            workers: workers.clone(),
            clock: self.clock.clone(),
            board_line,
            health_line,
            safe: self.safe,
            boot,
            version: self.version,
        };
        let session = Session::new(made, lock, jobs_settings);
        crate::operations::offer(&session);
        session.plug_vitals();
        own.spawn(kernel.monitor.clone().run());
        own.spawn(keep.clone().sweep_now_and_then(self.clock.clone()));
        let mut outcomes = board.start_all(&plan, |_| ()).await;
        // Told in the order of the plan: who was first to be ready changes from boot to boot.
        outcomes.sort_by_key(|s| plan.iter().position(|(part, _)| *part == s.part));
        for started in &outcomes {
            stages.line_of(started_line(started));
        }
        if plan.is_empty() {
            stages.line(Mark::Note, "no part is plugged in");
        }

        stages.begin("services");
        let lost =
            outcomes.iter().find(|s| s.outcome.is_err() && s.standing == Standing::Essential);
        if let Some(Started { part, outcome: Err(fault), .. }) = lost {
            let fault = Fault::new(
                codes::ESSENTIAL_LOST,
                format!("part `{part}` is essential and did not start: {}", fault.message()),
            )
            .hint(
                fault
                    .hint_text()
                    .unwrap_or("`mobo boot --safe` brings up the kernel alone")
                    .to_owned(),
            )
            .because(fault.clone());
            session.take_down(mag_state::HowEnded::Failed).await;
            return Err(fault);
        }
        for record in board.parts() {
            for address in &record.addresses {
                stages.line(Mark::Good, format!("{} answers at {address}", record.name));
            }
        }
        workers.start(session.jobs_settings());
        stages.line(Mark::Good, "background jobs and schedules");

        stages.begin("ready");
        let degraded = outcomes.iter().any(|s| s.outcome.is_err());
        let report = stages.ready(boot, degraded, urls(&board));
        bus.publish(SystemReady { took_ms: report.ready_ms, parts: outcomes.len(), degraded });
        session.ready(report);
        Ok(session)
    }

    /// In safe mode the board comes up whatever the settings say.
    fn settings(&self, stages: &mut Stages) -> Result<Config, Fault> {
        let mut sources = self.sources.clone();
        let safe_flags = self.parts.iter().filter_map(|p| p.in_safe_boot).flatten();
        let safe_flags: Vec<String> = safe_flags.map(|f| (*f).to_owned()).collect();
        if self.safe {
            sources.flags.extend(safe_flags.iter().cloned());
        }
        match Config::load(self.parts.clone(), sources.clone()) {
            Ok(config) => {
                let given = config
                    .values()
                    .iter()
                    .filter(|s| s.origin != mag_settings::Origin::Default)
                    .count();
                stages.line(Mark::Good, format!("settings: {given} given, the rest by default"));
                for warning in config.now().warnings() {
                    stages.line(Mark::Warn, warning.clone());
                }
                Ok(config)
            }
            Err(errors) if self.safe => {
                for error in &errors {
                    stages.line(Mark::Warn, error.to_string());
                }
                stages.line(Mark::Warn, "the settings are not used in this safe boot");
                let sources = Sources { flags: safe_flags, ..sources };
                Config::defaults(self.parts.clone(), sources).map_err(|e| mag_settings::fault(&e))
            }
            Err(errors) => {
                for error in &errors {
                    stages.line(Mark::Bad, error.to_string());
                }
                Err(mag_settings::fault(&errors))
            }
        }
    }

    fn logger(&self, config: &Config, stages: &mut Stages) -> Result<Telemetry, Fault> {
        let log = config.log()?;
        let level = log.level;
        let folder = self.sources.data_folder.join("logs");
        let mut setup = Setup::new(folder, log, self.clock.clone());
        setup.traces = config.section("traces")?;
        let telemetry = Telemetry::start(setup)?;
        if self.install_telemetry {
            telemetry.install()?;
        }
        if let Some(exporter) = telemetry.exporter() {
            self.runtime.spawn(exporter.run(std::future::pending()));
            stages.line(Mark::Good, "traces are sent to the collector of the settings");
        }
        stages.line(Mark::Good, format!("log: {level} and what matters more"));
        Ok(telemetry)
    }

    /// All that can be known before any part runs.
    async fn fit(
        &self,
        board: &Board,
        config: &Config,
        stages: &mut Stages,
    ) -> Result<crate::post::Plan, Fault> {
        self.machine(stages)?;
        self.seat(board, config, stages).await
    }

    fn machine(&self, stages: &mut Stages) -> Result<(), Fault> {
        let folder = &self.sources.data_folder;
        writable(folder)?;
        stages.line(Mark::Good, "the data folder can be written");
        Ok(())
    }

    async fn seat(
        &self,
        board: &Board,
        config: &Config,
        stages: &mut Stages,
    ) -> Result<crate::post::Plan, Fault> {
        let mut seats = vec![];
        for part in self.parts.iter() {
            let wanted =
                if self.safe { part.in_safe_boot.is_some() } else { config.is_plugged(part) };
            if wanted {
                let (settings, shown) = config.of_part(part)?;
                seats.push((part.kind.clone(), settings, shown));
            }
        }
        match board.seat(seats).await {
            Ok(plan) => {
                stages.line(Mark::Good, format!("{} fit together", counted(plan.len(), "part")));
                Ok(plan)
            }
            Err(seating) => {
                if let crate::board::Seating::Misfits(misfits) = &seating {
                    for misfit in misfits {
                        stages.line(Mark::Bad, misfit.to_string());
                    }
                }
                Err(seating.fault())
            }
        }
    }
}

fn started_line(started: &Started) -> Line {
    let Started { part, outcome, .. } = started;
    match outcome {
        Ok(took) => {
            Line { mark: Mark::Good, text: format!("{part} is running"), took: Some(*took) }
        }
        Err(fault) => {
            let text = format!("{part}: {} [{}]; it is tried again", fault.message(), fault.code());
            Line { mark: Mark::Bad, text, took: None }
        }
    }
}

fn urls(board: &Board) -> Vec<String> {
    board.parts().into_iter().flat_map(|p| p.addresses).collect()
}

pub(crate) fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Really writes: permissions lie on some file systems, and a full disk shows only so.
pub(crate) fn writable(folder: &Path) -> Result<(), Fault> {
    let path = folder.join("run").join("write.test");
    let written =
        std::fs::write(&path, b"a byte or two").and_then(|()| std::fs::remove_file(&path));
    written.map_err(|e| folder_fault(folder, e))
}

pub(crate) fn folder_fault(folder: &Path, e: std::io::Error) -> Fault {
    let shown = folder.display();
    match e.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            Fault::new(codes::DISK_FULL, format!("the disk of {shown} is full"))
                .hint("free some room, then boot again; nothing that was acknowledged is lost")
        }
        _ => Fault::new(codes::NOT_WRITABLE, format!("{shown} cannot be written"))
            .hint("give the user who runs `mobo` the right to write there, or choose another with `--data`"),
    }
    .because(e)
}
