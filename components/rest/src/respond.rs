//! From an answer to a response: status and headers as clients of the dialect expect them. Pure.

use crate::media::Media;
use crate::negotiate::Offer;
use crate::parse::escape;
use crate::prefer::{Count, Preferences, Resolution, Return};
use crate::problem::Problem;
use crate::range::{Part, content_range, part};
use crate::render;
use crate::request::{Action, Asked};
use crate::transact::{self, Said};
use bytes::Bytes;
use http::header::{
    CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, CONTENT_TYPE, HeaderName, HeaderValue,
    LOCATION, VARY,
};
use http::{HeaderMap, StatusCode};
use mag_model::catalog::Table;
use mag_model::json::{self, Json};
use mag_model::{Type, Value};
use mag_query::call::Pick;
use mag_query::{Answer, Body, Plan, Work};

#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn new(status: StatusCode) -> Self {
        // All that an answer has, with what the gate adds.
        Self { status, headers: HeaderMap::with_capacity(12), body: Bytes::new() }
    }
    /// The same for all answers.
    pub fn say(&mut self, name: HeaderName, value: &'static str) {
        self.headers.insert(name, HeaderValue::from_static(value));
    }
    /// Made for this answer.
    pub fn put(&mut self, name: HeaderName, value: String) {
        if let Ok(value) = HeaderValue::try_from(value) {
            self.headers.insert(name, value);
        }
    }
    pub fn set(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            self.headers.insert(name, value);
        }
    }
    /// With its length.
    pub fn carry(&mut self, body: impl Into<Bytes>) {
        self.body = body.into();
        self.put(CONTENT_LENGTH, self.body.len().to_string());
    }
    fn with_body(&mut self, asked: &Asked, offer: &Offer, body: Vec<u8>, head: bool) {
        if !head {
            self.carry(body);
        }
        self.typed(asked, &offer.media);
    }
    pub fn typed(&mut self, asked: &Asked, media: &Media) {
        match media {
            Media::Json => self.say(CONTENT_TYPE, "application/json; charset=utf-8"),
            other => self.put(CONTENT_TYPE, other.content_type()),
        }
        if asked.by_profile {
            self.set(HeaderName::from_static("content-profile"), &asked.schema);
        }
    }
    fn applied(&mut self, preferences: &Preferences) {
        if let Some(applied) = preferences.applied() {
            self.put(HeaderName::from_static("preference-applied"), applied);
        }
    }
    /// What the statements said goes before what the door says.
    fn overridden(mut self, said: Said) -> Self {
        if let Some(status) = said.status {
            self.status = status;
        }
        for (name, _) in &said.headers {
            self.headers.remove(name);
        }
        for (name, value) in said.headers {
            self.headers.append(name, value);
        }
        self
    }
}

pub fn problem(problem: &Problem) -> Reply {
    let mut reply = Reply::new(problem.status);
    reply.say(CONTENT_TYPE, "application/json; charset=utf-8");
    reply.carry(problem.body());
    reply
        .put(HeaderName::from_static("proxy-status"), format!("PostgREST; error={}", problem.code));
    for (name, value) in &problem.headers {
        reply.headers.append(name.clone(), value.clone());
    }
    reply
}

fn rows_of(answer: &Answer) -> i64 {
    i64::try_from(answer.rows).unwrap_or(i64::MAX)
}
fn total_of(answer: &Answer) -> Option<i64> {
    answer.count.map(|count| i64::try_from(count).unwrap_or(i64::MAX))
}

/// `location`: where it is asked for, when that is known already.
pub fn answer(
    asked: &Asked,
    location: Option<String>,
    offer: &Offer,
    plan: &Plan,
    answer: Answer,
) -> Result<Reply, Problem> {
    let said = transact::said(&answer.settings)?;
    if let (Media::Plan(_), Body::Json(_)) = (&offer.media, &answer.body) {
        let mut reply = Reply::new(StatusCode::OK);
        let lines = render::body(answer, plan, &offer.shape);
        reply.with_body(asked, offer, lines, asked.head());
        return Ok(reply.overridden(said));
    }
    let reply = match &plan.work {
        Work::Read(_) => read(asked, location, offer, plan, answer),
        Work::Invoke(_) => invoked(asked, offer, plan, answer),
        Work::Insert(_) | Work::Update(_) | Work::Delete(_) => written(asked, offer, plan, answer),
    };
    Ok(reply.overridden(said))
}

