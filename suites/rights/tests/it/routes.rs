//! Every route, and what each kind of caller is answered there: the file beside this test is the
//! ratchet. The routes are taken from where they are declared (the operations' own list, the
//! router of `/auth/v1`, the API document of a project), so a new one without a line fails here.
//! `UPDATE_GOLDEN=1` writes the file anew; what changed in it is read before it is kept.

use crate::house::{PASSWORD, Visitor, ask, first, installation, person};
use mag_kit::Installation;
use mag_kit::installation::Board;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

const SETTINGS: &str = "[auth]\nmailer_autoconfirm = true\n\
    [auth.limits]\nsign_ups = 100000\nsign_ins = 100000\nverifications = 100000\nsends = 100000\n\
    token_refreshes = 100000\n";
const SOME: &str = "00000000-0000-4000-8000-00000000abcd";

#[test]
fn every_route_answers_each_caller_as_the_file_says() {
    let here = installation();
    here.settings(SETTINGS);
    let board = here.boot(&[]);
    let people = People::new(&here, &board);
    let mut file = String::from(HEAD);
    operations(&board, &people, &here, &mut file);
    admin(&board, &people, &mut file);
    auth(&board, &here, &mut file);
    rest(&board, &here, &mut file);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/routes.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &file).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    let (kept, now): (Vec<&str>, Vec<&str>) = (kept.lines().collect(), file.lines().collect());
    let known: BTreeSet<&str> = kept.iter().copied().collect();
    let new: Vec<&str> = now.iter().copied().filter(|line| !known.contains(line)).collect();
    let there: BTreeSet<&str> = now.iter().copied().collect();
    let gone: Vec<&str> = kept.iter().copied().filter(|line| !there.contains(line)).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "routes are answered otherwise than the file says.\nnow:\n{}\nin the file:\n{}",
        new.join("\n"),
        gone.join("\n")
    );
}

const HEAD: &str = "\
# Every route and what each caller is answered there. Made by suites/rights; a new route needs a line.
# Operations are called with an input that no operation takes: 400 means that the caller was let in.
";

fn section(file: &mut String, title: &str, callers: &[&str]) {
    writeln!(file, "\n# {title}\n# {}", callers.join(" | ")).unwrap();
}

/// Those who run the board.
struct People {
    owner: Visitor,
    admin: Visitor,
    developer: Visitor,
    viewer: Visitor,
    /// Signed in, and holds nothing that an operation asks for.
    guest: Visitor,
    /// Administers another project, and holds nothing in this one.
    tenant: Visitor,
}

impl People {
    fn new(here: &Installation, board: &Board<'_>) -> Self {
        let owner = first(here, board);
        let guest = ["org:role:create", "board", "guest", "--permissions", "nothing.at.all"];
        here.json(&[&guest[..], &["--project", "zero"]].concat());
        here.json(&["project:create", "other"]);
        let tenant = person(here, board, "eve", "guest");
        here.json(&["project:member:add", "other", "eve@example.com", "admin"]);
        Self {
            owner,
            admin: person(here, board, "linus", "admin"),
            developer: person(here, board, "grace", "developer"),
            viewer: person(here, board, "vera", "viewer"),
            guest: person(here, board, "gus", "guest"),
            tenant,
        }
    }
    fn all(&self) -> [Option<&Visitor>; 7] {
        let Self { owner, admin, developer, viewer, guest, tenant } = self;
        [None, Some(tenant), Some(guest), Some(viewer), Some(developer), Some(admin), Some(owner)]
    }
}

const STAFF: [&str; 7] =
    ["nobody", "other tenant", "wrong role", "viewer", "developer", "admin", "owner"];

fn operations(board: &Board<'_>, people: &People, here: &Installation, file: &mut String) {
    section(file, "operations: POST /admin/v1/operations/…", &STAFF);
    let specs = here.json(&["help"]);
    for spec in specs.as_array().unwrap() {
        let name = spec["name"].as_str().unwrap();
        let mut input = json!({ "no_operation_has_this_field": true });
        if !spec["input"]["properties"]["project"].is_null() {
            input["project"] = "main".into();
        }
        let line = format!("POST /admin/v1/operations/{name}");
        let follows = spec["follows"] == true;
        let accept = if follows { "Accept: application/x-ndjson" } else { "Accept: */*" };
        let statuses = people.all().map(|who| {
            let told = match who {
                None => ask(board, &line, &[accept], &input),
                Some(visitor) => {
                    let cookie = format!("Cookie: {}", visitor.cookie);
                    let word = format!("x-magflock-word: {}", visitor.word);
                    ask(board, &line, &[&cookie, &word, accept], &input)
                }
            };
            // What is told as a stream tells its refusal in it.
            match told.body.find("\"status\":").filter(|_| follows && told.status == 200) {
                Some(at) => told.body[at + 9..].chars().take(3).collect(),
                None => told.status.to_string(),
            }
        });
        writeln!(file, "{name:<32} {}", statuses.join(" ")).unwrap();
    }
}

