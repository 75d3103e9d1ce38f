//! Views of joins: rows that are written through one are told, and no others, and a walk by cursors
//! meets every row or says that it cannot.

use crate::house::{Engine, House, Told, ask};
use mag_kit::installation::Board;
use serde_json::{Value as Json, json};

const TABLES: &str = "
    CREATE TABLE firms (id integer PRIMARY KEY, title text);
    CREATE TABLE accounts (id integer PRIMARY KEY, name text, firm_id integer REFERENCES firms (id));
    CREATE TABLE remarks (id integer PRIMARY KEY, account_id integer REFERENCES accounts (id));
    CREATE TABLE staff (id integer PRIMARY KEY, boss integer REFERENCES staff (id));
    CREATE VIEW people AS SELECT a.id, a.name, f.id AS firm_id
      FROM accounts AS a LEFT JOIN firms AS f ON f.id = a.firm_id;
    CREATE VIEW remarked AS SELECT a.id, a.name FROM accounts AS a JOIN remarks AS r ON r.account_id = a.id;
    CREATE VIEW bosses AS SELECT m.id AS boss, s.id FROM staff AS s JOIN staff AS m ON m.id = s.boss;
    CREATE VIEW titled AS SELECT name, upper(name) AS cried FROM accounts;
    INSERT INTO firms (id, title) VALUES (1, 'one'), (2, 'two');
    INSERT INTO accounts (id, name, firm_id)
      VALUES (1, 'a', NULL), (2, 'b', 1), (3, 'c', NULL), (4, 'd', 2), (5, 'e', NULL), (6, 'f', 1);
    INSERT INTO remarks (id, account_id) VALUES (1, 1), (2, 1), (3, 2), (4, 3), (5, 2);
    INSERT INTO staff (id, boss) VALUES (1, NULL), (2, 1), (3, 1), (4, 2);";

const TRIGGERS: [&str; 6] = [
    "CREATE TRIGGER people_made INSTEAD OF INSERT ON people BEGIN
       INSERT INTO accounts (id, name, firm_id) VALUES (NEW.id, NEW.name, NEW.firm_id); END",
    "CREATE TRIGGER people_changed INSTEAD OF UPDATE ON people BEGIN
       UPDATE accounts SET name = NEW.name, firm_id = NEW.firm_id WHERE id = OLD.id; END",
    "CREATE TRIGGER people_gone INSTEAD OF DELETE ON people BEGIN
       DELETE FROM accounts WHERE id = OLD.id; END",
    "CREATE TRIGGER bosses_made INSTEAD OF INSERT ON bosses BEGIN
       INSERT INTO staff (id, boss) VALUES (NEW.id, NEW.boss); END",
    "CREATE TRIGGER titled_changed INSTEAD OF UPDATE ON titled BEGIN
       UPDATE accounts SET name = NEW.name WHERE name = OLD.name; END",
    "CREATE TRIGGER titled_gone INSTEAD OF DELETE ON titled BEGIN
       DELETE FROM accounts WHERE name = OLD.name; END",
];

const TELL: &str = "Prefer: return=representation";

