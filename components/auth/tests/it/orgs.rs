//! Organizations, teams and roles, and what follows from them: one decision for everybody.

use crate::house::House;
use mag_contract::{Fault, codes};
use serde_json::{Value as Json, json};

async fn user(house: &House, name: &str) -> String {
    let wish = json!({"email": format!("{name}@example.com"), "name": name});
    house.call("user:create", wish).await.unwrap()["id"].as_str().unwrap().to_owned()
}

/// Organization `acme` of Ada's, with Grace as a member.
async fn acme(house: &House) {
    user(house, "ada").await;
    user(house, "grace").await;
    let wish = json!({"organization": "acme", "name": "Acme", "owner": "ada@example.com"});
    house.call("org:create", wish).await.unwrap();
    let wish = json!({"organization": "acme", "user": "grace@example.com"});
    house.call("org:member:add", wish).await.unwrap();
}

async fn can(house: &House, who: &str, permission: &str, more: Json) -> String {
    let mut wish = json!({"user": format!("{who}@example.com"), "permission": permission});
    wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let decision = house.call("auth:can", wish).await.unwrap();
    let why = decision["why"].as_str().unwrap();
    format!("{} {}", decision["allowed"], why.split(" (binding").next().unwrap())
}

fn code<T>(result: Result<T, Fault>) -> &'static str {
    result.map_or_else(|fault| fault.code().id, |_| "yes")
}

#[tokio::test]
async fn the_owner_of_an_organization_may_all_of_it_and_hands_it_over() {
    let house = House::new().await;
    acme(&house).await;
    assert_eq!(
        can(&house, "ada", "crm.view", json!({})).await,
        "true role `owner` in organization `acme` holds `*`"
    );
    assert_eq!(
        can(&house, "grace", "crm.view", json!({})).await,
        "false the user has no role in any organization"
    );
    let again = json!({"organization": "acme", "owner": "ada@example.com"});
    assert_eq!(code(house.call("org:create", again).await), "MF4003");
    for odd in ["Acme", "a b", "-a", "", "ä"] {
        let wish = json!({"organization": odd, "owner": "ada@example.com"});
        assert_eq!(code(house.call("org:create", wish).await), "MF1002", "{odd}");
    }
    let stranger = json!({"organization": "acme", "to": user(&house, "eve").await});
    assert_eq!(code(house.call("org:transfer", stranger).await), "MF4001", "members alone");
    let leave = json!({"organization": "acme", "user": "ada@example.com"});
    assert_eq!(code(house.call("org:member:remove", leave.clone()).await), "MF4001");
    let to = json!({"organization": "acme", "to": "grace@example.com"});
    house.call("org:transfer", to).await.unwrap();
    assert!(can(&house, "grace", "crm.view", json!({})).await.starts_with("true"));
    house.call("org:member:remove", leave).await.unwrap();
    assert!(can(&house, "ada", "crm.view", json!({})).await.starts_with("false"));
    let shown = house.call("org:show", json!({"organization": "acme"})).await.unwrap();
    assert_eq!((&shown["owner_name"], &shown["members"]), (&json!("grace"), &json!(1)));
}

#[tokio::test]
async fn roles_inherit_and_hold_where_they_are_bound() {
    let house = House::new().await;
    acme(&house).await;
    let role = |name: &str, permissions: Json, inherits: Json| {
        json!({
            "organization": "acme", "name": name, "permissions": permissions,
            "inherits": inherits,
        })
    };
    house.call("org:role:create", role("reader", json!(["crm.view"]), json!([]))).await.unwrap();
    let seller = role("seller", json!(["crm.deals.*"]), json!(["reader"]));
    let made = house.call("org:role:create", seller).await.unwrap();
    assert_eq!(made["allows"], json!(["crm.deals.*", "crm.view"]));
    assert_eq!(
        code(house.call("org:role:create", role("x", json!(["Crm"]), json!([]))).await),
        "MF1002"
    );
    for name in ["shop", "blog"] {
        let wish = json!({"organization": "acme", "works_on": name});
        house.call("org:project:add", wish).await.unwrap();
    }
    let bind = json!({
        "organization": "acme", "role": "seller", "user": "grace@example.com", "in_project": "shop",
    });
    let bound = house.call("org:role:bind", bind).await.unwrap();
    let at = |project: &str| json!({"organization": "acme", "in_project": project});
    assert!(can(&house, "grace", "crm.view", at("shop")).await.contains("inherits from `reader`"));
    assert!(can(&house, "grace", "crm.deals.close", at("shop")).await.starts_with("true"));
    assert!(can(&house, "grace", "crm.view", at("blog")).await.starts_with("false"));
    let circle = json!({"organization": "acme", "name": "reader", "inherits": ["seller"]});
    assert_eq!(code(house.call("org:role:update", circle).await), "MF4001");
    let narrow = json!({"organization": "acme", "name": "reader", "permissions": ["crm.list"]});
    house.call("org:role:update", narrow).await.unwrap();
    assert!(can(&house, "grace", "crm.view", at("shop")).await.starts_with("false"));
    let unbind = json!({"organization": "acme", "binding": bound["id"]});
    house.call("org:role:unbind", unbind.clone()).await.unwrap();
    assert_eq!(code(house.call("org:role:unbind", unbind).await), "MF1011");
    assert!(can(&house, "grace", "crm.deals.close", at("shop")).await.starts_with("false"));
}