fn admin(board: &Board<'_>, people: &People, file: &mut String) {
    section(file, "the admin door", &STAFF);
    let routes = [
        "GET /admin/v1",
        "GET /admin/v1/operations",
        "GET /admin/v1/operations/board:status",
        "GET /admin/v1/read/project:list",
        "GET /admin/v1/openapi.json",
        "GET /admin/v1/session",
        "POST /admin/v1/session",
        "POST /admin/v1/session/totp",
        "POST /admin/v1/session/totp/confirm",
        "DELETE /admin/v1/session/totp",
        "POST /admin/v1/session/password",
        "GET /admin/v1/nowhere",
    ];
    for line in routes {
        let body = if line.starts_with("GET") { Json::Null } else { json!({}) };
        let statuses = people.all().map(|who| {
            let told = match who {
                None => ask(board, line, &[], &body),
                Some(visitor) => visitor.ask(board, line, &body),
            };
            told.status.to_string()
        });
        writeln!(file, "{line:<52} {}", statuses.join(" ")).unwrap();
    }
}

/// A call of every address of `/auth/v1`.
const AUTH: &[&str] = &[
    "GET health",
    "GET settings",
    "GET .well-known/jwks.json",
    "GET .well-known/openid-configuration",
    "GET .well-known/oauth-authorization-server",
    "GET .well-known/oauth-protected-resource",
    "POST signup",
    "POST token?grant_type=password",
    "POST recover",
    "POST magiclink",
    "POST otp",
    "POST resend",
    "POST verify",
    "GET verify",
    "POST logout",
    "GET reauthenticate",
    "GET user",
    "PUT user",
    "GET user/oauth/grants",
    "DELETE user/oauth/grants",
    "GET user/identities/authorize",
    "DELETE user/identities/{id}",
    "POST factors",
    "DELETE factors/{id}",
    "POST factors/{id}/challenge",
    "POST factors/{id}/verify",
    "GET authorize",
    "GET callback",
    "GET passkeys",
    "POST passkeys/registration/options",
    "POST passkeys/registration/verify",
    "POST passkeys/authentication/options",
    "POST passkeys/authentication/verify",
    "PATCH passkeys/{id}",
    "DELETE passkeys/{id}",
    "GET oauth/authorize",
    "GET oauth/consent",
    "POST oauth/consent",
    "POST oauth/token",
    "POST oauth/revoke",
    "GET oauth/userinfo",
    "POST oauth/clients/register",
    "GET oauth/authorizations/{id}",
    "POST oauth/authorizations/{id}/consent",
    "POST invite",
    "POST sso",
    "GET admin/users",
    "POST admin/users",
    "POST admin/generate_link",
    "GET admin/users/{id}",
    "PUT admin/users/{id}",
    "DELETE admin/users/{id}",
    "GET admin/users/{id}/factors",
    "DELETE admin/users/{id}/factors/{id}",
    "GET admin/users/{id}/passkeys",
    "DELETE admin/users/{id}/passkeys/{id}",
    "GET admin/oauth/clients",
    "POST admin/oauth/clients",
    "GET admin/oauth/clients/{id}",
    "DELETE admin/oauth/clients/{id}",
];

fn auth(board: &Board<'_>, here: &Installation, file: &mut String) {
    let callers = ["nobody", "user of another project", "a user", "the server's key"];
    section(file, "/auth/v1 of project main", &callers);
    let key = key(here, "main", "secret");
    // Each call with a session of its own: some of them end it.
    let user = |project: &str| token(board, project, "user@example.com");
    let (theirs, _) = (user("other"), user("main"));
    for line in AUTH {
        let (method, path) = line.split_once(' ').unwrap();
        let path = path.replace("{id}", SOME);
        let call = format!("{method} /auth/v1/{path}");
        let body = if method == "GET" { Json::Null } else { json!({}) };
        let with = |token: Option<&str>| {
            let head = token.map(|token| format!("Authorization: Bearer {token}"));
            let head: Vec<&str> = head.iter().map(String::as_str).collect();
            ask(board, &call, &head, &body).status.to_string()
        };
        let mine = user("main");
        let statuses = [with(None), with(Some(&theirs)), with(Some(&mine)), with(Some(&key))];
        writeln!(file, "{line:<52} {}", statuses.join(" ")).unwrap();
    }
}

fn key(here: &Installation, project: &str, kind: &str) -> String {
    let made = here.json(&["key:create", "suite", "--kind", kind, "--project", project]);
    made["key"].as_str().unwrap().to_owned()
}

/// A session of this user, who signs up when they are not there.
fn token(board: &Board<'_>, project: &str, email: &str) -> String {
    let body = json!({ "email": email, "password": PASSWORD });
    for path in ["signup", "token?grant_type=password"] {
        let told = ask(board, &format!("POST /p/{project}/auth/v1/{path}"), &[], &body);
        if let Some(token) = told.json()["access_token"].as_str() {
            return token.to_owned();
        }
    }
    panic!("{email} does not get into {project}");
}

