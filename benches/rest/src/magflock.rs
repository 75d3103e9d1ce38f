//! The product as it is built, with a key of the kind that apps show.

use crate::work::Dialect;
use mag_kit::Installation;
use mag_kit::installation::Board;
use std::net::SocketAddr;
use std::path::PathBuf;

pub(crate) const PROJECT: &str = "bench";

/// Beside this binary: built from the same tree.
pub(crate) fn installation() -> Installation {
    Installation::of(beside("mobo"))
}

pub(crate) fn beside(name: &str) -> PathBuf {
    std::env::current_exe().unwrap().with_file_name(name)
}

pub(crate) fn address(board: &Board<'_>) -> SocketAddr {
    board.url().trim_start_matches("http://").parse().unwrap()
}

/// How an app would ask.
pub(crate) fn dialect(here: &Installation) -> Dialect {
    let words = ["key:create", "app", "--kind", "publishable", "--project", PROJECT];
    let key = here.json(&words)["key"].as_str().unwrap().to_owned();
    Dialect::MagFlock { prefix: format!("/p/{PROJECT}/rest/v1"), key }
}