#[tokio::test]
async fn a_team_holds_for_its_members_and_a_binding_ends() {
    let house = House::new().await;
    acme(&house).await;
    house.call("team:create", json!({"organization": "acme", "team": "sales"})).await.unwrap();
    let role = json!({"organization": "acme", "name": "seller", "template": "reader"});
    house.call("org:role:create", role).await.unwrap();
    let bind = json!({"organization": "acme", "role": "seller", "team": "sales", "days": 1});
    house.call("org:role:bind", bind).await.unwrap();
    assert!(can(&house, "grace", "content.view", json!({})).await.starts_with("false"));
    let add = |who: &str| json!({"organization": "acme", "team": "sales", "user": format!("{who}@example.com")});
    user(&house, "eve").await;
    assert_eq!(code(house.call("team:member:add", add("eve")).await), "MF4001", "no member");
    house.call("team:member:add", add("grace")).await.unwrap();
    assert!(can(&house, "grace", "content.view", json!({})).await.contains("its team `sales`"));
    house.later(86_401);
    assert!(can(&house, "grace", "content.view", json!({})).await.starts_with("false"));
}

#[tokio::test]
async fn a_suspended_member_or_organization_holds_nothing() {
    let house = House::new().await;
    acme(&house).await;
    let role = json!({"organization": "acme", "name": "seller", "permissions": ["crm.view"]});
    house.call("org:role:create", role).await.unwrap();
    let bind = json!({"organization": "acme", "role": "seller", "user": "grace@example.com"});
    house.call("org:role:bind", bind).await.unwrap();
    assert!(can(&house, "grace", "crm.view", json!({})).await.starts_with("true"));
    let member = |status: &str| json!({"organization": "acme", "user": "grace@example.com", "status": status});
    house.call("org:member:add", member("suspended")).await.unwrap();
    assert!(can(&house, "grace", "crm.view", json!({})).await.starts_with("false"));
    house.call("org:member:add", member("active")).await.unwrap();
    assert!(can(&house, "grace", "crm.view", json!({})).await.starts_with("true"));
    house.call("org:update", json!({"organization": "acme", "status": "suspended"})).await.unwrap();
    assert!(can(&house, "grace", "crm.view", json!({})).await.starts_with("false"));
    assert!(can(&house, "ada", "crm.view", json!({})).await.starts_with("false"));
}

#[tokio::test]
async fn no_organization_gets_at_what_belongs_to_another() {
    let house = House::new().await;
    acme(&house).await;
    let wish = json!({"organization": "umbrella", "owner": "grace@example.com"});
    house.call("org:create", wish).await.unwrap();
    let role = json!({"organization": "acme", "name": "secret", "permissions": ["vault.open"]});
    let role = house.call("org:role:create", role).await.unwrap()["id"].clone();
    let team = json!({"organization": "acme", "team": "sales"});
    let team = house.call("team:create", team).await.unwrap()["id"].clone();
    let work = json!({"organization": "acme", "works_on": "shop"});
    let work = house.call("org:project:add", work).await.unwrap()["projects"][0]["id"].clone();
    let theirs = |more: Json| {
        let mut wish = json!({
            "organization": "umbrella", "role": "owner", "user": "grace@example.com",
        });
        wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        wish
    };
    for (what, wish) in [
        ("a role by its id", theirs(json!({"role": role}))),
        ("a role by its name", theirs(json!({"role": "secret"}))),
        ("a project by its id", theirs(json!({"in_project": work}))),
        ("a team by its id", theirs(json!({"in_team": team}))),
        ("a team that holds", theirs(json!({"team": team, "user": null}))),
    ] {
        assert_eq!(code(house.call("org:role:bind", wish).await), "MF1011", "{what}");
    }
    let member = json!({"organization": "umbrella", "user": "grace@example.com", "role": role});
    assert_eq!(code(house.call("org:member:add", member).await), "MF1011");
    let inherit = json!({"organization": "umbrella", "name": "mine", "inherits": [role]});
    assert_eq!(code(house.call("org:role:create", inherit).await), "MF1011");
    let change = json!({"organization": "umbrella", "name": role, "permissions": []});
    assert_eq!(code(house.call("org:role:update", change).await), "MF1011");
    let invite = json!({"organization": "umbrella", "email": "x@example.com", "role": role});
    assert_eq!(code(house.call("org:invite", invite).await), "MF1011");
    let decided = can(&house, "grace", "vault.open", json!({"organization": "acme"})).await;
    assert!(decided.starts_with("false"), "{decided}");
}

