//! The parts of this binary: one list, a line a part.

use mag_mobo::Parts;

pub fn parts() -> Parts {
    Parts::default()
        .with_safe::<mag_gate::Console>(
            "console",
            "The local socket, which `mobo` itself uses.",
            &[],
        )
        .with_safe::<mag_admin::Admin>("admin", "Operations as HTTP, at console and gate.", &[])
        .with::<mag_gate::Gate>("gate", "The network card: one HTTP origin for all doors.")
}
