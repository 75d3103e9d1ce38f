//! Organizations of the board: what somebody holds in one project holds there and nowhere else. On
//! projects of both engines the model is the same.

use crate::house::{first, installation, person};
use mag_kit::Installation;
use mag_kit::installation::Board;
use serde_json::json;

#[test]
fn what_is_held_in_one_project_holds_there_alone() {
    let here = installation();
    let board = here.boot(&[]);
    first(&here, &board);
    here.json(&["project:create", "shop"]);
    here.json(&["project:create", "blog"]);
    here.json(&[
        "org:role:create",
        "board",
        "guest",
        "--permissions",
        "nothing.at.all",
        "--project",
        "zero",
    ]);
    let grace = person(&here, &board, "grace", "guest");
    let call = |operation: &str, project: &str| {
        grace.call(&board, operation, &json!({ "project": project })).brief()
    };
    assert_eq!(call("schema:show", "shop"), "403 MF3003");
    here.json(&["project:member:add", "shop", "grace@example.com", "developer"]);
    let session = grace.ask(&board, "GET /admin/v1/session", &serde_json::Value::Null).json();
    assert!(session["who"]["permissions"].to_string().contains("shop/schema.*"), "{session}");
    assert_eq!(call("schema:show", "shop"), "200");
    assert_eq!(call("schema:show", "blog"), "403 MF3003");
    assert_eq!(call("schema:show", "zero"), "403 MF3003");
    assert_eq!(grace.call(&board, "schema:show", &json!({})).brief(), "403 MF3003", "the default");
    assert_eq!(grace.call(&board, "config:show", &json!({})).brief(), "403 MF3003");
    assert_eq!(call("user:create", "shop"), "403 MF3003", "a developer makes no users");
    // What reaches beyond a project is not held in one.
    let connect = json!({ "project": "shop", "name": "x", "url": "sqlite:zero/zero.db" });
    assert_eq!(grace.call(&board, "source:connect", &connect).brief(), "403 MF3003");
    here.json(&["project:member:remove", "shop", "grace@example.com"]);
    assert_eq!(call("schema:show", "shop"), "403 MF3003");
}

/// A project whose own database is of this engine; nothing where the engine is not there.
fn projects(here: &Installation) -> Vec<&'static str> {
    here.json(&["project:create", "files"]);
    let made = here.run(&["project:create", "served", "--engine", "postgres"]);
    if made.code == Some(0) {
        return vec!["files", "served"];
    }
    eprintln!("skipped: no managed PostgreSQL here: {}", made.text());
    vec!["files"]
}

#[test]
fn organizations_teams_and_roles_are_the_same_on_both_engines() {
    let here = installation();
    let board: Board<'_> = here.boot(&[]);
    for project in projects(&here) {
        let did = |words: &[&str]| here.json(&[words, &["--project", project]].concat());
        let code = |words: &[&str]| {
            let ran = here.run(&[words, &["--project", project, "--json"]].concat());
            assert_ne!(ran.code, Some(0), "{project} {words:?}: {}", ran.text());
            let problem: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
            problem["code"].as_str().unwrap().to_owned()
        };
        did(&["user:create", "ada@example.com", "--name", "Ada"]);
        did(&["user:create", "grace@example.com", "--name", "Grace"]);
        did(&["org:create", "acme", "--owner", "ada@example.com"]);
        assert_eq!(code(&["org:create", "acme", "--owner", "ada@example.com"]), "MF4003");
        did(&["org:member:add", "acme", "grace@example.com"]);
        did(&["org:role:create", "acme", "reader", "--permissions", "crm.view"]);
        did(&[
            "org:role:create",
            "acme",
            "seller",
            "--permissions",
            "crm.deals.*",
            "--inherits",
            "reader",
        ]);
        did(&["team:create", "acme", "sales"]);
        did(&["team:member:add", "acme", "sales", "grace@example.com"]);
        did(&["org:project:add", "acme", "till"]);
        did(&["org:role:bind", "acme", "seller", "--team", "sales", "--in-project", "till"]);
        let can = |permission: &str, works_on: &str| {
            did(&[
                "auth:can",
                "grace@example.com",
                permission,
                "--organization",
                "acme",
                "--in-project",
                works_on,
            ])
        };
        let decision = can("crm.view", "till");
        assert_eq!(decision["allowed"], true, "{project}: {decision}");
        let why = decision["why"].as_str().unwrap();
        assert!(
            why.contains("its team `sales`") && why.contains("inherits from `reader`"),
            "{why}"
        );
        did(&["org:project:add", "acme", "lab"]);
        assert_eq!(can("crm.view", "lab")["allowed"], false);
        let agent = did(&["agent:create", "scout", "--purpose", "looks around"]);
        let scout = agent["id"].as_str().unwrap();
        did(&["org:member:add", "acme", scout, "--role", "data_analyst"]);
        let decision = did(&["auth:can", scout, "rows.read"]);
        assert_eq!(decision["allowed"], true, "{project}: {decision}");
        assert_eq!(code(&["org:transfer", "acme", scout]), "MF1002", "somebody has to answer");
        did(&["org:transfer", "acme", "grace@example.com"]);
        did(&["org:member:remove", "acme", "ada@example.com"]);
        let members = did(&["org:member:list", "acme"]);
        assert_eq!(members["members"].as_array().unwrap().len(), 2, "{members}");
        did(&["org:delete", "acme", "--dangerously-allow-delete"]);
        assert_eq!(code(&["org:show", "acme"]), "MF1011");
        assert_eq!(can_not(&here, project), false);
    }
    drop(board);
}

fn can_not(here: &Installation, project: &str) -> serde_json::Value {
    let words = ["auth:can", "grace@example.com", "crm.view", "--project", project];
    here.json(&words)["allowed"].clone()
}
