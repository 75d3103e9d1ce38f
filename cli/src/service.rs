//! `mobo service:install`: the board as a service of systemd. Everything that the unit allows is
//! named here; the rest of the machine is out of its reach.

use crate::options::Options;
use crate::screen::Tone;
use crate::trouble::{Done, io};
use crate::{consent, help};
use mag_contract::{Fault, codes, durable};
use mag_mobo::Parts;
use std::path::{Path, PathBuf};
use std::process::Command;

const UNIT: &str = "/etc/systemd/system/magflock.service";

pub(crate) fn install(_: &Parts, options: &Options, words: &[String]) -> Done {
    let (user, rest) = help::take_flag("service:install", "--user", words)?;
    help::no_words("service:install", &rest)?;
    let screen = options.screen();
    let program =
        std::env::current_exe().map_err(|e| io("the path of this binary is unknown", e))?;
    let data = std::path::absolute(options.folder())
        .map_err(|e| io("the data folder has no absolute path", e))?;
    let unit = unit(&program, &data, user.as_deref());
    if options.preview {
        screen.out(&unit);
        return Ok(());
    }
    agree(options, &format!("write {UNIT} and start it with the machine?"))?;
    durable::write(Path::new(UNIT), unit.as_bytes()).map_err(refused)?;
    systemctl(&["daemon-reload"])?;
    systemctl(&["enable", "magflock.service"])?;
    screen
        .say(&format!("{} {UNIT} is written; it starts with the machine", screen.mark(Tone::Good)));
    if let Some(alias) = second_name(&program) {
        screen.say(&format!(
            "{} {} is a second name of mobo",
            screen.mark(Tone::Good),
            alias.display()
        ));
    }
    screen.say("next: systemctl start magflock");
    Ok(())
}

pub(crate) fn uninstall(_: &Parts, options: &Options, words: &[String]) -> Done {
    help::no_words("service:uninstall", words)?;
    let screen = options.screen();
    if !Path::new(UNIT).exists() {
        return Err(Fault::new(codes::NO_SUCH_NAME, "the service is not installed").into());
    }
    if options.preview {
        screen
            .say(&format!("{UNIT} would be stopped, disabled and removed; the data folder stays"));
        return Ok(());
    }
    agree(options, &format!("stop the service and remove {UNIT}?"))?;
    systemctl(&["disable", "--now", "magflock.service"])?;
    durable::remove(Path::new(UNIT)).map_err(refused)?;
    systemctl(&["daemon-reload"])?;
    screen.say(&format!(
        "{} the service is gone; the data folder is untouched",
        screen.mark(Tone::Good)
    ));
    Ok(())
}

fn agree(options: &Options, question: &str) -> Done {
    if options.yes {
        return Ok(());
    }
    match consent::ask(&options.screen(), question) {
        Some(true) => Ok(()),
        Some(false) => Err(Fault::new(codes::NEEDS_CONSENT, "nothing was changed").into()),
        None => Err(Fault::new(codes::NEEDS_CONSENT, "this changes the machine and needs consent")
            .hint("look with `--preview`, then say `--yes`")
            .into()),
    }
}

fn refused(e: std::io::Error) -> Fault {
    Fault::new(codes::NOT_WRITABLE, format!("{UNIT} cannot be changed"))
        .hint("it takes the rights of root: `sudo mobo service:install`; `--preview` only shows the unit")
        .because(e)
}

fn systemctl(words: &[&str]) -> Done {
    let said = Command::new("systemctl").args(words).output().map_err(|e| {
        Fault::new(codes::IO, "systemctl cannot be run")
            .hint("is this a machine with systemd?")
            .because(e)
    })?;
    match said.status.success() {
        true => Ok(()),
        false => {
            let text = String::from_utf8_lossy(&said.stderr).trim().to_owned();
            let message = format!("`systemctl {}` failed", words.join(" "));
            Err(Fault::new(codes::IO, message).details(text).into())
        }
    }
}

/// `magcli` beside `mobo`, unless something is there already.
fn second_name(program: &Path) -> Option<PathBuf> {
    let alias = program.with_file_name("magcli");
    std::os::unix::fs::symlink(program.file_name()?, &alias).ok()?;
    Some(alias)
}

/// A path in a unit: `%` begins a specifier, blanks and quotes are for the shell-like reader.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string().replace('%', "%%");
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn unit(program: &Path, data: &Path, user: Option<&str>) -> String {
    let (program, folder) = (quoted(program), quoted(data));
    let user = user.map_or(String::new(), |user| format!("User={user}\n"));
    format!(
        "\
[Unit]
Description=MagFlock: one board, many engines
Documentation=man:mobo(1)
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=main
{user}ExecStart={program} boot --data {folder}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=2
# A drain takes as long as `board.shutdown_within` allows.
TimeoutStopSec=90
WatchdogSec=30
LimitNOFILE=65536
UMask=0077

# What it may touch: its data folder. Everything else can be read at most.
ReadWritePaths={folder}
ProtectSystem=strict
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
NoNewPrivileges=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
RestrictNamespaces=yes
LockPersonality=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_waits_for_ready_and_may_write_its_data_folder_alone() {
        let unit = unit(Path::new("/usr/bin/mobo"), Path::new("/srv/a b%"), Some("magflock"));
        for line in [
            "Type=notify",
            "User=magflock",
            "ExecStart=\"/usr/bin/mobo\" boot --data \"/srv/a b%%\"",
            "ReadWritePaths=\"/srv/a b%%\"",
            "ProtectSystem=strict",
            "NoNewPrivileges=yes",
            "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
        ] {
            assert!(unit.lines().any(|l| l == line), "{line}");
        }
    }
}