fn rest(board: &Board<'_>, here: &Installation, file: &mut String) {
    let callers = ["nobody", "user of another project", "another user", "the owner", "the server"];
    section(file, "/rest/v1 of project main: each path that its API document has", &callers);
    let did = |words: &[&str]| here.json(words);
    let table = "CREATE TABLE notes (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, body TEXT);\
        CREATE TABLE hidden (id INTEGER PRIMARY KEY);";
    did(&["sql:run", table, "--write", "--script"]);
    did(&["grant:add", "authenticated", "notes", "all"]);
    let own = "CREATE POLICY own ON notes TO authenticated USING (owner = auth.uid()::text)";
    did(&["policy:create", own]);
    // What one caller changes is there again for the next one.
    did(&["project:set", "main", "rest.tx_end", "commit-allow-override"]);
    let owner = token(board, "main", "owner@example.com");
    let id = did(&["user:show", "owner@example.com"])["user"]["id"].as_str().unwrap().to_owned();
    let row = format!("INSERT INTO notes (id, owner, body) VALUES (1, '{id}', 'mine')");
    did(&["sql:run", &row, "--write"]);
    let (key, theirs) = (key(here, "main", "secret"), token(board, "other", "user@example.com"));
    let other = token(board, "main", "user@example.com");
    let bearer = format!("Authorization: Bearer {key}");
    let document = ask(board, "GET /rest/v1/", &[&bearer], &Json::Null).json();
    let mut routes = vec![];
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            if method != "parameters" {
                routes.push((path.clone(), method.to_uppercase()));
            }
        }
    }
    routes.sort();
    for (path, method) in routes {
        let query = if method == "GET" || path == "/" { "" } else { "?id=eq.1" };
        let call = format!("{method} /rest/v1{path}{query}");
        let body = match method.as_str() {
            "POST" => json!({ "id": 2, "owner": id, "body": "new" }),
            "PATCH" => json!({ "body": "changed" }),
            _ => Json::Null,
        };
        let with = |token: Option<&str>| {
            let auth = token.map(|token| format!("Authorization: Bearer {token}"));
            let mut head = vec!["Prefer: return=representation,tx=rollback"];
            head.extend(auth.iter().map(String::as_str));
            let told = ask(board, &call, &head, &body);
            let rows = serde_json::from_str::<Json>(&told.body).ok();
            let rows = rows.as_ref().and_then(Json::as_array).map(Vec::len);
            // How much the board itself keeps says nothing about who may read it.
            let own = path.starts_with("/auth_") || path.starts_with("/mag_");
            match rows.filter(|_| told.status < 300 && !own) {
                Some(rows) => format!("{}:{rows}", told.status),
                None => told.status.to_string(),
            }
        };
        let statuses = [
            with(None),
            with(Some(&theirs)),
            with(Some(&other)),
            with(Some(&owner)),
            with(Some(&key)),
        ];
        writeln!(file, "{:<52} {}", format!("{method} {path}"), statuses.join(" ")).unwrap();
    }
}

/// The router of `/auth/v1` as it is written, and where its parts hang.
const ROUTER: [(&str, &str); 4] = [
    ("", include_str!("../../../../components/auth/src/gotrue.rs")),
    ("admin", include_str!("../../../../components/auth/src/gotrue/admin.rs")),
    ("passkeys", include_str!("../../../../components/auth/src/gotrue/passkeys.rs")),
    ("oauth", include_str!("../../../../components/auth/src/gotrue/oauth.rs")),
];

#[test]
fn every_address_of_the_router_has_a_line() {
    let known: Vec<Vec<&str>> = AUTH
        .iter()
        .map(|line| line.split_once(' ').unwrap().1.split('?').next().unwrap().split('/').collect())
        .collect();
    let mut arms = 0;
    for (under, text) in ROUTER {
        for line in text.lines() {
            let depth = line.len() - line.trim_start().len();
            let Some((arm, rest)) =
                line.trim_start().strip_prefix('[').and_then(|l| l.split_once(']'))
            else {
                continue;
            };
            // Arms with alternatives say which methods an address does not take.
            if !rest.contains("=>") || arm.contains('|') || rest.trim_start().starts_with('|') {
                continue;
            }
            let mut pattern: Vec<&str> = under.split('/').filter(|part| !part.is_empty()).collect();
            if under == "admin" && depth > 12 {
                pattern.extend(["users", "{id}"]);
            }
            pattern.extend(arm.split(',').map(str::trim).filter(|part| !part.is_empty()));
            arms += 1;
            assert!(
                known.iter().any(|path| leads(&pattern, path)),
                "`/auth/v1` answers {pattern:?}, and no line of the file is about it: add it to `AUTH`"
            );
        }
    }
    assert!(arms > 40, "only {arms} addresses were found: the router is written otherwise now");
}

/// Whether a path is one that the pattern of the router is for.
fn leads(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        ([first, ..], _) if first.ends_with("..") => true,
        ([first, pattern @ ..], [part, path @ ..]) => {
            let fits = match first.strip_prefix('"') {
                Some(literal) => literal.trim_end_matches('"') == *part,
                None => first == part || !first.starts_with('{'),
            };
            fits && leads(pattern, path)
        }
        _ => false,
    }
}
