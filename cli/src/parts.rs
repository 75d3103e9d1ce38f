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
        .with::<mag_sqlite::Card>("sqlite", "SQLite: databases in files.")
        .with::<mag_postgres::Card>("postgres", "PostgreSQL: databases of servers.")
        .with::<mag_ds::Ds>("ds", "MagDS: projects, their sources, and the path to their rows.")
        .with::<mag_schema::Schema>(
            "schema",
            "Migrations, policies, advisors and SQL for the sources of projects.",
        )
        .with::<mag_grid::Grid>("grid", "Rows as operations: `rows:read` and its siblings.")
        .with::<mag_auth::Auth>("auth", "MagAuth: who asks, by key, token or name.")
        .with::<mag_rest::Rest>("rest", "REST in the PostgREST dialect, at `/rest/v1`.")
        .with::<mag_reference::Reference>(
            "reference",
            "What sources look like: types for languages, API documents, rules in words.",
        )
        .with::<mag_gate::Gate>("gate", "The network card: one HTTP origin for all doors.")
        .with::<mag_ui::Ui>("ui", "The admin screen at `/`.")
        .with::<mag_cluster::ManagedPostgres>(
            "postgresql",
            "The managed PostgreSQL: started when a first database is wanted in it.",
        )
}
