//! The parts of this binary: one list, a line a part.

use mag_mobo::Parts;

pub fn parts() -> Parts {
    Parts::default()
        .with_safe::<mag_gate::Gate>(
            "gate",
            "The network card: one HTTP origin for all doors, on a port and on a local socket.",
            &["gate.network=false"],
        )
        .with_safe::<mag_admin::Admin>(
            "admin",
            "Operations as HTTP: the admin API, which `mobo` itself uses.",
            &["admin.wrong_tries_max=10"],
        )
}
