//! Names that only work in quotes.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of};
use mag_migrate::dialect::ident;
use mag_migrate::dialect::is_reserved;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "awkward_name",
    level: Level::Info,
    engines: Engines::All,
    title: "a name needs quotes",
    why: "Names with capitals, blanks or of reserved words have to be quoted everywhere, and are missed where that is forgotten.",
    check,
};

/// One of them is a habit, ten are a list that nobody reads.
const SHOWN_MAX: usize = 5;

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables() {
        if ident(&table.name) != table.name {
            found.push(Found::new(name_of(table).to_string(), why(&table.name)));
        }
        let columns = table.columns.iter().filter(|c| ident(&c.name) != c.name);
        for column in columns.take(SHOWN_MAX) {
            found
                .push(Found::new(format!("{}.{}", name_of(table), column.name), why(&column.name)));
        }
    }
}

fn why(name: &str) -> String {
    if is_reserved(name) {
        format!("`{name}` is a word of SQL")
    } else {
        format!("`{name}` is not in small letters, digits and `_`")
    }
}
