//! MagCLI: the command line of MagFlock. It turns words into operations and answers into something
//! that a person or a script can read. A binary with parts of its own calls `run` with them.
//! Never: an operation of its own for what a board does; that would be hidden from the other doors.

mod argv;
mod book;
mod boot;
mod call;
mod client;
mod commands;
mod completions;
mod consent;
mod docs;
mod doctor;
mod ending;
mod exit;
mod explain;
mod grammar;
mod help;
mod init;
mod man;
mod offline;
mod options;
mod parts;
mod paths;
mod plain;
mod progress;
mod run_folder;
mod screen;
mod service;
mod specs;
mod trouble;
mod version;
mod view;

pub use mag_mobo::Parts;
pub use parts::parts;

use screen::Screen;
use std::process::ExitCode;

/// The whole program: reads the words of the process, does what they say, answers with its code.
pub fn run(parts: Parts) -> ExitCode {
    let words: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let program = std::panic::AssertUnwindSafe(|| commands::perform(&parts, &words));
    quiet_panics();
    let code = std::panic::catch_unwind(program).unwrap_or_else(|_| {
        let screen = Screen::plain();
        screen.err("error: mobo failed by a bug of ours\nhint: please report it; `mobo logs` has more of what the board saw");
        exit::FAILED
    });
    ExitCode::from(code)
}

/// A person never sees a stack trace; the log has the place.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("a panic without words");
        tracing::error!(part = "board", place, "a panic: {what}");
    }));
}
