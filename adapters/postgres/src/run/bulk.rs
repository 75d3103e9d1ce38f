//! Many rows at once go in as a `COPY`: a third of the work of an `INSERT` with as many values.
//! Only where it means the same: no rule to hold the rows against, no clash to settle, nothing that
//! the table fills in, nothing to answer.

use super::quoted;
use crate::types;
use bytes::Bytes;
use futures::stream::{self, Stream};
use mag_adapter::EngineError;
use mag_model::catalog::TableKind;
use mag_query::call::Wish;
use mag_query::plan::{Cell, Insert};
use mag_query::{Plan, Rules, Work};

/// Fewer rows are not worth the second exchange.
const ROWS_MIN: usize = 256;
/// Rows written into one piece.
const ROWS_AT_A_TIME: usize = 512;

pub(super) struct Bulk {
    pub(super) text: String,
    pieces: Vec<Bytes>,
}

impl Bulk {
    pub(super) fn of(plan: &Plan) -> Option<Self> {
        let Work::Insert(insert) = &plan.work else { return None };
        if !fits(plan, insert) {
            return None;
        }
        let table = plan.catalog.table(insert.table);
        let columns: Vec<String> =
            insert.columns.iter().map(|id| quoted(&table.column(*id).name)).collect();
        let (schema, name) = (quoted(&table.schema), quoted(&table.name));
        let text = format!("COPY {schema}.{name} ({}) FROM STDIN", columns.join(", "));
        Some(Self { text, pieces: insert.rows.chunks(ROWS_AT_A_TIME).map(written).collect() })
    }

    pub(super) fn pieces(
        &self,
    ) -> impl Stream<Item = Result<Bytes, EngineError>> + Send + Unpin + use<> {
        stream::iter(self.pieces.clone().into_iter().map(Ok))
    }
}

fn fits(plan: &Plan, insert: &Insert) -> bool {
    let table = plan.catalog.table(insert.table);
    let plain = matches!(table.kind, TableKind::Table | TableKind::Partitioned);
    // The server copies nothing into a table whose rules it has to hold.
    let held_elsewhere = plan.rules == Rules::Native && table.row_policies;
    let given = |row: &Vec<Cell>| row.iter().all(|cell| matches!(cell, Cell::Value(_)));
    plain
        && !held_elsewhere
        && insert.rows.len() >= ROWS_MIN
        && !insert.columns.is_empty()
        && insert.check.is_none()
        && insert.on_conflict.is_none()
        && insert.returning.is_none()
        && plan.max_affected.is_none()
        && plan.wish == Wish::default()
        // A copy would put a value even into what the table always makes itself.
        && insert.columns.iter().all(|id| table.column(*id).writable())
        && insert.rows.iter().all(given)
}

fn written(rows: &[Vec<Cell>]) -> Bytes {
    let mut out = String::with_capacity(rows.len() * 64);
    for row in rows {
        for (at, cell) in row.iter().enumerate() {
            if at > 0 {
                out.push('\t');
            }
            let text = match cell {
                Cell::Value(value) => types::argument(value),
                Cell::Default | Cell::Expr(_) => None,
            };
            match text {
                None => out.push_str("\\N"),
                Some(text) => escape(&mut out, &text),
            }
        }
        out.push('\n');
    }
    Bytes::from(out)
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::written;
    use mag_model::Value;
    use mag_query::plan::Cell;

    #[test]
    fn what_would_end_a_cell_or_a_row_is_written_in_escapes() {
        let row = ["a\tb", "c\nd\\", "\\N", ""].map(|text| Cell::Value(Value::text(text)));
        let mut row = row.to_vec();
        row.push(Cell::Value(Value::Null));
        assert_eq!(written(&[row]), "a\\tb\tc\\nd\\\\\t\\\\N\t\t\\N\n");
    }
}
