//! Who may read and write what in the data folder: too little stops the board, too much shows
//! secrets to others. Judges by modes and owners alone, and mends modes alone.

use crate::found::{found, io, listed, mendable, quoted, still_there};
use crate::places;
use mag_contract::Fault;
use mag_contract::doctor::{Ailment, Finding, Host, Severity};
use std::fs::{Metadata, Permissions as Mode};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

pub(crate) struct Permissions {
    user: fn() -> u32,
}

impl Default for Permissions {
    fn default() -> Self {
        Self { user: || rustix::process::geteuid().as_raw() }
    }
}

/// A folder of thousands of files with one cause is told by its first ones.
const FINDINGS_MAX: usize = 20;
/// May do everything, whatever the modes say.
const SUPERUSER: u32 = 0;

/// What a place must grant its owner, and must not grant anybody else.
#[derive(Clone, Copy)]
struct Rule {
    needs: u32,
    forbids: u32,
    harm: Harm,
}

#[derive(Clone, Copy)]
enum Harm {
    ShowsSecrets,
    LetsOthersIn,
    LetsOthersWrite,
}

struct Place {
    path: PathBuf,
    rule: Rule,
    found: Metadata,
}

impl Ailment for Permissions {
    fn name(&self) -> &'static str {
        "permissions"
    }
    fn looks_at(&self) -> &'static str {
        "the rights in the data folder"
    }

    fn look(&self, host: &Host) -> Vec<Finding> {
        let places = places_of(&host.data_folder);
        let Some(data_folder) = places.first() else { return vec![] };
        let user = (self.user)();
        // The superuser may look after the folder of another user; mixed owners are still trouble.
        let owner = if user == SUPERUSER { data_folder.found.uid() } else { user };
        let is_foreign = |p: &&Place| p.found.uid() != owner && p.found.mode() & 0o020 == 0;
        let foreign: Vec<&Place> = places.iter().filter(is_foreign).collect();
        let mut all = vec![];
        if let Some(first) = foreign.first() {
            all.push(self.foreign(host, owner, first.found.uid(), &foreign));
        }
        for place in &places {
            let may_mend = user == SUPERUSER || place.found.uid() == user;
            all.extend(self.judge(place, may_mend));
        }
        all.truncate(FINDINGS_MAX);
        all
    }

    fn fix(&self, host: &Host, finding: &Finding) -> Result<String, Fault> {
        let path = still_there(self, host, finding)?;
        let places = places_of(&host.data_folder);
        let Some(place) = places.iter().find(|place| place.path == path) else {
            return Err(crate::found::only_told(self));
        };
        let mode = place.wanted();
        std::fs::set_permissions(&path, Mode::from_mode(mode))
            .map_err(|e| io("change the rights of", &path, e))?;
        Ok(format!("{} has the rights {mode:o} now", path.display()))
    }
}

impl Permissions {
    fn foreign(&self, host: &Host, owner: u32, other: u32, foreign: &[&Place]) -> Finding {
        let paths: Vec<PathBuf> = foreign.iter().map(|place| place.path.clone()).collect();
        let folder = &host.data_folder;
        found(
            self,
            Severity::Serious,
            format!(
                "some of {} belongs to user {other}, not to user {owner}: {}",
                folder.display(),
                listed(&paths)
            ),
            "A board that runs as one user cannot write what belongs to another. A single boot with \
             `sudo` leaves such files.",
            format!("give them back: `sudo chown -R {owner} {}`", quoted(folder)),
        )
    }

