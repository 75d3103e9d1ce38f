//! Input that nobody would send in good faith: names, operators and signs thrown together, in URLs,
//! headers and bodies. Whatever comes is answered with a mistake of the caller's or with a plan, never
//! with a panic and never with a mistake of ours. Chance has a seed, so a failure comes again.

use http::{HeaderMap, HeaderValue, Method, Request};
use mag_contract::{Actor, Timestamp};
use mag_guard::ruleset::{Grant, GrantOn, RoleRule, Ruleset};
use mag_guard::{Guard, Session};
use mag_model::catalog::draft::{ColumnDraft, Draft, ForeignDraft, KeyDraft, TableDraft};
use mag_ports::View;
use mag_ports::settings::{RestSettings, TxEnd};
use mag_query::error::Verb;
use mag_query::{Options, Rules};
use mag_rest::media::{Media, accepted};
use mag_rest::negotiate::{Negotiation, Thing};
use mag_rest::prefer::Preferences;
use mag_rest::problem::Problem;
use mag_rest::range::Span;
use mag_rest::request::{Action, Asked, Target};
use mag_rest::{call, transact};
use std::sync::Arc;

/// A sequence of numbers that is the same each time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n.max(1)).unwrap()).unwrap()
    }
    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

const WORDS: &[&str] = &[
    "id",
    "title",
    "notes",
    "owners",
    "tags",
    "doc",
    "owner_id",
    "rpc",
    "count",
    "count()",
    "*",
    "sum()",
    "select",
    "order",
    "limit",
    "offset",
    "and",
    "or",
    "not",
    "columns",
    "on_conflict",
    "eq",
    "neq",
    "gt",
    "in",
    "is",
    "null",
    "true",
    "like",
    "ilike",
    "match",
    "fts",
    "plfts(english)",
    "cs",
    "cd",
    "ov",
    "isdistinct",
    "any",
    "all",
    "inner",
    "left",
    "asc",
    "desc",
    "nullsfirst",
    "\"a b\"",
    "0",
    "1",
    "-1",
    "99999999999999999999",
    "1e400",
    "'",
    "\"",
    "\\",
    "\u{0}",
    "é",
    "🦀",
    "%",
    "%%",
    "*",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    ".",
    "..",
    "...",
    ":",
    "::",
    "::text",
    "->",
    "->>",
    "!",
    "!inner",
    "=",
    "&",
    ";",
    " ",
    "\t",
    "\n",
    "<",
    ">",
    "$1",
    "--",
    "/*",
    "{1,2}",
    "(1,2)",
    "eq.1",
    "in.(1,2)",
    "not.is.null",
    "owners(name)",
    "...owners(name)",
    "notes!inner(*)",
];

fn jumble(chance: &mut Chance, most: usize) -> String {
    let n = chance.below(most) + 1;
    (0..n).map(|_| chance.of(WORDS)).collect()
}

fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~()*!,:;=&'".contains(&b);
    text.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn query(chance: &mut Chance) -> String {
    let keys = ["select", "order", "limit", "offset", "or", "and", "columns", "on_conflict", "id"];
    let n = chance.below(4) + 1;
    let pairs = (0..n).map(|_| {
        let key =
            if chance.below(3) == 0 { jumble(chance, 3) } else { chance.of(&keys).to_owned() };
        format!("{}={}", encoded(&key), encoded(&jumble(chance, 8)))
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn world() -> (View, Arc<Session>) {
    let owners = TableDraft::new("public", "owners")
        .column(ColumnDraft::new("id", "integer").not_null())
        .column(ColumnDraft::new("name", "text"));
    let mut notes = TableDraft::new("public", "notes")
        .column(ColumnDraft::new("id", "integer").not_null())
        .column(ColumnDraft::new("title", "text"))
        .column(ColumnDraft::new("doc", "jsonb"))
        .column(ColumnDraft::new("tags", "text[]"))
        .column(ColumnDraft::new("owner_id", "integer"));
    let key =
        |name: &str, column: &str| KeyDraft { name: name.into(), columns: vec![column.into()] };
    notes.primary = Some(key("notes_pkey", "id"));
    notes.foreign.push(ForeignDraft {
        name: "notes_owner_id_fkey".into(),
        columns: vec!["owner_id".into()],
        to_schema: "public".into(),
        to_table: "owners".into(),
        to_columns: vec!["id".into()],
        ..ForeignDraft::default()
    });
    let mut owners = owners;
    owners.primary = Some(key("owners_pkey", "id"));
    let draft = Draft { tables: vec![owners, notes], ..Draft::default() };
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

/// What the door does before the engine.
pub(super) fn answer(
    view: &View,
    session: &Arc<Session>,
    request: Request<()>,
    body: &[u8],
) -> Result<(), Problem> {
    let settings = RestSettings { tx_end: TxEnd::RollbackAllowOverride, ..RestSettings::default() };
    let (parts, ()) = request.into_parts();
    let asked = Asked::read(&parts, &settings)?;
    let _ = transact::settings(&asked, &parts.headers, &settings, false);
    let options = Options::default();
    match (&asked.target, asked.action) {
        (_, Action::Info | Action::Root { .. }) => Ok(()),
        (Target::Function(name), _) => {
            let arguments = call::arguments(&asked, body)?;
            let offer = mag_rest::negotiate::Offer {
                shape: mag_rest::negotiate::Shape::Json { stripped: false },
                media: Media::Json,
            };
            let call = call::invoke(&asked, name, arguments, true, &offer)?;
            let planned = view.prepare(&call, session, &options);
            planned.map(drop).map_err(|trouble| Problem::of_trouble(trouble, true))
        }
        (Target::Table(name), action) => {
            let id = view.catalog.find_table("public", name).ok_or_else(Problem::no_such_path)?;
            let negotiation = Negotiation {
                catalog: &view.catalog,
                schemas: &["public".to_owned()],
                thing: Thing::Table(id),
                whole: true,
                plans: true,
            };
            let offer = negotiation.of(&asked.accepted)?;
            let call = match action {
                Action::Read { .. } => call::read(&asked, name, &offer)?,
                _ => {
                    let body = call::body(&asked, body)?;
                    call::write(&asked, view.catalog.table(id), body, &offer)?
                }
            };
            let planned = view.prepare(&call, session, &options);
            planned.map(drop).map_err(|trouble| Problem::of_trouble(trouble, true))
        }
        (Target::Root, _) => Ok(()),
    }
}

pub(super) fn check(result: Result<(), Problem>, what: &str) {
    if let Err(problem) = result {
        // The dialect says 500 of a row that is merged twice.
        let twice = problem.code == "21000";
        assert!(problem.status.as_u16() < 500 || twice, "{what}: {problem:?}");
        let body: serde_json::Value = serde_json::from_str(&problem.body()).unwrap();
        assert!(body["message"].is_string(), "{what}");
    }
}

#[test]
fn no_query_string_is_a_mistake_of_ours() {
    let (view, session) = world();
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    for _ in 0..60_000 {
        let path = ["notes", "owners", "rpc/none", "nothing", ""][chance.below(5)];
        let uri = format!("/rest/v1/{path}?{}", query(&mut chance));
        let method = if chance.below(4) == 0 { Method::DELETE } else { Method::GET };
        let Ok(request) = Request::builder().method(method).uri(&uri).body(()) else { continue };
        check(answer(&view, &session, request, b""), &uri);
    }
}

#[test]
fn no_body_is_a_mistake_of_ours() {
    let (view, session) = world();
    let mut chance = Chance(0x0123_4567_89AB_CDEF);
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"id\"",
        "\"title\"",
        "\"doc\"",
        "\"tags\"",
        "null",
        "true",
        "1",
        "-0",
        "1e999",
        "\"x\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "[]",
        "{}",
        "{\"id\":1}",
        " ",
        "id,title\n",
        "1,x\n",
        "\"",
        "id=1&title=2",
        "\u{feff}",
    ];
    let types =
        ["application/json", "text/csv", "application/x-www-form-urlencoded", "text/plain", "x/y"];
    for _ in 0..60_000 {
        let n = chance.below(10) + 1;
        let mut body: Vec<u8> =
            (0..n).flat_map(|_| chance.of(&pieces).as_bytes().to_vec()).collect();
        if chance.below(10) == 0 {
            body.push(0xFF);
        }
        let method = [Method::POST, Method::PATCH, Method::PUT][chance.below(3)].clone();
        let path = ["notes", "notes?id=eq.1", "notes?columns=id,doc", "rpc/none"][chance.below(4)];
        let request = Request::builder()
            .method(method)
            .uri(format!("/rest/v1/{path}"))
            .header("content-type", types[chance.below(types.len())])
            .header("prefer", "return=representation,resolution=merge-duplicates")
            .body(())
            .unwrap();
        let shown = String::from_utf8_lossy(&body).into_owned();
        check(answer(&view, &session, request, &body), &shown);
    }
}

#[test]
fn no_header_is_a_mistake_of_ours() {
    let (view, session) = world();
    let mut chance = Chance(0xDEAD_BEEF_CAFE_F00D);
    let names = [
        "accept",
        "prefer",
        "range",
        "content-type",
        "accept-profile",
        "content-profile",
        "cookie",
        "x-any",
    ];
    let words = [
        "application/json",
        "text/csv",
        "*/*",
        ";q=",
        "0.5",
        "nan",
        ",",
        ";",
        "=",
        "\"",
        "0-",
        "-",
        "99999999999999999999",
        "5-2",
        "return=representation",
        "count=exact",
        "max-affected=",
        "-1",
        "handling=strict",
        "timezone=",
        "UTC",
        "application/vnd.pgrst.plan+json",
        "for=",
        "options=",
        "analyze|wal",
        "application/vnd.pgrst.object+json",
        "nulls=stripped",
        "public",
        "é",
        " ",
    ];
    for _ in 0..60_000 {
        let mut request = Request::builder().uri("/rest/v1/notes?select=id").body(()).unwrap();
        for _ in 0..chance.below(4) + 1 {
            let n = chance.below(6) + 1;
            let text: String = (0..n).map(|_| chance.of(&words)).collect();
            if let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) {
                request.headers_mut().append(names[chance.below(names.len())], value);
            }
        }
        let shown = format!("{:?}", request.headers());
        check(answer(&view, &session, request, b""), &shown);
    }
}

#[test]
fn any_bytes_are_a_media_type_a_preference_or_a_range() {
    let mut chance = Chance(0x5555_AAAA_1234_4321);
    for _ in 0..50_000 {
        let text = jumble(&mut chance, 10);
        let _ = accepted(Some(&text)).iter().map(Media::content_type).count();
        let _ = Span::of_header(&text);
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) {
            headers.append("prefer", value);
        }
        let _ = Preferences::of(&headers, true).applied();
        let _ = transact::said(&[("response.headers".to_owned(), text.clone())]);
        let _ = transact::function_name(&text);
    }
}

#[test]
fn long_and_deep_input_is_refused_early() {
    let (view, session) = world();
    let get = |uri: String| Request::builder().uri(uri).body(()).unwrap();
    let deep = |n: usize| format!("{}id{}", "owners(".repeat(n), ")".repeat(n));
    for uri in [
        format!("/rest/v1/notes?select={}", deep(100)),
        format!("/rest/v1/notes?select={}", deep(5_000)),
        format!("/rest/v1/notes?{}", "id=eq.1&".repeat(6_000)),
        format!("/rest/v1/notes?select={}", "id,".repeat(15_000)),
        format!("/rest/v1/notes?id=in.({})", "1,".repeat(15_000)),
        format!("/rest/v1/notes?and=({}id.eq.1{})", "and(".repeat(5_000), ")".repeat(5_000)),
        format!("/rest/v1/notes?select=doc{}", "-%3Ea".repeat(5_000)),
        format!("/rest/v1/{}", "a/".repeat(10_000)),
    ] {
        let result = answer(&view, &session, get(uri.clone()), b"");
        let problem = result.expect_err(&uri[..60]);
        assert!(problem.status.is_client_error(), "{problem:?}");
    }
    let body = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let post = Request::builder().method(Method::POST).uri("/rest/v1/notes").body(()).unwrap();
    let problem = answer(&view, &session, post, body.as_bytes()).unwrap_err();
    assert!(problem.status.is_client_error(), "{problem:?}");
    let body = format!("{{\"id\":1,\"doc\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let post = Request::builder().method(Method::POST).uri("/rest/v1/notes").body(()).unwrap();
    let problem = answer(&view, &session, post, body.as_bytes()).unwrap_err();
    assert!(problem.status.is_client_error(), "{problem:?}");
}
