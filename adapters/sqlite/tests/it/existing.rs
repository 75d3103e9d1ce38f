//! Someone's file: read as it is, and left as it is, byte for byte.

use crate::world::{all_open, files, plan, question, script, told};
use mag_adapter::Engine;
use mag_sqlite::{Copy, Settings, Sqlite};
use rusqlite::Connection;
use std::path::Path;

fn someones(file: &Path, mode: &str) {
    let db = Connection::open(file).unwrap();
    db.pragma_update(None, "journal_mode", mode).unwrap();
    db.execute_batch(
        "CREATE TABLE Artist (ArtistId INTEGER PRIMARY KEY, Name NVARCHAR(120));
         CREATE TABLE Album (AlbumId INTEGER PRIMARY KEY, Title NVARCHAR(160) NOT NULL,
                             ArtistId INTEGER NOT NULL REFERENCES Artist (ArtistId));
         INSERT INTO Artist VALUES (1, 'AC/DC'), (2, 'Accept');
         INSERT INTO Album VALUES (1, 'For Those About To Rock', 1), (2, 'Balls to the Wall', 2);",
    )
    .unwrap();
    db.close().unwrap();
}

async fn look_around(file: &Path) {
    let engine = Sqlite::open(Settings::existing(file, false)).await.unwrap();
    let catalog = engine.inspect(0).await.unwrap();
    let guard = all_open(&catalog);
    for _ in 0..3 {
        let line = "read Album?select=Title,Artist(Name)&order=AlbumId&limit=1";
        let asked = plan(&guard, line);
        let shown = (*asked).clone();
        let answer = engine.run(asked).await.unwrap();
        assert_eq!(
            answer.json(&shown),
            r#"[{"Title":"For Those About To Rock","Artist":{"Name":"AC/DC"}}]"#
        );
    }
    let refused = engine.run(plan(&guard, r#"insert Artist {"Name":"x"}"#)).await.unwrap_err();
    assert!(told(&refused).starts_with("25006 "));
    assert!(engine.console(script("DELETE FROM Album")).await.is_err());
    assert!(engine.lock_migrations(std::time::Duration::ZERO).await.is_err());
    assert_eq!(
        engine.console(question("SELECT count(*) AS n FROM Album")).await.unwrap()[0].to_json(),
        r#"[{"n":2}]"#
    );
}

#[tokio::test]
async fn not_a_byte_of_someones_file_changes_and_nothing_is_left_beside_it() {
    for mode in ["DELETE", "TRUNCATE", "WAL"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("some one's %file?.db");
        someones(&file, mode);
        let before = files(folder.path());
        look_around(&file).await;
        assert!(files(folder.path()) == before, "journal mode {mode}");
    }
}

#[tokio::test]
async fn a_file_that_others_write_is_read_as_it_becomes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    someones(&file, "WAL");
    let engine = Sqlite::open(Settings::existing(&file, false)).await.unwrap();
    let count = async || {
        let rows = engine.console(question("SELECT count(*) FROM Artist")).await.unwrap();
        rows[0].rows[0][0].as_int().unwrap()
    };
    assert_eq!(count().await, 2);
    let guard = all_open(&engine.inspect(0).await.unwrap());
    let seen = async || engine.run(plan(&guard, "read Artist?select=Name")).await.unwrap().rows;
    assert_eq!((seen().await, seen().await), (2, 2));
    let other = Connection::open(&file).unwrap();
    other.execute_batch("INSERT INTO Artist VALUES (3, 'Aerosmith')").unwrap();
    assert_eq!((count().await, seen().await), (3, 3));
    other.execute_batch("INSERT INTO Artist VALUES (4, 'Alanis')").unwrap();
    other.close().unwrap();
    assert_eq!((count().await, seen().await, seen().await), (4, 4, 4));
}

#[tokio::test]
async fn with_consent_rows_are_written_and_the_journal_mode_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    someones(&file, "DELETE");
    let engine = Sqlite::open(Settings::existing(&file, true)).await.unwrap();
    let guard = all_open(&engine.inspect(0).await.unwrap());
    engine.run(plan(&guard, r#"insert Artist {"Name":"x"}"#)).await.unwrap();
    drop(engine);
    let other = Connection::open(&file).unwrap();
    let mode: String = other.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    let count: i64 = other.query_row("SELECT count(*) FROM Artist", [], |row| row.get(0)).unwrap();
    assert_eq!((mode.as_str(), count), ("delete", 3));
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let missing = Sqlite::open(Settings::existing(&file, false)).await.err().unwrap();
    assert_eq!(missing.code.id, "MF5002");
    let missing = Sqlite::open(Settings::existing(&file, true)).await.err().unwrap();
    assert_eq!(missing.code.id, "MF5002");
    assert!(files(folder.path()).is_empty());
    std::fs::write(&file, "no database at all, but longer than a header of one is\n".repeat(50))
        .unwrap();
    let before = files(folder.path());
    let damaged = match Sqlite::open(Settings::existing(&file, false)).await {
        Err(error) => error,
        Ok(engine) => engine.inspect(0).await.unwrap_err(),
    };
    assert_eq!(damaged.state.as_deref(), Some("XX001"));
    assert!(files(folder.path()) == before);
}

#[tokio::test]
async fn a_copy_is_whole_while_others_write() {
    let world = crate::world::World::new("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)").await;
    let folder = tempfile::tempdir().unwrap();
    for (how, name) in [(Copy::Exact, "exact.db"), (Copy::Compact, "compact.db")] {
        let to = folder.path().join(name);
        world.act(r#"insert t [{"a":"x"},{"a":"y"}]"#).await.unwrap();
        let writing = async {
            for _ in 0..20 {
                world.act(r#"insert t [{"a":"x"},{"a":"y"}]"#).await.unwrap();
            }
        };
        let (copied, ()) = tokio::join!(world.engine.copy_to(to.clone(), how), writing);
        copied.unwrap();
        let copy = Connection::open(&to).unwrap();
        let sound: String = copy.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        let count: i64 = copy.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        assert!(sound == "ok" && count >= 2 && count % 2 == 0, "{sound} {count}");
        let again = world.engine.copy_to(to, how).await.unwrap_err();
        assert!(again.message.contains("is there already"));
    }
}
