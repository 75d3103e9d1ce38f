//! `mobo boot`: the process becomes the board. The kernel has a thread of its own, the parts have
//! another set of threads, so that a part that blocks never keeps the kernel from saying so.

mod detach;
mod limits;
mod link;
pub(crate) mod stages;
mod systemd;
mod vigil;
mod voice;

use crate::grammar;
use crate::options::Options;
use crate::run_folder::{self, Ready};
use crate::trouble::{Done, Trouble, io};
use clap::{Arg, ArgAction, Command};
use mag_contract::Clock;
use mag_mobo::{Boot, BootFailure, Ending, FILE, Parts, Sources};
use std::path::Path;
use std::sync::Arc;
use voice::Voice;

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Parts wait for disks and networks; fewer threads than this would let two that block stop all. More
/// would get into each other's way on a small machine.
const WORKERS_MIN: usize = 3;

pub(crate) fn command() -> Command {
    Command::new("boot")
        .about("Boots the board and stays until it is stopped")
        .disable_help_flag(true)
        .no_binary_name(true)
        .arg(
            Arg::new("detach")
                .long("detach")
                .action(ArgAction::SetTrue)
                .help("Boot in the background; come back when the board is ready or has failed"),
        )
        .arg(
            Arg::new("safe")
                .long("safe")
                .action(ArgAction::SetTrue)
                .help("Kernel, command line and doctor alone, whatever the settings say"),
        )
        .arg(
            Arg::new("set")
                .long("set")
                .value_name("NAME=VALUE")
                .action(ArgAction::Append)
                .help("A setting for this run, above file and environment; may be given again"),
        )
        .arg(
            Arg::new("log")
                .long("log")
                .value_name("FORM")
                .value_parser(["human", "json"])
                .help("Also show the log on the console"),
        )
        .arg(Arg::new("detached").long("detached").hide(true).action(ArgAction::SetTrue))
}

/// What was asked for.
struct Wish {
    safe: bool,
    detached: bool,
    sources: Sources,
    /// The log itself is on the console, so facts need not be told there.
    logs: bool,
}

pub(crate) fn boot(parts: &Parts, options: &Options, words: &[String]) -> Done {
    let matches = command().try_get_matches_from(words).map_err(|e| {
        let flags =
            command().get_arguments().filter_map(Arg::get_long).map(|l| format!("--{l}")).collect();
        grammar::complaint("boot", flags, &e)
    })?;
    if matches.get_flag("detach") {
        return detach::boot(options, words);
    }
    let data = options.folder();
    let mut flags: Vec<String> = matches.get_many("set").into_iter().flatten().cloned().collect();
    let log = matches.get_one::<String>("log");
    if let Some(form) = log {
        flags.splice(0..0, [format!("log.format={form}"), "log.console=true".to_owned()]);
    }
    let detached = matches.get_flag("detached");
    if detached {
        // A session of its own: the terminal that started it may close.
        let _ = rustix::process::setsid();
    }
    let variables = environment();
    let logs = log.is_some() || says_console(&data, &variables, &flags);
    let sources = Sources { data_folder: data, variables, flags, quiet_console: !logs };
    let wish = Wish { safe: matches.get_flag("safe"), detached, sources, logs };
    run(parts, options, wish)
}

fn environment() -> Vec<(String, String)> {
    let text = |s: std::ffi::OsString| s.into_string().ok();
    std::env::vars_os().filter_map(|(k, v)| Some((text(k)?, text(v)?))).collect()
}

/// Whether somebody has decided about log lines on the console. Otherwise the board speaks there
/// in its own, shorter way.
fn says_console(data: &Path, variables: &[(String, String)], flags: &[String]) -> bool {
    let name = mag_settings::env_name("log.console");
    let in_file = || {
        let text = std::fs::read_to_string(data.join(FILE)).ok()?;
        let table: toml::Table = text.parse().ok()?;
        table.get("log")?.as_table()?.get("console").cloned()
    };
    flags.iter().any(|f| f.trim_start().starts_with("log.console"))
        || variables.iter().any(|(n, _)| *n == name)
        || in_file().is_some()
}

fn run(parts: &Parts, options: &Options, wish: Wish) -> Done {
    let runtime = |e| io("the machine gives no threads", e);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let crew = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.max(WORKERS_MIN))
        .thread_name("parts")
        .enable_all()
        .build()
        .map_err(runtime)?;
    let own =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(runtime)?;
    let program = std::env::current_exe();
    let voice = Voice::new(options.screen(), wish.detached, wish.logs);
    let ended = own.block_on(live(parts, wish, crew.handle().clone(), &voice));
    crew.shutdown_background();
    drop(own);
    match ended {
        Ok(Ending::Restart) => Err(again(program)),
        Ok(Ending::Shutdown(_)) => Ok(()),
        Ok(Ending::Lost(_)) => Err(Trouble::Said(crate::exit::FAILED)),
        Err(trouble) => {
            voice.failed(&trouble);
            Err(Trouble::Said(trouble.code()))
        }
    }
}

/// The same process, from the start: also the way to take up a new binary.
fn again(program: std::io::Result<std::path::PathBuf>) -> Trouble {
    use std::os::unix::process::CommandExt;
    let program = match program {
        Ok(program) => program,
        Err(e) => return io("the binary of this process cannot be found", e).into(),
    };
    let mut words = std::env::args_os();
    let mut command = std::process::Command::new(program);
    if let Some(name) = words.next() {
        command.arg0(name);
    }
    io("the board cannot be started again", command.args(words).exec()).into()
}

async fn live(
    parts: &Parts,
    wish: Wish,
    crew: tokio::runtime::Handle,
    voice: &Voice,
) -> Done<Ending> {
    limits::raise();
    let mut signals = vigil::Signals::listen()?;
    let clock = Clock::machine();
    let (data, started_at) = (wish.sources.data_folder.clone(), clock.now());
    let fresh = !data.join(FILE).exists();
    let settings = vigil::stamp(&data.join(FILE));
    crate::init::make_private(&data).ok();
    voice.begins(&data);
    let teller = voice.clone();
    let boot = Boot {
        parts: parts.clone(),
        sources: wish.sources,
        safe: wish.safe,
        version: VERSION,
        clock,
        runtime: crew,
        install_telemetry: true,
        tell: Arc::new(move |stage| teller.stage(&stages::as_json(stage))),
    };
    let session = match Box::pin(boot.run()).await {
        Ok(session) => session,
        Err(failure) => {
            let BootFailure { fault, .. } = *failure;
            return Err(fault.into());
        }
    };
    if let Some(report) = session.report() {
        let ready = Ready { urls: &report.urls, version: VERSION, boot: report.boot, started_at };
        run_folder::say_ready(&data, &ready);
        let link = match voice.is_heard_by_a_person() && !wish.safe {
            true => link::make(&session, report).await,
            false => None,
        };
        voice.ready(report, fresh, wish.safe, link.as_deref());
    }
    systemd::tell("READY=1");
    let ending = vigil::keep(&session, &mut signals, voice, settings).await;
    systemd::tell("STOPPING=1");
    voice.stopping(&ending);
    let down = session.shutdown(&ending);
    let report = tokio::select! {
        report = down => report,
        () = signals.stop() => {
            run_folder::forget_ready(&data);
            return Err(Trouble::Said(crate::exit::INTERRUPTED));
        }
    };
    run_folder::say_down(&data, session.boot_number(), &report);
    run_folder::forget_ready(&data);
    voice.down(&report);
    Ok(ending)
}
