//! Rows that would stand in the way of a change, asked for before it and told by their keys.
//! Never: a value, to somebody who may not read the source as it is.

use super::Made;
use crate::hands::{Spot, texts};
use mag_adapter::Console;
use mag_contract::operation::Call;
use mag_contract::{Fault, codes};
use mag_migrate::column::{Doubt, Wish};

/// As many are named; the question finds one more.
const NAMED: usize = 5;
/// A value is shown as far as one recognises it.
const SHOWN: usize = 60;

pub(super) async fn none(spot: &Spot, call: &Call, made: &Made, wish: &Wish) -> Result<(), Fault> {
    for doubt in &made.changed.doubts {
        let rows = texts(spot.database(), Console::reading(&*doubt.sql)).await?;
        if !rows.is_empty() {
            let values = call.actor.permissions.hold("sql.run");
            return Err(told(doubt, &rows, &made.key, wish, values));
        }
    }
    Ok(())
}

fn told(
    doubt: &Doubt,
    rows: &[Vec<Option<String>>],
    key: &[String],
    wish: &Wish,
    values: bool,
) -> Fault {
    let rowid = ["rowid".to_owned()];
    let key = if key.is_empty() { &rowid[..] } else { key };
    let mut lines: Vec<String> = rows
        .iter()
        .take(NAMED)
        .map(|row| {
            let names = key.iter().zip(row);
            let names: Vec<String> =
                names.map(|(name, cell)| format!("{name} {}", shown(cell.as_ref()))).collect();
            let value = row.get(key.len()).map(|cell| shown(cell.as_ref())).filter(|_| values);
            let value = value.map(|value| format!(": {} is {value}", wish.column));
            names.join(", ") + &value.unwrap_or_default()
        })
        .collect();
    if rows.len() > NAMED {
        lines.push("and more".into());
    }
    Fault::new(codes::ROWS_IN_THE_WAY, format!("{}; nothing has happened", doubt.why))
        .details(lines.join("\n"))
        .hint(doubt.instead.clone())
}

fn shown(cell: Option<&String>) -> String {
    match cell {
        None => "NULL".into(),
        Some(text) if text.chars().count() > SHOWN => {
            format!("`{}...`", text.chars().take(SHOWN).collect::<String>())
        }
        Some(text) => format!("`{text}`"),
    }
}