/// Status, `Content-Range`, and the body or why there is none.
fn paged(asked: &Asked, rows: i64, total: Option<i64>, body: Vec<u8>) -> (Reply, Vec<u8>) {
    let offset = asked.page.offset;
    let status = match part(offset, rows, total) {
        Part::All => StatusCode::OK,
        Part::Some => StatusCode::PARTIAL_CONTENT,
        Part::Beyond => StatusCode::RANGE_NOT_SATISFIABLE,
    };
    let mut reply = Reply::new(status);
    reply.put(CONTENT_RANGE, content_range(offset, offset.saturating_add(rows) - 1, total));
    if status != StatusCode::RANGE_NOT_SATISFIABLE {
        return (reply, body);
    }
    let problem = Problem::bad_range(format!(
        "An offset of {offset} was requested, but there are only {} rows.",
        total.unwrap_or(0)
    ));
    (reply, problem.body().into_bytes())
}

fn read(
    asked: &Asked,
    location: Option<String>,
    offer: &Offer,
    plan: &Plan,
    answer: Answer,
) -> Reply {
    let (rows, total) = (rows_of(&answer), total_of(&answer));
    let body = if asked.head() { Vec::new() } else { render::body(answer, plan, &offer.shape) };
    let (mut reply, body) = paged(asked, rows, total, body);
    reply.put(CONTENT_LOCATION, location.unwrap_or_else(|| asked.location()));
    reply.with_body(asked, offer, body, asked.head());
    reply.applied(&applied(asked, plan));
    reply
}

fn invoked(asked: &Asked, offer: &Offer, plan: &Plan, answer: Answer) -> Reply {
    let (rows, total) = (rows_of(&answer), total_of(&answer));
    let void = matches!(&plan.work, Work::Invoke(invoke) if invoke.void);
    let body =
        if asked.head() || void { Vec::new() } else { render::body(answer, plan, &offer.shape) };
    let (mut reply, body) = paged(asked, rows, total, body);
    if void {
        reply.status = StatusCode::NO_CONTENT;
    } else {
        reply.with_body(asked, offer, body, asked.head());
    }
    reply.applied(&applied(asked, plan));
    reply
}

fn written(asked: &Asked, offer: &Offer, plan: &Plan, answer: Answer) -> Reply {
    let rows = rows_of(&answer);
    let told = asked.preferences.returning == Some(Return::Representation);
    let counted = matches!(asked.preferences.count, Some(Count::Exact | Count::Estimated));
    let total = counted.then_some(rows);
    let mut reply = match asked.action {
        Action::Insert => {
            let merges = asked.preferences.resolution == Some(Resolution::Merge);
            let changed_all = merges && answer.inserted.unwrap_or(answer.rows) == 0;
            let status = if changed_all { StatusCode::OK } else { StatusCode::CREATED };
            let mut reply = Reply::new(status);
            if let Some(location) = location(asked, plan, &answer) {
                reply.put(LOCATION, location);
            }
            reply.put(CONTENT_RANGE, content_range(1, 0, total));
            reply.say(CONTENT_LENGTH, "0");
            reply
        }
        Action::Put => {
            let made = answer.inserted.is_some_and(|made| made > 0);
            Reply::new(match (told, made) {
                (true, true) => StatusCode::CREATED,
                (true, false) => StatusCode::OK,
                (false, _) => StatusCode::NO_CONTENT,
            })
        }
        _ => {
            let mut reply = Reply::new(if told { StatusCode::OK } else { StatusCode::NO_CONTENT });
            let (lower, upper) = match asked.action {
                Action::Update => (0, rows - 1),
                _ => (1, 0),
            };
            reply.put(CONTENT_RANGE, content_range(lower, upper, total));
            reply
        }
    };
    if told {
        reply.with_body(asked, offer, render::body(answer, plan, &offer.shape), false);
    }
    reply.applied(&applied(asked, plan));
    reply
}

