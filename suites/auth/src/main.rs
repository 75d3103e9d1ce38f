//! The `mobo` that people sign in at: the product as it is.

use std::process::ExitCode;

fn main() -> ExitCode {
    mobo::run(mobo::parts())
}
