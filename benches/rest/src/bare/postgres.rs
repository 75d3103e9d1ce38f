//! PostgreSQL by hand: a pool, prepared statements, rows as JSON.

use super::{Answered, NewPost, POOL, Post, Wanted, broken, made};
use crate::work::Work;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::routing::get;
use axum::{Json, Router};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use std::sync::Arc;
use time::OffsetDateTime;
use tokio_postgres::{NoTls, Row, Statement};

struct App {
    pool: Pool,
}

#[derive(serde::Serialize)]
#[serde(transparent)]
struct Moment(#[serde(with = "time::serde::rfc3339")] OffsetDateTime);

pub(super) fn app(url: &str) -> Router {
    let config: tokio_postgres::Config = url.parse().unwrap();
    let fast = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config, NoTls, fast);
    let pool = Pool::builder(manager).max_size(POOL).build().unwrap();
    Router::new()
        .route("/posts/{id}", get(by_key))
        .route("/posts", get(page).post(insert))
        .route("/embed/{id}", get(embed))
        .with_state(Arc::new(App { pool }))
}

async fn ready(app: &App, sql: &str) -> Answered<(Object, Statement)> {
    let link = app.pool.get().await.map_err(broken)?;
    let statement = link.prepare_cached(sql).await.map_err(broken)?;
    Ok((link, statement))
}

fn post(row: &Row) -> Post<Moment> {
    Post {
        id: row.get(0),
        title: row.get(1),
        body: row.get(2),
        author_id: row.get(3),
        published: row.get(4),
        created_at: Moment(row.get(5)),
    }
}

async fn by_key(State(app): State<Arc<App>>, Path(id): Path<i64>) -> Answered<Json<Post<Moment>>> {
    let (link, statement) = ready(&app, &Work::Key.sql()).await?;
    let row = link.query_one(&statement, &[&id]).await.map_err(broken)?;
    Ok(Json(post(&row)))
}

async fn page(
    State(app): State<Arc<App>>,
    Query(wanted): Query<Wanted>,
) -> Answered<Json<Vec<Post<Moment>>>> {
    let (link, statement) = ready(&app, &Work::Page.sql()).await?;
    let rows = link.query(&statement, &[&wanted.author_id]).await.map_err(broken)?;
    Ok(Json(rows.iter().map(post).collect()))
}

const INSERT: &str = "INSERT INTO posts (title, body, author_id, published) \
    VALUES ($1, $2, $3, $4) RETURNING id, title, body, author_id, published, created_at";

async fn insert(
    State(app): State<Arc<App>>,
    Json(new): Json<NewPost>,
) -> Answered<(StatusCode, Json<Post<Moment>>)> {
    let (link, statement) = ready(&app, INSERT).await?;
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&new.title, &new.body, &new.author_id, &new.published];
    let row = link.query_one(&statement, &values).await.map_err(broken)?;
    Ok(made(post(&row)))
}

async fn embed(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
) -> Answered<([(header::HeaderName, &'static str); 1], String)> {
    let (link, statement) = ready(&app, &Work::Embed.sql()).await?;
    let row = link.query_one(&statement, &[&id]).await.map_err(broken)?;
    let (id, title): (i64, &str) = (row.get(0), row.get(1));
    let (author, comments): (&str, &str) = (row.get(2), row.get(3));
    let title = serde_json::to_string(title).map_err(broken)?;
    let json = format!(r#"{{"id":{id},"title":{title},"author":{author},"comments":{comments}}}"#);
    Ok(([(header::CONTENT_TYPE, "application/json")], json))
}