    fn judge(&self, place: &Place, may_mend: bool) -> Option<Finding> {
        let mode = place.found.mode();
        let shown = place.path.display();
        let (severity, problem, explanation) = if mode & place.rule.needs != place.rule.needs {
            let problem = format!("its owner may not use {shown} (rights {:o})", mode & 0o777);
            (Severity::Serious, problem, "The board cannot read or write there as it must.")
        } else if mode & place.rule.forbids == 0 {
            return None;
        } else {
            match place.rule.harm {
                Harm::ShowsSecrets => (
                    Severity::Serious,
                    format!("other users may read {shown} (rights {:o})", mode & 0o777),
                    "Who reads a secret can act as the board. If strangers use this machine, take \
                     the secret for known and replace it.",
                ),
                Harm::LetsOthersIn => (
                    Severity::Warning,
                    format!("other users may reach {shown} (rights {:o})", mode & 0o777),
                    "Who opens the local socket commands the board without a token; only its owner \
                     is meant to.",
                ),
                Harm::LetsOthersWrite => (
                    Severity::Serious,
                    format!("every user may write {shown} (rights {:o})", mode & 0o777),
                    "Who writes there can change what the board does and what it remembers.",
                ),
            }
        };
        let command = format!("chmod {:o} {}", place.wanted(), quoted(&place.path));
        Some(if may_mend {
            let suggestion = format!("`{command}`, or `mobo doctor --fix`");
            mendable(found(self, severity, problem, explanation, suggestion), &place.path)
        } else {
            found(self, severity, problem, explanation, format!("`sudo {command}`"))
        })
    }
}

impl Place {
    fn wanted(&self) -> u32 {
        (self.found.mode() & 0o777 | self.rule.needs) & !self.rule.forbids
    }
}

