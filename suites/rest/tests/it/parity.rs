//! Requests by chance, each asked on both engines, which answer the same: status, the headers that speak
//! of rows, every letter of the body. A request is made of parts that are right, and at most of one
//! that is odd, so that no two mistakes compete for the answer. The requests follow from a seed,
//! which a failure names (`MAG_KIT_FUZZ_SEED`).

mod values;

use crate::house::{Engine, House, Told, ask};
use mag_kit::fuzz::{self, Chance};
use mag_kit::installation::Board;
use serde_json::{Value as Json, json};
use values::{BOOKS, CELLS, FUNCTIONS, ROWS, TABLES, odd};

/// How many requests of each kind a usual run asks.
const REQUESTS: usize = 500;

#[derive(Debug, Default)]
struct Asked {
    line: String,
    head: Vec<&'static str>,
    body: String,
    /// Without a key: policies decide.
    stranger: bool,
}

const KEPT: [&str; 6] = [
    "content-range",
    "location",
    "preference-applied",
    "content-type",
    "allow",
    "www-authenticate",
];
const JSON: &str = "Content-Type: application/json";

fn furnish(house: &House, board: &Board<'_>) -> String {
    house.project("shop");
    let sqlite = house.engine == Engine::Sqlite;
    let own = |plain: &str, text: &str| if sqlite { text.to_owned() } else { plain.to_owned() };
    let tables = TABLES
        .replace("{numeric}", &own("numeric", "\"numeric text\""))
        .replace("{texts}", &own("text[]", "\"text[]\""))
        .replace("{ints}", &own("int4[]", "\"int4[]\""));
    house.sql(&tables);
    if !sqlite {
        house.sql("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM anon");
    }
    for function in FUNCTIONS {
        house.did(&["function:create", function]);
    }
    house.did(&["policy:enable", "posts"]);
    house.did(&["policy:create", "CREATE POLICY shown ON posts FOR SELECT TO anon USING (open)"]);
    house.did(&["policy:create", "CREATE POLICY own ON posts FOR INSERT TO anon WITH CHECK (owner = 'ann' AND title <> 'bad')"]);
    house.did(&["policy:create", "CREATE POLICY change ON posts FOR UPDATE TO anon USING (owner = 'ann') WITH CHECK (owner = 'ann')"]);
    house.did(&["grant:add", "anon", "posts", "select,insert,update"]);
    let key = format!("apikey: {}", house.key("shop"));
    for (table, rows) in ROWS {
        let told = ask(board, &format!("POST /{table}"), &[&key, JSON], rows);
        assert_eq!(told.status, 201, "{table}: {}", told.body);
    }
    // From here on each write is undone.
    for (name, value) in
        [("rest.tx_end", "rollback-allow-override"), ("rest.aggregates_enabled", "true")]
    {
        house.did(&["project:set", "shop", name, value]);
    }
    key
}

/// What of an answer is promised.
fn shown(told: &Told) -> (u16, Vec<String>, String) {
    let kept = KEPT.iter().filter_map(|name| Some(format!("{name}: {}", told.header(name)?)));
    let mut body = told.body.clone();
    // SQLite does not tell the row that broke a rule, and knows a literal of no type by no other name.
    if let Ok(Json::Object(mut error)) = serde_json::from_str(&body)
        && let Some(code) = error.get("code").and_then(Json::as_str).map(str::to_owned)
    {
        if ["23502", "23514"].contains(&&*code) {
            error.insert("details".into(), Json::Null);
        }
        body = Json::Object(error).to_string();
    }
    if told.header("content-type").is_some_and(|kind| kind.contains("json")) {
        body = squeezed(&body);
    }
    (told.status, kept.collect(), body)
}

/// JSON without the blanks between its parts, every letter of which stays.
fn squeezed(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let kept = json.chars().filter(|c| {
        if quoted && *c == '"' && !escaped {
            quoted = false;
        } else if !quoted && *c == '"' {
            quoted = true;
        }
        escaped = quoted && *c == '\\' && !escaped;
        quoted || !c.is_whitespace()
    });
    kept.collect()
}

fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let letter = |b: u8| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(letter).collect()
}

