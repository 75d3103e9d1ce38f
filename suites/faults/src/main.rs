//! A `mobo` whose shelf holds parts that misbehave.

use std::process::ExitCode;
use suite_demo::Ticker;
use suite_faults::{Faulty, Guard, Scribe, SlowListener};

fn main() -> ExitCode {
    mobo::run(
        mobo::parts()
            .on_the_shelf::<Faulty>("faulty", "misbehaves as its settings say")
            .on_the_shelf::<Guard>("guard", "asks a hook whose handler misbehaves")
            .on_the_shelf::<Scribe>(
                "scribe",
                "writes durable facts and notes what was acknowledged",
            )
            .on_the_shelf::<SlowListener>("slow", "listens to ticks more slowly than they come")
            .on_the_shelf::<Ticker>("ticker", "says a fact now and then"),
    )
}
