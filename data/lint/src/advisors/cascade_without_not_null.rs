//! Rows that go with another, but need not have one.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, sql_of};
use mag_migrate::dialect::ident;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "cascade_without_not_null",
    level: Level::Info,
    engines: Engines::All,
    title: "a row that goes with its owner may have none",
    why: "The key says that the row cannot be without its owner (it is deleted with it), and the column says that it can.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables() {
        for key in &table.foreign {
            let cascades =
                key.on_delete.as_ref().is_some_and(|a| a.eq_ignore_ascii_case("cascade"));
            let mut open =
                table.columns.iter().filter(|c| c.nullable && key.columns.contains(&c.name));
            if let Some(column) = open.next().filter(|_| cascades) {
                let detail = format!("ON DELETE CASCADE, and `{}` may be empty", column.name);
                let finding = Found::new(format!("{}.{}", name_of(table), key.name), detail);
                found.push(match scene.facts.engine {
                    crate::Engine::Postgres => finding.remedy(format!(
                        "ALTER TABLE {} ALTER COLUMN {} SET NOT NULL;",
                        sql_of(table),
                        ident(&column.name)
                    )),
                    crate::Engine::Sqlite => finding,
                });
            }
        }
    }
}
