//! The `mobo` that clients are tried against: the product as it is.

use std::process::ExitCode;

fn main() -> ExitCode {
    mobo::run(mobo::parts())
}