/// What one installation with the tables has, its triggers where the engine is SQLite.
fn with(engine: Engine, test: fn(&Board<'_>, &str)) {
    let Some(house) = House::new(engine) else { return };
    let board = house.installation.boot(&[]);
    house.project("firm");
    house.sql(TABLES);
    if engine == Engine::Sqlite {
        TRIGGERS.iter().for_each(|trigger| house.sql(trigger));
    }
    test(&board, &format!("apikey: {}", house.key("firm")));
}

/// What `Allow` tells is what may be done: SQLite puts no row into a view that may be there already.
fn allowed(board: &Board<'_>, key: &str) {
    let told = ask(board, "OPTIONS /people", &[key], "");
    let allow = told.header("allow").unwrap_or_default().to_owned();
    let put = ask(board, "PUT /people?id=eq.1", &[key], r#"{"id": 1, "name": "x"}"#).status;
    assert_eq!(allow.contains("PUT"), put < 300, "{allow}: {put}");
    if allow.contains("POST") {
        for resolution in ["merge", "ignore"] {
            let prefer = format!("Prefer: resolution={resolution}-duplicates");
            let told = ask(board, "POST /people", &[key, &prefer], r#"{"id": 1, "name": "x"}"#);
            assert_eq!(
                (told.status, &told.json()["code"]),
                (400, &json!("42P10")),
                "{}",
                told.body
            );
        }
    }
    let told = ask(board, "OPTIONS /accounts", &[key], "");
    assert_eq!(told.header("allow"), Some("OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"));
}

#[test]
fn what_may_be_done_with_a_view_is_told_on_sqlite() {
    with(Engine::Sqlite, allowed);
}

#[test]
fn what_may_be_done_with_a_view_is_told_on_postgresql() {
    with(Engine::Postgres, allowed);
}

/// A policy reads other tables while a row of the view is changed by its own name.
#[test]
fn policies_hold_for_rows_that_are_changed_through_a_view() {
    let house = House::new(Engine::Sqlite).unwrap();
    let board = house.installation.boot(&[]);
    house.project("firm");
    house.sql(TABLES);
    TRIGGERS.iter().for_each(|trigger| house.sql(trigger));
    for verb in ["select", "update", "delete"] {
        house.did(&["grant:add", "anon", "people", verb]);
    }
    house.did(&["grant:add", "anon", "firms", "select"]);
    house.did(&[
        "policy:create",
        "CREATE POLICY all_firms ON firms FOR SELECT TO anon USING (true)",
    ]);
    let firm =
        "EXISTS (SELECT 1 FROM firms WHERE firms.id = people.firm_id AND firms.title = 'one')";
    house.did(&[
        "policy:create",
        &format!("CREATE POLICY of_firm ON people FOR ALL TO anon USING ({firm}) WITH CHECK ({firm} AND name <> 'no')"),
    ]);
    let json = "Content-Type: application/json";
    let told =
        ask(&board, "PATCH /people?select=id,name&order=id", &[TELL, json], r#"{"name": "N"}"#);
    assert_eq!(rows(&told), json!([{"id": 2, "name": "N"}, {"id": 6, "name": "N"}]));
    let told = ask(&board, "PATCH /people?id=eq.2", &[TELL, json], r#"{"name": "no"}"#);
    assert_eq!((told.status, &told.json()["code"]), (401, &json!("42501")), "{}", told.body);
    let told = ask(&board, "DELETE /people?id=in.(1,6)&select=id", &[TELL], "");
    assert_eq!(rows(&told), json!([{"id": 6}]));
    let key = format!("apikey: {}", house.key("firm"));
    let left = ask(&board, "GET /accounts?select=id,name&order=id&id=lt.4", &[&key], "");
    assert_eq!(
        left.json(),
        json!([{"id": 1, "name": "a"}, {"id": 2, "name": "N"}, {"id": 3, "name": "c"}])
    );
}

fn rows(told: &Told) -> Json {
    assert!((200..300).contains(&told.status), "{}", told.body);
    told.json()
}

#[test]
fn a_row_that_is_written_through_a_left_join_is_told() {
    with(Engine::Sqlite, made);
}

fn made(board: &Board<'_>, key: &str) {
    let line = "POST /people?select=id,name";
    let one = ask(board, line, &[key, TELL], r#"{"id": 9, "name": "x"}"#);
    assert_eq!(rows(&one), json!([{"id": 9, "name": "x"}]));
    // The second of its kind is written by statements that were kept.
    let two = ask(board, line, &[key, TELL], r#"{"id": 10, "name": "y"}"#);
    assert_eq!(rows(&two), json!([{"id": 10, "name": "y"}]));
    let several =
        r#"[{"id": 11, "name": "z", "firm_id": null}, {"id": 12, "name": "z", "firm_id": 2}]"#;
    let several = ask(board, "POST /people?order=id", &[key, TELL], several);
    let told =
        json!([{"id": 11, "name": "z", "firm_id": null}, {"id": 12, "name": "z", "firm_id": 2}]);
    assert_eq!(rows(&several), told);
    // More rows than an expression may be deep.
    let many: Vec<Json> = (100..1300).map(|n| json!({"id": n, "name": "m"})).collect();
    let told = ask(board, "POST /people?select=id", &[key, TELL], &Json::Array(many).to_string());
    assert_eq!(rows(&told).as_array().unwrap().len(), 1200);
}

#[test]
fn a_row_of_a_self_join_is_told_alone() {
    with(Engine::Sqlite, paired);
}

fn paired(board: &Board<'_>, key: &str) {
    let told = ask(board, "POST /bosses", &[key, TELL], r#"{"id": 7, "boss": 1}"#);
    assert_eq!(rows(&told), json!([{"boss": 1, "id": 7}]));
}

#[test]
fn rows_are_changed_and_deleted_through_a_view() {
    with(Engine::Sqlite, changed);
}

fn changed(board: &Board<'_>, key: &str) {
    let json = "Content-Type: application/json";
    let told = ask(board, "PATCH /people?id=eq.1", &[key, TELL, json], r#"{"name": "A"}"#);
    assert_eq!(rows(&told), json!([{"id": 1, "name": "A", "firm_id": null}]));
    let line = "PATCH /people?name=like.*&firm_id=is.null&id=gt.1&select=id,name&order=id";
    let told = ask(board, line, &[key, TELL, json], r#"{"name": "N"}"#);
    assert_eq!(rows(&told), json!([{"id": 3, "name": "N"}, {"id": 5, "name": "N"}]));
    let told = ask(board, "PATCH /people?id=eq.2", &[key], r#"{"name": "B"}"#);
    assert_eq!((told.status, told.body.as_str()), (204, ""));
    let told = ask(board, "DELETE /people?id=eq.5&select=id,firm_id", &[key, TELL], "");
    assert_eq!(rows(&told), json!([{"id": 5, "firm_id": null}]));
    assert_eq!(ask(board, "DELETE /people?id=eq.6", &[key], "").status, 204);
    let left = ask(board, "GET /accounts?select=id,name&order=id", &[key], "");
    let left_names = json!([{"id": 1, "name": "A"}, {"id": 2, "name": "B"}, {"id": 3, "name": "N"}, {"id": 4, "name": "d"}]);
    assert_eq!(left.json(), left_names);
    // So they are where a view shows no key.
    let told = ask(board, "PATCH /titled?name=eq.d&select=name", &[key, json], r#"{"name": "D"}"#);
    assert_eq!(told.status, 204, "{}", told.body);
    let told = ask(board, "DELETE /titled?name=eq.D", &[key, TELL], "");
    assert_eq!(rows(&told), json!([{"name": "D", "cried": "D"}]));
    assert_eq!(ask(board, "GET /accounts?id=eq.4", &[key], "").json(), json!([]));
}

/// All pages of a request, or the first answer that is none.
fn walked(board: &Board<'_>, key: &str, path: &str) -> Result<Vec<Json>, Told> {
    let mut found = Vec::new();
    let mut next = format!("GET {path}&cursor=first");
    for _ in 0..20 {
        let told = ask(board, &next, &[key], "");
        if told.status != 200 {
            return Err(told);
        }
        found.extend(told.json().as_array().unwrap().iter().cloned());
        let Some(token) = told.header("x-next-cursor") else { return Ok(found) };
        next = format!("GET {path}&cursor=after.{token}");
    }
    panic!("{path} has no end");
}

fn walks(board: &Board<'_>, key: &str) {
    for order in ["", "&order=firm_id", "&order=firm_id.desc", "&order=name.desc"] {
        for limit in 1..=4 {
            let path = format!("/people?select=id&limit={limit}{order}");
            let mut ids: Vec<i64> = walked(board, key, &path)
                .unwrap_or_else(|told| panic!("{path}: {}", told.body))
                .iter()
                .map(|row| row["id"].as_i64().unwrap())
                .collect();
            ids.sort_unstable();
            assert_eq!(ids, [1, 2, 3, 4, 5, 6], "{path}");
        }
    }
    let pairs =
        walked(board, key, "/bosses?limit=1").unwrap_or_else(|told| panic!("{}", told.body));
    assert_eq!(pairs.len(), 3);
    // Two rows of one account: a page cannot end between them, and can behind them.
    let Err(told) = walked(board, key, "/remarked?limit=1") else { panic!("rows were lost") };
    assert_eq!((told.status, &told.json()["code"]), (400, &json!("MF1040")), "{}", told.body);
    let all =
        walked(board, key, "/remarked?limit=2").unwrap_or_else(|told| panic!("{}", told.body));
    assert_eq!(all.len(), 5);
}

#[test]
fn cursors_over_views_of_sqlite_lose_no_row() {
    with(Engine::Sqlite, walks);
}

#[test]
fn cursors_over_views_of_postgresql_lose_no_row() {
    with(Engine::Postgres, walks);
}

const FILMS: &str = "
    CREATE TABLE films (id integer PRIMARY KEY, title text);
    CREATE TABLE actors (id integer PRIMARY KEY, name text);
    CREATE TABLE prizes (id integer PRIMARY KEY, name text);
    CREATE TABLE roles (film_id integer NOT NULL REFERENCES films (id),
      actor_id integer NOT NULL REFERENCES actors (id), part text, PRIMARY KEY (film_id, actor_id));
    CREATE TABLE nominations (prize_id integer NOT NULL REFERENCES prizes (id),
      film_id integer NOT NULL REFERENCES films (id), rank integer, PRIMARY KEY (prize_id, film_id));
    CREATE VIEW nominated AS SELECT f.title, p.name AS prize, n.rank, n.film_id AS nominated_id, f.id AS film_id
      FROM nominations AS n JOIN films AS f ON f.id = n.film_id JOIN prizes AS p ON p.id = n.prize_id;
    INSERT INTO films (id, title) VALUES (1, 'Ran'), (2, 'Kes');
    INSERT INTO actors (id, name) VALUES (1, 'Ada'), (2, 'Bob');
    INSERT INTO prizes (id, name) VALUES (1, 'lion');
    INSERT INTO roles (film_id, actor_id, part) VALUES (1, 1, 'king'), (1, 2, 'fool'), (2, 2, 'boy');
    INSERT INTO nominations (prize_id, film_id, rank) VALUES (1, 1, 5);";

/// A view that shows a key and what it points to: a junction has one key to both, and leads from the
/// one to the other no second way.
fn shown_twice(engine: Engine) {
    let Some(house) = House::new(engine) else { return };
    let board = house.installation.boot(&[]);
    house.project("films");
    house.sql(FILMS);
    let key = format!("apikey: {}", house.key("films"));
    let line = "GET /nominated?select=title,films(title),roles(part),actors(name)&rank=eq.5&roles.order=part&actors.order=name";
    let told = ask(&board, line, &[&key], "");
    let row = json!([{"title": "Ran", "films": {"title": "Ran"}, "roles": [{"part": "fool"}, {"part": "king"}],
        "actors": [{"name": "Ada"}, {"name": "Bob"}]}]);
    assert_eq!(rows(&told), row);
}

#[test]
fn a_view_that_shows_both_ends_of_a_key_has_one_way_on_sqlite() {
    shown_twice(Engine::Sqlite);
}

#[test]
fn a_view_that_shows_both_ends_of_a_key_has_one_way_on_postgresql() {
    shown_twice(Engine::Postgres);
}