/// Everything that is judged and is there, the data folder first; nothing when that is missing.
fn places_of(data_folder: &Path) -> Vec<Place> {
    let Ok(found) = std::fs::metadata(data_folder) else { return vec![] };
    if !found.is_dir() {
        return vec![];
    }
    let ours = |needs| Rule { needs, forbids: 0o002, harm: Harm::LetsOthersWrite };
    let secret = |needs| Rule { needs, forbids: 0o077, harm: Harm::ShowsSecrets };
    let door = |needs| Rule { needs, forbids: 0o077, harm: Harm::LetsOthersIn };
    let mut all = vec![Place { path: data_folder.to_path_buf(), rule: ours(0o700), found }];
    // A link leads out of the folder: what it points to has rules of its own.
    let mut add = |path: PathBuf, rule| match std::fs::symlink_metadata(&path) {
        Ok(found) if !found.is_symlink() => all.push(Place { path, rule, found }),
        _ => {}
    };
    // A file that is only read may well be without the right to write it.
    add(data_folder.join(places::SETTINGS), ours(0o400));
    let socket = places::socket(data_folder);
    for name in places::FOLDERS {
        let folder = data_folder.join(name);
        let (of_folder, of_file) = match name {
            "secrets" => (secret(0o700), secret(0o400)),
            "run" if socket.exists() => (door(0o700), ours(0o600)),
            _ => (ours(0o700), ours(0o600)),
        };
        add(folder.clone(), of_folder);
        if folder.is_symlink() {
            continue;
        }
        for file in places::files(&folder) {
            add(file, of_file);
        }
    }
    add(socket, door(0o600));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::{Patient, says, set_mode};
    use mag_contract::codes;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn secrets_that_others_may_read_are_named_and_closed() {
        for (name, open, closed) in [("secrets", 0o755, 0o700), ("secrets/master", 0o644, 0o600)] {
            let patient = Patient::healthy();
            set_mode(&patient.path(name), open);
            let command = format!("chmod {closed:o} ");
            let words = ["other users may read", name, command.as_str(), "--fix"];
            says(&patient.one(&Permissions::default()), Severity::Serious, &words);
            patient.mend(&Permissions::default());
            assert_eq!(mode(&patient.path(name)), closed, "{name}");
        }
    }

    #[test]
    fn places_that_their_owner_may_not_use_are_named_and_opened() {
        for (name, closed, open) in [("logs", 0o555, 0o755), ("state/state.db", 0o444, 0o644)] {
            let patient = Patient::healthy();
            set_mode(&patient.path(name), closed);
            let words = ["its owner may not use", name, "chmod "];
            says(&patient.one(&Permissions::default()), Severity::Serious, &words);
            patient.mend(&Permissions::default());
            assert_eq!(mode(&patient.path(name)), open, "{name}");
        }
    }

    #[test]
    fn places_that_everybody_may_write_are_named_and_closed() {
        for (name, open, closed) in [("", 0o777, 0o775), ("magflock.toml", 0o666, 0o664)] {
            let patient = Patient::healthy();
            set_mode(&patient.path(name), open);
            says(
                &patient.one(&Permissions::default()),
                Severity::Serious,
                &["every user may write"],
            );
            patient.mend(&Permissions::default());
            assert_eq!(mode(&patient.path(name)), closed, "{name}");
        }
    }

    #[test]
    fn a_local_socket_that_others_may_reach_is_named_and_closed() {
        let patient = Patient::healthy();
        let socket = patient.path("run/mobo.sock");
        let _held = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        set_mode(&socket, 0o600);
        set_mode(&patient.path("run"), 0o755);
        let words = ["other users may reach", "without a token", "chmod 700"];
        says(&patient.one(&Permissions::default()), Severity::Warning, &words);
        patient.mend(&Permissions::default());
        set_mode(&socket, 0o666);
        patient.mend(&Permissions::default());
        assert_eq!((mode(&socket), mode(&patient.path("run"))), (0o600, 0o700));
    }

    #[test]
    fn what_belongs_to_another_user_is_told_with_the_command_for_an_administrator() {
        let patient = Patient::healthy();
        let stranger = Permissions { user: || 54_321 };
        let finding = patient.one(&stranger);
        let words = ["not to user 54321", "`sudo chown -R 54321 ", "magflock.toml"];
        says(&finding, Severity::Serious, &words);
        assert!(!finding.fixable);
        set_mode(&patient.path("secrets/master"), 0o644);
        let all = stranger.look(&patient.host);
        assert_eq!(all.len(), 2);
        says(&all[1], Severity::Serious, &["`sudo chmod 600 "]);
        assert!(!all[1].fixable);
    }

    #[test]
    fn what_a_group_may_write_is_nobodys_alone() {
        let patient = Patient::healthy();
        for name in places::FOLDERS {
            std::fs::remove_dir_all(patient.path(name)).unwrap();
        }
        set_mode(&patient.path(""), 0o775);
        set_mode(&patient.path("magflock.toml"), 0o664);
        assert_eq!(Permissions { user: || 54_321 }.look(&patient.host), []);
    }

    #[test]
    fn links_are_not_followed() {
        let patient = Patient::healthy();
        let elsewhere = patient.path("elsewhere");
        std::fs::write(&elsewhere, "shared").unwrap();
        set_mode(&elsewhere, 0o644);
        std::os::unix::fs::symlink(&elsewhere, patient.path("secrets/link")).unwrap();
        std::fs::remove_dir_all(patient.path("logs")).unwrap();
        std::fs::create_dir(patient.path("parts")).unwrap();
        std::fs::write(patient.path("parts/file"), "a part's").unwrap();
        set_mode(&patient.path("parts/file"), 0o666);
        std::os::unix::fs::symlink(patient.path("parts"), patient.path("logs")).unwrap();
        assert_eq!(Permissions::default().look(&patient.host), []);
    }

    #[test]
    fn a_finding_that_somebody_mended_meanwhile_changes_nothing() {
        let patient = Patient::healthy();
        set_mode(&patient.path("secrets/master"), 0o644);
        let finding = patient.one(&Permissions::default());
        set_mode(&patient.path("secrets/master"), 0o400);
        let fault = Permissions::default().fix(&patient.host, &finding).unwrap_err();
        assert_eq!(fault.code(), codes::STATE_CONFLICT);
        assert_eq!(mode(&patient.path("secrets/master")), 0o400);
    }
}
