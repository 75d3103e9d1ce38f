//! SQLite by hand: each thread reads with a connection of its own; one thread writes, and whoever
//! waits for it shares a commit.

use super::{Answered, NewPost, Post, Reads, Wanted, broken, made};
use crate::schema;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::routing::get;
use axum::{Json, Router};
use rusqlite::{Connection, Row, params};
use std::cell::RefCell;
use std::sync::{Arc, mpsc};
use tokio::sync::oneshot;

type Written = Result<Post<String>, String>;
type Order = (NewPost, oneshot::Sender<Written>);

struct App {
    file: String,
    reads: Reads,
    writer: mpsc::SyncSender<Order>,
}

const COLUMNS: &str = "id, title, body, author_id, published, created_at";
/// Inserts that may wait, and those of one commit.
const WAITING_MAX: usize = 1_024;
const COMMIT_MAX: usize = 256;

thread_local! {
    static READER: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

pub(super) fn fill(file: &std::path::Path) {
    let db = open(&file.display().to_string(), Reads::Calls);
    db.execute_batch(&schema::on_sqlite()).unwrap();
}

pub(super) fn app(file: &str, reads: Reads) -> Router {
    let (writer, orders) = mpsc::sync_channel(WAITING_MAX);
    let place = file.to_owned();
    std::thread::spawn(move || write(&place, reads, &orders));
    Router::new()
        .route("/posts/{id}", get(by_key))
        .route("/posts", get(page).post(insert))
        .route("/embed/{id}", get(embed))
        .with_state(Arc::new(App { file: file.to_owned(), reads, writer }))
}

fn open(file: &str, reads: Reads) -> Connection {
    let db = Connection::open(file).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON",
    )
    .unwrap();
    if matches!(reads, Reads::Memory) {
        db.execute_batch("PRAGMA mmap_size = 268435456").unwrap();
    }
    db
}

fn read<T>(app: &App, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Answered<T> {
    READER.with_borrow_mut(|reader| {
        work(reader.get_or_insert_with(|| open(&app.file, app.reads))).map_err(broken)
    })
}

fn post(row: &Row<'_>) -> rusqlite::Result<Post<String>> {
    Ok(Post {
        id: row.get(0)?,
        title: row.get(1)?,
        body: row.get(2)?,
        author_id: row.get(3)?,
        published: row.get(4)?,
        created_at: row.get(5)?,
    })
}

async fn by_key(State(app): State<Arc<App>>, Path(id): Path<i64>) -> Answered<Json<Post<String>>> {
    let sql = select("WHERE id = ?1");
    read(&app, |db| db.prepare_cached(&sql)?.query_row([id], post)).map(Json)
}

async fn page(
    State(app): State<Arc<App>>,
    Query(wanted): Query<Wanted>,
) -> Answered<Json<Vec<Post<String>>>> {
    let sql = select("WHERE author_id = ?1 AND published ORDER BY created_at DESC LIMIT 25");
    read(&app, |db| db.prepare_cached(&sql)?.query_map([wanted.author_id], post)?.collect())
        .map(Json)
}

fn select(rest: &str) -> String {
    format!("SELECT {COLUMNS} FROM posts {rest}")
}

const EMBED: &str = "SELECT json_object('id', p.id, 'title', p.title,
    'author', json_object('id', a.id, 'name', a.name),
    'comments', (SELECT json_group_array(json_object('id', c.id, 'body', c.body,
                   'author', json_object('id', b.id, 'name', b.name)))
                 FROM comments c JOIN authors b ON b.id = c.author_id WHERE c.post_id = p.id))
    FROM posts p JOIN authors a ON a.id = p.author_id WHERE p.id = ?1";

async fn embed(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
) -> Answered<([(header::HeaderName, &'static str); 1], String)> {
    let json: String =
        read(&app, |db| db.prepare_cached(EMBED)?.query_row([id], |row| row.get(0)))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], json))
}

async fn insert(
    State(app): State<Arc<App>>,
    Json(new): Json<NewPost>,
) -> Answered<(StatusCode, Json<Post<String>>)> {
    let (answer, written) = oneshot::channel();
    app.writer.try_send((new, answer)).map_err(broken)?;
    written.await.map_err(broken)?.map(made).map_err(broken)
}

fn write(file: &str, reads: Reads, orders: &mpsc::Receiver<Order>) {
    let db = open(file, reads);
    let sql = format!(
        "INSERT INTO posts (title, body, author_id, published) VALUES (?1, ?2, ?3, ?4)
         RETURNING {COLUMNS}"
    );
    while let Ok(first) = orders.recv() {
        let waiting = std::iter::from_fn(|| orders.try_recv().ok()).take(COMMIT_MAX - 1);
        let together: Vec<Order> = std::iter::once(first).chain(waiting).collect();
        db.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut done = Vec::with_capacity(together.len());
        for (new, answer) in together {
            let NewPost { title, body, author_id, published } = new;
            let written = db
                .prepare_cached(&sql)
                .and_then(|mut s| s.query_row(params![title, body, author_id, published], post));
            done.push((answer, written.map_err(|e| e.to_string())));
        }
        db.execute_batch("COMMIT").unwrap();
        for (answer, written) in done {
            let _ = answer.send(written);
        }
    }
}
