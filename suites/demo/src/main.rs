//! A `mobo` with two parts of one's own.

// ANCHOR: main
use std::process::ExitCode;
use suite_demo::{Listener, Ticker};

fn main() -> ExitCode {
    mobo::run(
        mobo::parts()
            .with::<Ticker>("ticker", "says a fact now and then")
            .with::<Listener>("listener", "counts the ticks that it hears"),
    )
}
// ANCHOR_END: main