fn one(chance: &mut Chance, list: &[&'static str]) -> &'static str {
    list[chance.below(list.len())]
}

/// A filter with an odd value, of a form that takes it.
fn odd_filter(chance: &mut Chance) -> String {
    let (column, kind) = *chance.of(&BOOKS);
    let value = one(chance, odd(kind));
    let order = ["eq", "neq", "gt", "gte", "lt", "lte", "isdistinct"];
    match chance.below(6) {
        0 => {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            format!("{column}=in.({})", encoded(&format!("\"{quoted}\"")))
        }
        1 if ["texts", "ints"].contains(&kind) => {
            format!("{column}={}.{}", one(chance, &["cs", "cd", "ov"]), encoded(value))
        }
        1 if kind == "text" => {
            format!("{column}={}.{}", one(chance, &["like", "ilike", "not.like"]), encoded(value))
        }
        2 => format!("{column}=not.{}.{}", one(chance, &order), encoded(value)),
        _ => format!("{column}={}.{}", one(chance, &order), encoded(value)),
    }
}

const FILTERS: [&str; 14] = [
    "id=gt.1",
    "id=in.(1,2,4)",
    "author_id=eq.1",
    "year=is.null",
    "price=gte.7",
    "in_print=is.true",
    "meta-%3Epages=gt.95",
    "meta-%3E%3Epages=eq.90",
    "title=ilike.*r*",
    "or=(id.eq.1,and(year.gt.1900,title.like.s*))",
    "not.and=(id.lt.3,price.gt.1)",
    "id=eq(any).{1,4}",
    "words=cs.{a}",
    "added=lt.now",
];
const PICKS: [&str; 16] = [
    "id",
    "title",
    "x:title",
    "year::text",
    "price",
    "price::int",
    "rating",
    "meta",
    "meta-%3Etags-%3E0",
    "m:meta-%3E%3Epages",
    "added",
    "added::date",
    "exact",
    "words",
    "nums-%3E1",
    "span",
];
const EMBEDS: [&str; 9] = [
    "authors(name)",
    "author:author_id(*)",
    "authors!inner(name,boss:authors!boss_id(name))",
    "...authors(by:name)",
    "tags(word)&tags.order=id",
    "tags!inner(id,word)&tags.order=word.desc&tags.word=neq.red",
    "book_tags(weight,...tags(word))&book_tags.order=tag_id&book_tags.limit=1",
    "book_tags(weight.sum())",
    "tags(count)",
];
const ORDERS: [&str; 7] = [
    "id",
    "id.desc",
    "year.nullsfirst,id",
    "price.desc.nullslast,id",
    "title.desc,id",
    "meta-%3Epages.desc,id",
    "added,id",
];
/// A mistake each.
const WRONG: [&str; 14] = [
    "select=nope",
    "select=id,nothing(id)",
    "select=id,tags!nope(id)",
    "nope=eq.1",
    "id=foo.1",
    "order=nope",
    "order=id.up",
    "or=(id.eq.1",
    "title=is.true",
    "title=is.unknown",
    "year=like.1*",
    "select=id,tags(word.sum())",
    "select=in_print::date",
    "select=id&order=tags(word)",
];

fn read(chance: &mut Chance) -> Asked {
    let mut select = vec![one(chance, &PICKS), one(chance, &PICKS)];
    select.dedup();
    let mut parts = Vec::new();
    let mut embed = None;
    if chance.one_in(2) {
        let (picked, rest) = {
            let text: &'static str = one(chance, &EMBEDS);
            text.split_once('&').unwrap_or((text, ""))
        };
        embed = Some(rest);
        select.push(picked);
    }
    parts.push(format!("select={}", select.join(",")));
    parts.extend(embed.filter(|rest| !rest.is_empty()).map(str::to_owned));
    match chance.below(6) {
        0 | 1 => parts.push(odd_filter(chance)),
        2 => parts = vec![one(chance, &WRONG).to_owned()],
        _ => parts.extend((0..chance.below(3)).map(|_| one(chance, &FILTERS).to_owned())),
    }
    if !parts.iter().any(|part| part.contains("order=") && !part.contains(".order=")) {
        parts.push(format!("order={}", one(chance, &ORDERS)));
    }
    if chance.one_in(3) {
        parts.push(format!("limit={}", chance.below(4)));
    }
    let mut head = Vec::new();
    if chance.one_in(4) {
        head.push("Prefer: count=exact");
    }
    match chance.below(12) {
        0 => head.push("Accept: text/csv"),
        1 => head.push("Accept: application/vnd.pgrst.object+json"),
        2 => head.push("Accept: application/vnd.pgrst.array+json;nulls=stripped"),
        3 => head.push("Range: 1-2"),
        _ => {}
    }
    let method = if chance.one_in(12) { "HEAD" } else { "GET" };
    let from = if chance.one_in(8) { "rpc/books_of?who=1&" } else { "books?" };
    Asked { line: format!("{method} /{from}{}", parts.join("&")), head, ..Asked::default() }
}

/// Each cell at the edge of its type, in a body of each form.
fn write(chance: &mut Chance) -> Asked {
    let (column, kind) = *chance.of(&BOOKS[1..]);
    let whole = "Prefer: return=representation";
    let line = format!("POST /books?select=id,{column}");
    let row = |cell: &str| match column {
        "title" => format!("{{\"id\":100,\"title\":{cell}}}"),
        _ => format!("{{\"id\":100,\"title\":\"t\",\"{column}\":{cell}}}"),
    };
    match chance.below(5) {
        0 => Asked {
            line,
            head: vec![JSON, whole],
            body: row(one(chance, &CELLS)),
            ..Asked::default()
        },
        1 => {
            let body = row(&Json::from(one(chance, odd(kind))).to_string());
            Asked { line, head: vec![JSON, whole], body, ..Asked::default() }
        }
        2 => {
            let form = "Content-Type: application/x-www-form-urlencoded";
            let title = if column == "title" { "" } else { "&title=t" };
            let body = format!("id=100{title}&{column}={}", encoded(one(chance, odd(kind))));
            Asked { line, head: vec![form, whole], body, ..Asked::default() }
        }
        3 => {
            let line = format!("PATCH /books?id=eq.1&select=id,{column}");
            let body = format!("{{\"{column}\":{}}}", chance.of(&CELLS));
            Asked { line, head: vec![JSON, whole], body, ..Asked::default() }
        }
        _ => told(chance),
    }
}

/// Upserts, keys, references, checks, policies and functions.
fn told(chance: &mut Chance) -> Asked {
    const ALL: &str = "Prefer: return=representation";
    const MERGE: &str = "Prefer: return=representation,resolution=merge-duplicates";
    const IGNORE: &str = "Prefer: return=representation,resolution=ignore-duplicates";
    const DEFAULTS: &str = "Prefer: return=representation,missing=default";
    const HEADERS: &str = "Prefer: return=headers-only,count=exact";
    const FEW: &str = "Prefer: handling=strict,max-affected=1";
    let cases = [
        (
            "POST /labels?order=code",
            MERGE,
            r#"[{"code":"a","label":"x"},{"code":"n","label":"y"}]"#,
        ),
        (
            "POST /labels?order=code",
            IGNORE,
            r#"[{"code":"a","label":"x"},{"code":"n","label":"y"}]"#,
        ),
        (
            "POST /labels?columns=code,label",
            DEFAULTS,
            r#"[{"code":"n"},{"code":"o","label":null,"x":1}]"#,
        ),
        ("POST /labels", ALL, r#"[{"code":"n","weight":1},{"code":"o"}]"#),
        ("POST /labels", HEADERS, r#"{"code":"a b/ü&"}"#),
        ("POST /labels", ALL, r#"{"code":"n","doubled":1}"#),
        ("POST /labels", ALL, r#"{"code":"n","on_day":"Feb 2 2020"}"#),
        ("POST /labels", ALL, r#"{"code":null}"#),
        ("POST /labels?on_conflict=weight", MERGE, r#"{"code":"q","weight":1}"#),
        ("POST /tags", ALL, r#"{"id":1,"word":"red"}"#),
        ("POST /tags?on_conflict=word", MERGE, r#"{"id":1,"word":"red"}"#),
        ("POST /book_tags", ALL, r#"{"book_id":1,"tag_id":77}"#),
        ("POST /book_tags", HEADERS, r#"{"book_id":3,"tag_id":2}"#),
        ("POST /books", ALL, r#"{"id":100,"title":"t","qty":-1}"#),
        (
            "POST /books?select=id,title,authors(name),tags(word)",
            ALL,
            r#"{"id":100,"title":"t","author_id":1}"#,
        ),
        ("PATCH /labels?weight=gt.5&order=code", ALL, r#"{"weight":0}"#),
        ("PATCH /labels?weight=gt.5", FEW, r#"{"weight":0}"#),
        ("PATCH /labels?code=eq.none", ALL, r#"{"weight":0}"#),
        ("PATCH /labels?code=eq.a", ALL, r#"{"code":"b"}"#),
        ("PATCH /labels?code=eq.a", HEADERS, "{}"),
        ("PATCH /book_tags?book_id=eq.1&tag_id=eq.1", ALL, r#"{"tag_id":9}"#),
        ("PATCH /authors?id=eq.3", ALL, r#"{"boss_id":99}"#),
        ("PATCH /authors?id=eq.3", ALL, r#"{"id":2,"email":"a@x.org"}"#),
        ("PUT /labels?code=eq.a", ALL, r#"{"code":"a","label":"put","weight":1}"#),
        ("PUT /labels?code=eq.a", ALL, r#"{"code":"b","label":"put","weight":1}"#),
        ("PUT /labels?code=eq.zz", ALL, r#"{"code":"zz","label":"put","weight":1}"#),
        ("DELETE /labels?code=in.(a,b)&order=code", ALL, ""),
        ("DELETE /labels?weight=gt.0", FEW, ""),
        ("DELETE /tags?id=eq.1", ALL, ""),
        ("DELETE /authors?id=eq.1", ALL, ""),
        ("OPTIONS /labels", ALL, ""),
        ("GET /rpc/one_book?n=1&select=id,title", ALL, ""),
        ("GET /rpc/one_book?n=99", ALL, ""),
        ("POST /rpc/one_book", ALL, r#"{"m":1}"#),
        ("POST /rpc/echo_num", ALL, r#"{"n":[1,2]}"#),
        ("POST /rpc/echo_num", ALL, r#"{"n":12345678901234567890.12345678901234567890}"#),
    ];
    if chance.one_in(3) {
        return stranger(chance);
    }
    if chance.one_in(6) {
        let line = format!("GET /rpc/echo_ts?t={}", encoded(one(chance, odd("moment"))));
        return Asked { line, ..Asked::default() };
    }
    let (line, head, body) = *chance.of(&cases);
    Asked { line: line.into(), head: vec![JSON, head], body: body.into(), stranger: false }
}

/// Policies decide on what somebody without a key sees and writes.
fn stranger(chance: &mut Chance) -> Asked {
    const ALL: &str = "Prefer: return=representation,count=exact";
    const MERGE: &str = "Prefer: return=representation,resolution=merge-duplicates";
    let cases = [
        ("GET /posts?order=id", "Prefer: count=exact", ""),
        ("GET /posts?select=owner,count()&order=owner", ALL, ""),
        ("GET /posts?select=id&title=is.null", ALL, ""),
        ("POST /posts", ALL, r#"{"id":9,"owner":"ann","title":"new","open":true}"#),
        ("POST /posts", ALL, r#"{"id":9,"owner":"ann","title":"new","open":false}"#),
        (
            "POST /posts",
            "Prefer: return=minimal",
            r#"{"id":9,"owner":"ann","title":"new","open":false}"#,
        ),
        ("POST /posts", ALL, r#"{"id":9,"owner":"bob","title":"new","open":true}"#),
        ("POST /posts", ALL, r#"{"id":9,"owner":"ann","title":"bad","open":true}"#),
        ("POST /posts", MERGE, r#"{"id":2,"owner":"ann","title":"taken","open":true}"#),
        ("POST /posts", MERGE, r#"{"id":1,"owner":"ann","title":"again","open":true}"#),
        ("PATCH /posts?id=eq.2", ALL, r#"{"title":"x"}"#),
        ("PATCH /posts?id=eq.1", ALL, r#"{"title":"x"}"#),
        ("PATCH /posts?id=eq.1", ALL, r#"{"owner":"bob"}"#),
        ("PATCH /posts?id=eq.3", ALL, r#"{"title":"x"}"#),
    ];
    let (line, head, body) = *chance.of(&cases);
    Asked { line: line.into(), head: vec![JSON, head], body: body.into(), stranger: true }
}

#[test]
fn both_engines_answer_requests_by_chance_in_the_same_way() {
    let Some(postgres) = House::new(Engine::Postgres) else { return };
    let sqlite = House::new(Engine::Sqlite).unwrap();
    let houses = [&sqlite, &postgres];
    let boards = houses.map(|house| house.installation.boot(&[]));
    let keys = [furnish(&sqlite, &boards[0]), furnish(&postgres, &boards[1])];
    let different = std::cell::RefCell::new(Vec::new());
    let check = |asked: &Asked| {
        let told = [0, 1].map(|at| {
            let mut head = asked.head.clone();
            if !asked.stranger {
                head.push(&keys[at]);
            }
            shown(&ask(&boards[at], &asked.line, &head, &asked.body))
        });
        let [ours, theirs] = &told;
        if ours != theirs || ours.0 >= 500 {
            let text = format!("{asked:?}\n  SQLite     {ours:?}\n  PostgreSQL {theirs:?}");
            different.borrow_mut().push(text);
        }
    };
    fuzz::each("parity of reads", REQUESTS, read, check);
    fuzz::each("parity of writes", REQUESTS, write, check);
    let different = different.into_inner();
    let shown = different.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(
        different.is_empty(),
        "{} answers (seed in MAG_KIT_FUZZ_SEED, else 1):\n{shown}",
        different.len()
    );
    // All of them were undone.
    let rows = |at: usize| ask(&boards[at], "GET /labels?select=code&order=code", &[&keys[at]], "");
    assert_eq!(rows(0).json(), json!([{"code": "a"}, {"code": "b"}, {"code": "c"}, {"code": "Ä"}]));
    assert_eq!(rows(0).json(), rows(1).json());
}