/// Where the one row is that was made.
fn location(asked: &Asked, plan: &Plan, answer: &Answer) -> Option<String> {
    let (Some(Return::HeadersOnly), Work::Insert(insert), Body::Rows(rows)) =
        (asked.preferences.returning, &plan.work, &answer.body)
    else {
        return None;
    };
    let table: &Table = plan.catalog.table(insert.table);
    let [row] = rows.rows.as_slice() else { return None };
    if rows.columns.is_empty() || table.primary_columns().is_empty() {
        return None;
    }
    let mut pairs: Vec<(&str, String)> = rows
        .columns
        .iter()
        .zip(row)
        .map(|((name, ty), value)| match value {
            Value::Null => (&**name, "is.null".to_owned()),
            value => (&**name, format!("eq.{}", as_in_json(value, ty))),
        })
        .collect();
    // In the order of the table where all of it is picked, else in that of the alphabet.
    match &*asked.params.select {
        picks if picks.is_empty() || picks.contains(&Pick::All) => {
            pairs.sort_by_key(|(name, _)| table.find(name));
        }
        _ => pairs.sort_unstable(),
    }
    let mut location = asked.path.clone();
    for (i, (name, value)) in pairs.iter().enumerate() {
        location.push(if i == 0 { '?' } else { '&' });
        escape(&mut location, name);
        location.push('=');
        escape(&mut location, value);
    }
    Some(location)
}

/// A value as JSON has it, a text without its quotes.
fn as_in_json(value: &Value, ty: &Type) -> String {
    let text = json::text(value, ty);
    match json::parse(&text) {
        Ok(Json::String(text)) => text,
        _ => text,
    }
}

/// The answers of a batch.
pub fn batch(asked: &Asked, body: Vec<u8>, said: Said) -> Reply {
    let mut reply = Reply::new(StatusCode::OK);
    reply.carry(body);
    reply.typed(asked, &Media::Json);
    let Preferences { end, timezone, handling, .. } = asked.preferences.clone();
    reply.applied(&Preferences { end, timezone, handling, ..Preferences::default() });
    reply.overridden(said)
}

/// The preferences that mean something for what was done.
fn applied(asked: &Asked, plan: &Plan) -> Preferences {
    let mut applied = asked.preferences.clone();
    let has_key = match &plan.work {
        Work::Insert(insert) => {
            !plan.catalog.table(insert.table).primary_columns().is_empty()
                || asked.params.on_conflict.is_some()
        }
        _ => false,
    };
    let writes = asked.writes_rows();
    applied.resolution = applied.resolution.filter(|_| asked.action == Action::Insert && has_key);
    applied.returning = applied.returning.filter(|_| writes);
    applied.missing =
        applied.missing.filter(|_| matches!(asked.action, Action::Insert | Action::Update));
    applied.max_affected = applied.max_affected.filter(|_| {
        matches!(
            asked.action,
            Action::Update | Action::Delete | Action::Ask { .. } | Action::Invoke
        )
    });
    applied
}

/// What may be done with a thing.
pub fn allowed(allow: &str) -> Reply {
    let mut reply = Reply::new(StatusCode::OK);
    reply.set(http::header::ALLOW, allow);
    reply.say(CONTENT_LENGTH, "0");
    reply.say(http::header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    reply
}

pub fn methods_of_table(table: &Table, upserts: bool) -> String {
    let mut methods = vec!["OPTIONS", "GET", "HEAD"];
    if table.insertable {
        methods.push("POST");
    }
    let has_key = !table.primary_columns().is_empty();
    if table.insertable && table.updatable && has_key && upserts {
        methods.push("PUT");
    }
    if table.updatable {
        methods.push("PATCH");
    }
    if table.deletable {
        methods.push("DELETE");
    }
    methods.join(",")
}

/// Who asks: a cache knows it of tokens, and of keys only when it is told.
const ASKER: HeaderValue = HeaderValue::from_static("Authorization, apikey");

/// What else an answer depends on. Whatever the statements say of it, who asks is always among it.
pub fn vary(reply: &mut Reply) {
    if !reply.headers.contains_key(VARY) {
        reply.say(VARY, "Accept, Prefer, Range");
    }
    reply.headers.append(VARY, ASKER);
}
