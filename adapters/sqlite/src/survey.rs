//! How a file is: pages, the write-ahead log, tables by their size, indexes that nobody needs.
//! Never: a row of data.

use crate::Sqlite;
use crate::component::numbers;
use mag_adapter::EngineError;
use mag_model::Value;
use mag_ports::survey::{FilePages, IndexSurvey, Survey, TableSurvey};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Foreign keys whose first column no index begins with: each delete of a parent reads the whole
/// child.
const BARE_REFERENCES: &str = "SELECT s.name, group_concat(DISTINCT f.\"from\") \
     FROM sqlite_schema AS s JOIN pragma_foreign_key_list(s.name) AS f \
     WHERE s.type = 'table' AND f.seq = 0 AND s.name NOT LIKE '\\_mag\\_%' ESCAPE '\\' \
       AND NOT EXISTS (SELECT 1 FROM pragma_index_list(s.name) AS l \
         JOIN pragma_index_info(l.name) AS i WHERE i.seqno = 0 AND i.name = f.\"from\") \
       AND NOT EXISTS (SELECT 1 FROM pragma_table_info(s.name) AS c \
         WHERE c.pk = 1 AND c.name = f.\"from\") \
     GROUP BY s.name";
/// `stat` begins with the number of rows.
const ESTIMATES: &str = "SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl";
const TABLES: &str = "SELECT name FROM sqlite_schema WHERE type = 'table' \
     AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_mag\\_%' ESCAPE '\\' \
     ORDER BY name";
const INDEXES: &str = "SELECT tbl_name, name FROM sqlite_schema \
     WHERE type = 'index' AND sql IS NOT NULL ORDER BY tbl_name, name";

pub(crate) async fn survey(sqlite: &Sqlite) -> Result<Survey, EngineError> {
    let file = pages(sqlite).await?;
    let bare = numbers(sqlite, BARE_REFERENCES).await?;
    // There only when somebody ran ANALYZE.
    let estimates = numbers(sqlite, ESTIMATES).await.unwrap_or_default();
    let found = |rows: &[Vec<Value>], name: &str| {
        rows.iter().find(|row| row.first().and_then(Value::as_str) == Some(name)).cloned()
    };
    let tables = numbers(sqlite, TABLES).await?.into_iter().filter_map(|row| {
        let name = row.first()?.as_str()?.to_owned();
        let rows_estimate = found(&estimates, &name).and_then(|row| count(row.get(1)));
        let missing_index = found(&bare, &name).and_then(|row| {
            let columns = row.get(1)?.as_str()?.to_owned();
            Some(format!("no index begins with the foreign key column {columns}"))
        });
        Some(TableSurvey {
            schema: "public".to_owned(),
            name,
            rows_estimate,
            missing_index,
            ..TableSurvey::default()
        })
    });
    let tables: Vec<TableSurvey> = tables.collect();
    let indexes = numbers(sqlite, INDEXES).await?.into_iter().filter_map(|row| {
        let [table, name] = row.as_slice() else { return None };
        Some(IndexSurvey {
            schema: "public".to_owned(),
            table: table.as_str()?.to_owned(),
            name: name.as_str()?.to_owned(),
            ..IndexSurvey::default()
        })
    });
    Ok(Survey {
        bytes: Some(file.pages * file.page_size + file.wal_bytes),
        tables,
        indexes: indexes.collect(),
        file: Some(file),
        ..Survey::default()
    })
}

async fn pages(sqlite: &Sqlite) -> Result<FilePages, EngineError> {
    let number = async |pragma: &str| -> Result<u64, EngineError> {
        let rows = numbers(sqlite, &format!("PRAGMA {pragma}")).await?;
        Ok(count(rows.first().and_then(|row| row.first())).unwrap_or(0))
    };
    let word = async |pragma: &str| -> Result<String, EngineError> {
        let rows = numbers(sqlite, &format!("PRAGMA {pragma}")).await?;
        let first = rows.first().and_then(|row| row.first()?.as_str().map(str::to_owned));
        Ok(first.unwrap_or_default())
    };
    let file = sqlite.opener.settings.place.file();
    let mut wal = file.as_os_str().to_owned();
    wal.push("-wal");
    Ok(FilePages {
        page_size: number("page_size").await?,
        pages: number("page_count").await?,
        free_pages: number("freelist_count").await?,
        journal_mode: journal_mode(file),
        encoding: word("encoding").await?,
        wal_bytes: std::fs::metadata(PathBuf::from(wal)).map_or(0, |found| found.len()),
    })
}

/// From the file itself: to SQLite the question is already a change.
fn journal_mode(file: &Path) -> String {
    let mut header = [0_u8; 20];
    let read = File::open(file).and_then(|mut open| open.read_exact(&mut header));
    let mode = if read.is_ok() && header[18] == 2 { "wal" } else { "rollback" };
    mode.to_owned()
}

fn count(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Int(number) => u64::try_from(*number).ok(),
        // A column of a calculation has no type of its own, and may come as text.
        other => other.as_str()?.parse().ok(),
    }
}
