//! `mobo` as it is, built once more so that the tests of people and their rights find it.

use std::process::ExitCode;

fn main() -> ExitCode {
    mobo::run(mobo::parts())
}
