//! What building and testing need beside Rust: how to see it, which package brings it, and the
//! command for a person where we cannot install it ourselves.

use crate::{Done, shell};
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Tool {
    pub name: &'static str,
    pub why: &'static str,
    /// One of these programs is enough.
    pub programs: &'static [&'static str],
    /// Folders beside `PATH`; a last part with `*` stands for every folder that begins so.
    pub places: &'static [&'static str],
    /// The oldest major version that serves.
    pub oldest: Option<u32>,
    pub debian: &'static str,
    pub fedora: &'static str,
    pub arch: &'static str,
    pub macos: &'static str,
}

pub const COMPILER: Tool = Tool {
    name: "a C compiler",
    why: "SQLite is compiled into the binary",
    programs: &["cc", "gcc", "clang"],
    places: &[],
    oldest: None,
    debian: "gcc libc6-dev",
    fedora: "gcc",
    arch: "gcc",
    macos: "xcode-select --install",
};

pub const PYTHON: Tool = Tool {
    name: "python3",
    why: "some suites drive the product with small scripts",
    programs: &["python3"],
    places: &[],
    oldest: None,
    debian: "python3",
    fedora: "python3",
    arch: "python",
    macos: "brew install python",
};

pub const POSTGRES: Tool = Tool {
    name: "postgres",
    why: "the tests start their own PostgreSQL servers in temporary folders",
    programs: &["postgres"],
    places: &[
        "/usr/lib/postgresql/*/bin",
        "/usr/pgsql-*/bin",
        "/opt/homebrew/opt/postgresql*/bin",
        "/usr/local/opt/postgresql*/bin",
    ],
    oldest: Some(15),
    debian: "postgresql",
    fedora: "postgresql-server",
    arch: "postgresql",
    macos: "brew install postgresql@17",
};

pub const NODE: Tool = Tool {
    name: "node",
    why: "the admin screen is built with it",
    programs: &["node"],
    places: &[],
    oldest: Some(20),
    debian: "nodejs npm",
    fedora: "nodejs",
    arch: "nodejs npm",
    macos: "brew install node",
};

pub const BROWSER: Tool = Tool {
    name: "chromium",
    why: "the screen's tests drive a real browser",
    programs: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    places: &["/Applications/Google Chrome.app/Contents/MacOS"],
    oldest: None,
    debian: "chromium",
    fedora: "chromium",
    arch: "chromium",
    macos: "brew install --cask google-chrome",
};

pub const AUTHORITY: Tool = Tool {
    name: "pebble",
    why: "the gate gets its certificates from it, as from any authority",
    programs: &["pebble"],
    places: &[],
    oldest: None,
    debian: "pebble",
    fedora: "pebble",
    arch: "pebble",
    macos: "go install github.com/letsencrypt/pebble/v2/cmd/...@latest",
};

pub const BUILD: [&Tool; 1] = [&COMPILER];
pub const TEST: [&Tool; 2] = [&COMPILER, &PYTHON];
/// Without them their tests say that they were skipped.
pub const OPTIONAL: [&Tool; 1] = [&AUTHORITY];
/// Engines that tests start; SQLite is inside the binary and needs no row.
pub const ENGINES: [&Tool; 1] = [&POSTGRES];

/// Finds or installs each tool; the first that stays missing ends it with what to do.
pub fn need(tools: &[&Tool]) -> Done {
    for tool in tools {
        match get(tool) {
            Ok(place) => println!("     {} ({})", tool.name, place.display()),
            Err(why) => return Err(why),
        }
    }
    Ok(())
}

/// Where the tool is, after installing it when it is missing and we may.
pub fn get(tool: &Tool) -> Result<PathBuf, String> {
    if let Some(place) = found(tool) {
        return Ok(place);
    }
    let missing = match tool.oldest {
        None => format!("{} is missing ({})", tool.name, tool.why),
        Some(oldest) => format!("{} {oldest} or newer is missing ({})", tool.name, tool.why),
    };
    println!("     {missing}");
    let machine = Machine::here();
    if let (Machine::Debian, Some(become_root)) = (machine, root_prefix()) {
        install_on_debian(tool, &become_root)?;
        if let Some(place) = found(tool) {
            return Ok(place);
        }
    }
    Err(format!("{missing}; install it with: {}", machine.command(tool)))
}

pub fn found(tool: &Tool) -> Option<PathBuf> {
    let places: Vec<PathBuf> = tool.places.iter().flat_map(|place| spread(place)).collect();
    // Newest last in the list of folders, so look from the end.
    let newest_first: Vec<PathBuf> = places.into_iter().rev().collect();
    tool.programs
        .iter()
        .filter_map(|program| shell::find(program, &newest_first))
        .find(|program| tool.oldest.is_none_or(|oldest| major(program) >= Some(oldest)))
}

