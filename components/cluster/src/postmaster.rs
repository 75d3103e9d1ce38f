//! `postmaster.pid`: what a running server writes down about itself.

use std::path::{Path, PathBuf};

pub(crate) const FILE: &str = "postmaster.pid";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Postmaster {
    pub(crate) process: i32,
    pub(crate) socket_folder: Option<PathBuf>,
    /// It takes connections.
    pub(crate) ready: bool,
}

/// Nothing when there is none, or when it is being written.
pub(crate) fn read(folder: &Path) -> Option<Postmaster> {
    parse(&std::fs::read_to_string(folder.join(FILE)).ok()?)
}

/// Line 1 is the process, 5 the folder of the socket, 8 what it is doing.
fn parse(text: &str) -> Option<Postmaster> {
    let lines: Vec<&str> = text.lines().collect();
    let process = lines.first()?.trim().parse().ok().filter(|process| *process > 1)?;
    let socket_folder = lines.get(4).map(|line| line.trim()).filter(|line| !line.is_empty());
    let doing = lines.get(7).map_or("", |line| line.trim());
    Some(Postmaster {
        process,
        socket_folder: socket_folder.map(PathBuf::from),
        ready: doing == "ready",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_at_every_moment_of_its_start() {
        let whole = "4711\n/data\n1767225600\n5432\n/data/run\n\n  12345   7\nready   \n";
        let expected =
            Postmaster { process: 4711, socket_folder: Some("/data/run".into()), ready: true };
        assert_eq!(parse(whole), Some(expected));
        let starting = whole.replace("ready   ", "starting");
        assert!(!parse(&starting).unwrap().ready);
        let first_lines = parse("4711\n/data\n").unwrap();
        assert_eq!((first_lines.process, first_lines.socket_folder), (4711, None));
        for damaged in ["", "\n", "x", "-1\n", "1\n"] {
            assert_eq!(parse(damaged), None, "{damaged:?}");
        }
    }
}
