//! The `mobo` that the data suite tries to make lose something: the product's own parts, and one
//! that writes durable facts.

use std::process::ExitCode;
use suite_faults::Scribe;

fn main() -> ExitCode {
    mobo::run(
        mobo::parts().on_the_shelf::<Scribe>(
            "scribe",
            "writes durable facts and notes what was acknowledged",
        ),
    )
}
