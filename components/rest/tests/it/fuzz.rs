//! Requests for the tables of the cinema, by a grammar and out of recorded ones that were spoilt. What
//! the door does before the engine answers each with a plan or with a mistake of the caller's.
//! `MAG_KIT_FUZZ=1000000` makes a night of it.

use super::hostile::{answer, check};
use http::header::{HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use mag_contract::{Actor, Timestamp};
use mag_guard::ruleset::{Grant, GrantOn, RoleRule, Ruleset};
use mag_guard::{Guard, Session};
use mag_kit::fuzz::{Chance, Grammar, USUAL, each, seeds, spoil};
use mag_model::catalog::draft::{ColumnDraft, Draft, ForeignDraft, KeyDraft, TableDraft};
use mag_ports::View;
use mag_query::Rules;
use mag_query::error::Verb;
use mag_rest::problem::Problem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Tables, with their columns; `to:` is a key of another table.
const CINEMA: &[(&str, &[&str])] = &[
    ("directors", &["id integer", "name text", "country text", "born date"]),
    (
        "films",
        &[
            "id integer",
            "title text",
            "director_id integer to:directors",
            "year integer",
            "rating numeric",
            "released boolean",
            "details jsonb",
            "added timestamptz",
        ],
    ),
    ("actors", &["id integer", "name text", "tags text[]"]),
    (
        "parts",
        &["id integer", "film_id integer to:films", "actor_id integer to:actors", "role text"],
    ),
    ("reviews", &["id integer", "film_id integer to:films", "stars integer", "words tsvector"]),
    ("genres", &["id integer", "name text", "parent_id integer to:genres", "span int4range"]),
];

fn cinema() -> (View, Arc<Session>) {
    let tables = CINEMA.iter().map(|(name, columns)| {
        let mut table = TableDraft::new("public", *name);
        for column in *columns {
            let mut words = column.split(' ');
            let (called, kind) = (words.next().unwrap(), words.next().unwrap());
            table = table.column(ColumnDraft::new(called, kind));
            if let Some(to) = words.next().and_then(|word| word.strip_prefix("to:")) {
                table.foreign.push(ForeignDraft {
                    name: format!("{name}_{called}_fkey"),
                    columns: vec![called.into()],
                    to_schema: "public".into(),
                    to_table: to.into(),
                    to_columns: vec!["id".into()],
                    ..ForeignDraft::default()
                });
            }
        }
        table.primary = Some(KeyDraft { name: format!("{name}_pkey"), columns: vec!["id".into()] });
        table
    });
    let draft = Draft { tables: tables.collect(), ..Draft::default() };
    let catalog = Arc::new(draft.build(1).unwrap());
    let role = "anon".to_owned();
    let rules = Ruleset {
        roles: vec![RoleRule { name: role.clone(), bypass: true, ..RoleRule::default() }],
        grants: vec![Grant {
            role,
            schema: "public".into(),
            on: GrantOn::AllTables { verbs: Verb::ALL.to_vec() },
        }],
        ..Ruleset::default()
    };
    let guard = Arc::new(Guard::new(&rules, &catalog));
    let session = Session::new(Actor::system(), "anon", "{}", Timestamp(0));
    (View::new(catalog, guard, Rules::Compiled), Arc::new(session))
}

/// The requests that the suite of the cinema asks on both engines.
fn recorded() -> Vec<String> {
    let text = include_str!("../../../../suites/rest/tests/it/cinema/requests.txt");
    let lines = text.split("\n\n").filter_map(|block| block.trim().lines().next());
    let urls = lines.filter_map(|line| line.split_once(' ')).map(|(_, url)| url.to_owned());
    seeds(urls)
}

fn request(method: Method, url: &str) -> Option<Request<()>> {
    let uri: Uri = format!("/rest/v1{url}").parse().ok()?;
    Request::builder().method(method).uri(uri).body(()).ok()
}

/// Neither a panic nor a mistake of ours; those that were planned are counted.
fn judge(result: Result<(), Problem>, what: &str, planned: &AtomicUsize) {
    if result.is_ok() {
        planned.fetch_add(1, Ordering::Relaxed);
    }
    check(result, what);
}

/// Input that is always refused at the first look would try nothing behind it.
fn some_were_planned(planned: &AtomicUsize) {
    let planned = planned.load(Ordering::Relaxed);
    assert!(planned > 1_000 || std::env::var_os("MAG_KIT_FUZZ_ONLY").is_some(), "{planned}");
}

fn method(chance: &mut Chance) -> Method {
    let all = [Method::GET, Method::GET, Method::HEAD, Method::DELETE, Method::OPTIONS];
    chance.of(&all).clone()
}

#[test]
fn whatever_the_grammar_of_a_request_makes_is_planned_or_refused() {
    let (view, session) = cinema();
    let planned = AtomicUsize::new(0);
    let grammar = Grammar::rest();
    each(
        "select, filters, order, trees",
        USUAL,
        |chance| (method(chance), grammar.make(chance, "url")),
        |(method, url)| {
            let Some(request) = request(method.clone(), url) else { return };
            judge(answer(&view, &session, request, b""), url, &planned);
        },
    );
    some_were_planned(&planned);
}

#[test]
fn recorded_addresses_that_were_spoilt_are_planned_or_refused() {
    let (view, session) = cinema();
    let planned = AtomicUsize::new(0);
    let recorded = recorded();
    each(
        "addresses",
        USUAL,
        |chance| {
            let url = chance.of(&recorded).clone();
            (method(chance), String::from_utf8_lossy(&spoil(chance, &url, &recorded)).into_owned())
        },
        |(method, url)| {
            let Some(request) = request(method.clone(), url) else { return };
            judge(answer(&view, &session, request, b""), url, &planned);
        },
    );
    some_were_planned(&planned);
}

const HEADERS: &[(&str, &[&str])] = &[
    (
        "accept",
        &[
            "application/json",
            "text/csv;q=0.5, */*;q=0.1",
            "application/vnd.pgrst.object+json;nulls=stripped",
            "application/vnd.pgrst.plan+json; for=\"application/json\"; options=analyze|verbose;",
            "application/geo+json",
        ],
    ),
    (
        "prefer",
        &[
            "return=representation, count=exact",
            "resolution=merge-duplicates,missing=default",
            "handling=strict, max-affected=1, timezone=Europe/Berlin",
            "tx=rollback, params=single-object",
        ],
    ),
    ("range", &["0-24", "items=5-2", "99999999999999999999-", "-5", "0-0,5-9"]),
    ("range-unit", &["items", "bytes"]),
    ("content-type", &["application/json; charset=utf-8", "text/csv", "multipart/form-data"]),
    ("accept-profile", &["public", "pg_catalog", "\"public\""]),
    ("content-profile", &["public", "private"]),
    ("x-http-method-override", &["DELETE"]),
    ("cookie", &["a=b; c=\"d\"", "role=service_role"]),
];

#[test]
fn recorded_headers_that_were_spoilt_are_understood_or_refused() {
    let (view, session) = cinema();
    let planned = AtomicUsize::new(0);
    let texts: Vec<String> =
        HEADERS.iter().flat_map(|(_, texts)| *texts).map(|text| (*text).to_owned()).collect();
    each(
        "headers",
        USUAL,
        |chance| {
            let some = (0..=chance.below(4)).map(|_| {
                let (name, known) = chance.of(HEADERS);
                let text = if chance.one_in(3) { chance.of(&texts) } else { *chance.of(known) };
                let bytes = match chance.one_in(4) {
                    true => text.as_bytes().to_vec(),
                    false => spoil(chance, text, &texts),
                };
                (*name, bytes)
            });
            (some.collect::<Vec<_>>(), method(chance))
        },
        |(headers, method)| {
            let mut request = request(method.clone(), "/films?select=id,title").unwrap();
            for (name, bytes) in headers {
                if let Ok(value) = HeaderValue::from_bytes(bytes) {
                    request.headers_mut().append(HeaderName::from_static(name), value);
                }
            }
            judge(answer(&view, &session, request, b""), &format!("{headers:?}"), &planned);
        },
    );
    some_were_planned(&planned);
}

const BODIES: &[(&str, &str)] = &[
    ("application/json", r#"{"id":1,"title":"Ran","details":{"tags":["war",null],"minutes":162}}"#),
    ("application/json", r#"[{"id":1,"year":1985},{"id":2,"rating":8.2,"released":false}]"#),
    ("application/json", r#"[{"id":"1","added":"2024-01-31T10:00:00Z","director_id":null}]"#),
    ("application/json", "[]"),
    ("application/json", r#"{"title":"\ud83e\udd80 \u0000 \"quoted\"","rating":1e400}"#),
    ("text/csv", "id,title,year\n1,Ran,1985\n2,\"a \"\"b\"\"\n c\",NULL\n"),
    ("application/x-www-form-urlencoded", "id=1&title=a+b%20c&year="),
    ("text/plain", "a text"),
    ("application/octet-stream", "\u{0}\u{1}\u{2}"),
];

#[test]
fn recorded_bodies_that_were_spoilt_are_planned_or_refused() {
    let (view, session) = cinema();
    let planned = AtomicUsize::new(0);
    let texts: Vec<String> = BODIES.iter().map(|(_, text)| (*text).to_owned()).collect();
    let places = [
        "/films",
        "/films?columns=id,title,details",
        "/films?on_conflict=id",
        "/films?id=eq.1",
        "/actors?columns=tags",
        "/rpc/none",
    ];
    each(
        "bodies",
        USUAL,
        |chance| {
            let (kind, text) = *chance.of(BODIES);
            let kind = if chance.one_in(8) { chance.of(BODIES).0 } else { kind };
            let method = chance.of(&[Method::POST, Method::PATCH, Method::PUT]).clone();
            (method, *chance.of(&places), kind, spoil(chance, text, &texts))
        },
        |(method, place, kind, body)| {
            let mut request = request(method.clone(), place).unwrap();
            let headers = request.headers_mut();
            headers.insert("content-type", HeaderValue::from_static(kind));
            let wanted = "return=representation,resolution=merge-duplicates,missing=default";
            headers.insert("prefer", HeaderValue::from_static(wanted));
            judge(answer(&view, &session, request, body), &String::from_utf8_lossy(body), &planned);
        },
    );
    some_were_planned(&planned);
}