#[tokio::test]
async fn a_deleted_organization_leaves_its_users_and_nothing_else() {
    let house = House::new().await;
    acme(&house).await;
    house.call("team:create", json!({"organization": "acme", "team": "sales"})).await.unwrap();
    let role = json!({"organization": "acme", "name": "seller", "permissions": ["crm.view"]});
    house.call("org:role:create", role).await.unwrap();
    house.call("org:delete", json!({"organization": "acme"})).await.unwrap();
    assert_eq!(code(house.call("org:show", json!({"organization": "acme"})).await), "MF1011");
    assert!(can(&house, "ada", "crm.view", json!({})).await.starts_with("false"));
    let wish = json!({"organization": "acme", "owner": "ada@example.com"});
    house.call("org:create", wish).await.unwrap();
    let roles = house.call("org:role:list", json!({"organization": "acme"})).await.unwrap();
    assert_eq!(roles["roles"].as_array().unwrap().len(), 1, "the built-in one: {roles}");
}

#[tokio::test]
async fn an_invitation_is_for_one_address_and_works_once() {
    let house = House::new().await;
    acme(&house).await;
    user(&house, "eve").await;
    user(&house, "bob").await;
    let role = json!({"organization": "acme", "name": "seller", "permissions": ["crm.view"]});
    house.call("org:role:create", role).await.unwrap();
    let wish = json!({"organization": "acme", "email": "Bob@example.com", "role": "seller"});
    house.call("org:invite", wish.clone()).await.unwrap();
    let token = token(&house, "bob@example.com").await;
    let accept =
        |who: &str, token: &str| json!({"token": token, "user": format!("{who}@example.com")});
    assert_eq!(code(house.call("org:accept", accept("eve", &token)).await), "MF3003");
    house.later(1);
    house.call("org:invite", wish.clone()).await.unwrap();
    assert_eq!(code(house.call("org:accept", accept("bob", &token)).await), "MF3002", "the newest");
    let newest = self::token(&house, "bob@example.com").await;
    house.call("org:accept", accept("bob", &newest)).await.unwrap();
    assert_eq!(code(house.call("org:accept", accept("bob", &newest)).await), "MF3002");
    assert!(can(&house, "bob", "crm.view", json!({})).await.starts_with("true"));

    let wish = json!({"organization": "acme", "email": "late@example.com", "days": 1});
    house.call("org:invite", wish).await.unwrap();
    user(&house, "late").await;
    let late = self::token(&house, "late@example.com").await;
    house.later(86_401);
    assert_eq!(code(house.call("org:accept", accept("late", &late)).await), "MF3002", "too late");
    let list = house.call("org:invitations", json!({"organization": "acme"})).await.unwrap();
    let mut states: Vec<&str> = list["invitations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["state"].as_str().unwrap())
        .collect();
    states.sort_unstable();
    assert_eq!(states, ["accepted", "expired", "revoked"]);
    let back = json!({"organization": "acme", "invitation": "late@example.com"});
    house.call("org:uninvite", back.clone()).await.unwrap();
    assert_eq!(house.call("org:uninvite", back).await.unwrap_err().code(), codes::NO_SUCH_NAME);
}

async fn token(house: &House, to: &str) -> String {
    let list = house.call("mail:list", json!({"to": to})).await.unwrap();
    let id = list["mails"][0]["id"].clone();
    let mail = house.call("mail:show", json!({"id": id})).await.unwrap();
    let text = mail["text"].as_str().unwrap().split("#invite=").nth(1).unwrap().to_owned();
    text.chars().take_while(char::is_ascii_alphanumeric).collect()
}
