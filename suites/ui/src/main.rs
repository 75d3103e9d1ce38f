//! The `mobo` whose screen is walked through: the product as it is.

use std::process::ExitCode;

fn main() -> ExitCode {
    mobo::run(mobo::parts())
}