fn major(program: &Path) -> Option<u32> {
    let text = shell::ask(Command::new(program).arg("--version")).ok()?;
    first_number(&text)
}

fn first_number(text: &str) -> Option<u32> {
    let from = text.find(|c: char| c.is_ascii_digit())?;
    let digits: String = text[from..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// `/usr/lib/postgresql/*/bin` becomes the folders that exist, in the order of their numbers.
fn spread(place: &str) -> Vec<PathBuf> {
    let Some((before, after)) = place.split_once('*') else { return vec![place.into()] };
    let (parent, begin) = before.rsplit_once('/').unwrap_or(("", before));
    let mut folders: Vec<(Option<u32>, PathBuf)> = std::fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(begin))
        .map(|entry| {
            let number = first_number(&entry.file_name().to_string_lossy());
            (number, entry.path().join(after.trim_start_matches('/')))
        })
        .collect();
    folders.sort();
    folders.into_iter().map(|(_, path)| path).collect()
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Machine {
    Debian,
    Fedora,
    Arch,
    Macos,
    Other,
}

impl Machine {
    fn here() -> Self {
        if cfg!(target_os = "macos") {
            return Self::Macos;
        }
        Self::from_os_release(&std::fs::read_to_string("/etc/os-release").unwrap_or_default())
    }

    fn from_os_release(text: &str) -> Self {
        let words: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("ID=").or(line.strip_prefix("ID_LIKE=")))
            .flat_map(|value| value.trim_matches('"').split(' '))
            .collect();
        let is = |name: &str| words.contains(&name);
        match () {
            () if is("debian") || is("ubuntu") => Self::Debian,
            () if is("fedora") || is("rhel") => Self::Fedora,
            () if is("arch") => Self::Arch,
            () => Self::Other,
        }
    }

    /// What a person types.
    fn command(self, tool: &Tool) -> String {
        match self {
            Self::Debian => format!("sudo apt-get install {}", tool.debian),
            Self::Fedora => format!("sudo dnf install {}", tool.fedora),
            Self::Arch => format!("sudo pacman -S {}", tool.arch),
            Self::Macos => tool.macos.into(),
            Self::Other => format!("the package manager of your system ({})", tool.name),
        }
    }
}

/// The words before a command that needs root: none as root, `sudo` where it asks for nothing.
fn root_prefix() -> Option<Vec<&'static str>> {
    let id = shell::ask(Command::new("id").arg("-u")).ok()?;
    if id.trim() == "0" {
        return Some(vec![]);
    }
    shell::ask(Command::new("sudo").args(["-n", "true"])).ok().map(|_| vec!["sudo", "-n"])
}

fn install_on_debian(tool: &Tool, become_root: &[&str]) -> Done {
    println!("     installing the Debian package `{}` for it", tool.debian);
    let apt = |words: &[&str]| {
        let line: Vec<&str> =
            become_root.iter().chain(["apt-get"].iter()).chain(words).copied().collect();
        let (program, rest) = line.split_first().expect("apt-get is always there");
        let mut command = Command::new(program);
        command.args(rest).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    // A stale list is a reason for a failed install, but an old one may still serve.
    if let Err(why) = shell::run(&mut apt(&["update", "-q"])) {
        println!("     {why}; trying with the lists that are here");
    }
    let mut words = vec!["install", "-q", "-y", "--no-install-recommends"];
    words.extend(tool.debian.split(' '));
    shell::run(&mut apt(&words))
}

#[cfg(test)]
mod tests {
    use super::{COMPILER, Machine, first_number, spread};

    #[test]
    fn a_person_is_told_the_command_of_their_own_system() {
        for (release, expected) in [
            ("ID=debian\n", "sudo apt-get install gcc libc6-dev"),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", "sudo apt-get install gcc libc6-dev"),
            ("NAME=x\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"", "sudo dnf install gcc"),
            ("ID=arch", "sudo pacman -S gcc"),
            ("", "the package manager of your system (a C compiler)"),
        ] {
            assert_eq!(Machine::from_os_release(release).command(&COMPILER), expected, "{release}");
        }
    }

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(first_number("postgres (PostgreSQL) 15.14 (Debian 15.14-0)"), Some(15));
        assert_eq!(first_number("no number"), None);
    }

    #[test]
    fn folders_of_versions_come_in_the_order_of_their_numbers() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for version in ["9", "17", "15"] {
            std::fs::create_dir_all(folder.path().join(version)).expect("a folder");
        }
        let places = spread(&format!("{}/*/bin", folder.path().display()));
        let ends: Vec<_> =
            places.iter().map(|p| p.strip_prefix(folder.path()).expect("inside")).collect();
        assert_eq!(ends, ["9/bin", "15/bin", "17/bin"].map(std::path::Path::new));
    }
}
