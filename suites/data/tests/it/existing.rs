//! A database that was there before: connected and read within a moment, and not a byte of it has
//! changed. It has the tables of the well-known record shop, and rows of our own.

mod shop;

use crate::installation;
use mag_kit::postgres::{Options, Server};
use mag_kit::{Board, Installation};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// What was promised is two seconds; a test on a busy machine, without optimisation, gets more.
const PROMISED: Duration = Duration::from_secs(2);
const PATIENCE: u32 = 10;

/// From nothing to rows of three tables, as somebody who has just been given the address would.
fn connect_and_read(here: &Installation, board: &Board<'_>, address: &str, names: shop::Names) {
    let began = Instant::now();
    operation(here, board, "source:connect", &json!({ "source": "shop", "address": address }));
    let sql = format!(
        "SELECT a.{name}, count(*), sum(l.{price} * l.{quantity}) FROM {artist} a \
         JOIN {album} b ON b.{artist_id} = a.{artist_id} JOIN {track} t ON t.{album_id} = b.{album_id} \
         JOIN {line} l ON l.{track_id} = t.{track_id} GROUP BY a.{name} ORDER BY 2 DESC, 1 LIMIT 5",
        name = names.of("Name"),
        price = names.of("UnitPrice"),
        quantity = names.of("Quantity"),
        artist = names.of("Artist"),
        album = names.of("Album"),
        track = names.of("Track"),
        line = names.of("InvoiceLine"),
        artist_id = names.of("ArtistId"),
        album_id = names.of("AlbumId"),
        track_id = names.of("TrackId"),
    );
    let read = operation(here, board, "sql:run", &json!({ "sql": sql, "source": "shop" }));
    let took = began.elapsed();
    assert_eq!(read["answers"][0]["rows"].as_array().unwrap().len(), 5, "{read}");
    eprintln!("{}: connected and read in {took:.0?}", names.engine());
    assert!(took < PROMISED * PATIENCE, "it took {took:?}");

    for (table, rows) in shop::COUNTS {
        let sql = format!("SELECT count(*) AS n FROM {}", names.of(table));
        let counted = operation(here, board, "sql:run", &json!({ "sql": sql, "source": "shop" }));
        assert_eq!(counted["answers"][0]["rows"][0][0], json!(rows), "{table}: {counted}");
    }
    // It is looked at from all sides, and nobody may write.
    for (name, input) in [
        ("source:inspect", json!({ "source": "shop" })),
        ("source:refresh", json!({ "source": "shop" })),
        ("schema:show", json!({ "source": "shop" })),
        ("schema:lint", json!({ "source": "shop" })),
    ] {
        operation(here, board, name, &input);
    }
    let write = format!("UPDATE {} SET {} = 'x'", names.of("Artist"), names.of("Name"));
    let input = json!({ "sql": write, "source": "shop", "write": true });
    let (status, answer) = call(here, board, "sql:run", &input);
    assert_eq!((status, &answer["code"]), (403, &json!("MF5007")), "{answer}");
}

fn call(here: &Installation, board: &Board<'_>, name: &str, input: &Json) -> (u16, Json) {
    let token = std::fs::read_to_string(here.data().join("secrets/admin.token")).unwrap();
    let head =
        format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", token.trim());
    let path = format!("/admin/v1/operations/{name}");
    let (status, body) = board.ask("POST", &path, &head, &input.to_string());
    (status, serde_json::from_str(&body).unwrap_or(Json::String(body)))
}

fn operation(here: &Installation, board: &Board<'_>, name: &str, input: &Json) -> Json {
    let (status, answer) = call(here, board, name, input);
    assert_eq!(status, 200, "{name} {input}: {answer}");
    answer
}

#[test]
fn a_file_of_sqlite_is_read_in_a_moment_and_stays_as_it_was() {
    let here = installation();
    let folder = here.folder().join("theirs");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("chinook.db");
    let database = rusqlite::Connection::open(&file).unwrap();
    database.execute_batch(&shop::script(shop::Names::Camel)).unwrap();
    drop(database);
    let before = fingerprint(&folder);
    let board = here.boot(&[]);
    connect_and_read(&here, &board, file.to_str().unwrap(), shop::Names::Camel);
    assert_eq!(board.stop(), Some(0));
    assert_eq!(fingerprint(&folder), before, "somebody has written");
}

/// Every file of a folder with the hash of its bytes.
fn fingerprint(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            (name, hash(&std::fs::read(file.path()).unwrap()))
        })
        .collect();
    files.sort();
    files
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_database_of_postgresql_is_read_in_a_moment_and_stays_as_it_was() {
    let Some(server) = Server::own(&Options::default()) else { return };
    let name = server.create("template1");
    let mut psql = server.program("psql");
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &name]).stdin(Stdio::piped());
    let mut loading = psql.spawn().unwrap();
    let script = shop::script(shop::Names::Snake);
    loading.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(loading.wait().unwrap().success());
    let before = dump(&server);
    let here = installation();
    let board = here.boot(&[]);
    connect_and_read(&here, &board, &server.url(&name), shop::Names::Snake);
    assert_eq!(board.stop(), Some(0));
    assert_eq!(dump(&server), before, "somebody has written");
}

/// Everything that the server holds: roles, databases, rows.
fn dump(server: &Server) -> String {
    let output = server.program("pg_dumpall").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    // Newer programs put words by chance around a dump.
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"))
        .collect();
    assert!(lines.len() > 15_000, "the rows are in it");
    hash(lines.join("\n").as_bytes())
}
