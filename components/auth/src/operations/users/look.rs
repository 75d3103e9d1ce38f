//! `user:list` and `user:show`.

use super::{OneUser, base_of, meant};
use crate::home::{Home, Row, any_of, like, newest_first, page};
use crate::operations::{Office, input};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_query::Call as DataCall;
use mag_query::call::{Comparison, Filter, Query};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;

/// A user in one line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct UserRow {
    pub id: String,
    /// `human`, `ai_agent`, `service_account` or `system`.
    pub kind: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `active`, `invited` or `suspended`; `banned` while a ban lasts.
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    pub created_at: Timestamp,
}

impl UserRow {
    fn of(base: &Row, banned: bool) -> Self {
        Self {
            id: base.words("id").to_owned(),
            kind: base.words("user_type").to_owned(),
            name: base.words("display_name").to_owned(),
            email: base.text("email").map(str::to_owned),
            status: if banned { "banned" } else { base.words("status") }.to_owned(),
            owner: base.text("owner_id").map(str::to_owned),
            created_at: base.time("created_at").unwrap_or_default(),
        }
    }
}

pub(super) struct List;

input! { ListInput in project, by the page;
    /// Only users of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Only those whose name or address has this in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct UserList {
    pub users: Vec<UserRow>,
    /// How many there are without a limit.
    pub total: u64,
}

impl Operation for List {
    type Input = ListInput;
    type Output = UserList;
    const NAME: &'static str = "user:list";
    const SUMMARY: &'static str = "Lists the users of a project, of all four kinds";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "auth.users.read";
    const ALIASES: &'static [&'static str] = &["users"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new("All of them", json!({}), json!({})),
            Example::new(
                "The agents",
                json!({ "kind": "ai_agent" }),
                json!({ "users": [], "total": 0 }),
            ),
        ]
    }
}

pub(super) async fn list(
    office: Arc<Office>,
    input: ListInput,
    _: Call,
) -> Result<UserList, Fault> {
    let (_, home) = office.users(&input).await?;
    let mut filter = vec![];
    if let Some(kind) = &input.kind {
        filter.push(Filter::eq("user_type", kind));
    }
    if let Some(text) = &input.search {
        let text = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("%{text}%");
        filter
            .push(Filter::Any(vec![like("display_name", pattern.clone()), like("email", pattern)]));
    }
    let limit = u64::from(input.limit.min(1_000));
    let query = page(filter, newest_first("created_at"), limit, u64::from(input.offset));
    let (rows, total) = home.counted(base_read(&home, query)).await?;
    let banned = banned(&home, rows.iter().map(|row| row.words("id").to_owned()).collect()).await?;
    let user = |row: &Row| UserRow::of(row, banned.contains(row.words("id")));
    Ok(UserList { users: rows.iter().map(user).collect(), total })
}

/// Those of them who are kept out now: a ban ends by itself, so nothing in the base can say it.
async fn banned(home: &Home, users: Vec<String>) -> Result<HashSet<String>, Fault> {
    if users.is_empty() {
        return Ok(HashSet::new());
    }
    let now = home.now().to_string();
    let still = Filter::compare("banned_until", Comparison::Gt, &now);
    let found = home.find("users", vec![any_of("id", users), still]).await?;
    Ok(found.iter().map(|row| row.words("id").to_owned()).collect())
}

fn base_read(home: &Home, query: Query) -> DataCall {
    let (schema, table) = home.source.database().base().place("users");
    DataCall::read(schema, table, query)
}

pub(super) struct Show;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct UserShown {
    pub user: UserRow,
    pub role: String,
    pub confirmed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_sign_in_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub banned_until: Option<Timestamp>,
    /// The ways in which it signs in.
    pub providers: Vec<String>,
    /// Verified second factors.
    pub factors: usize,
    pub sessions: usize,
}

impl Operation for Show {
    type Input = OneUser;
    type Output = UserShown;
    const NAME: &'static str = "user:show";
    const SUMMARY: &'static str = "Shows a user, its ways to sign in and its sessions";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "auth.users.read";
    const POSITIONAL: &'static [&'static str] = &["user"];
    fn examples() -> Vec<Example> {
        let nobody = json!({ "user": "nobody@example.com" });
        vec![Example::refused("Somebody who is not there", nobody, codes::NO_SUCH_NAME.id)]
    }
}

pub(super) async fn show(office: Arc<Office>, input: OneUser, _: Call) -> Result<UserShown, Fault> {
    let (_, home) = office.users(&input).await?;
    let user = meant(&home, &input.user).await?;
    let base = base_of(&home, user.id).await?;
    let verified = user.factors.iter().filter(|row| row.text("status") == Some("verified"));
    Ok(UserShown {
        user: UserRow::of(&base, user.is_banned(home.now())),
        role: user.role().to_owned(),
        confirmed: user.is_confirmed() || user.is_phone_confirmed(),
        last_sign_in_at: user.row.time("last_sign_in_at"),
        banned_until: user.row.time("banned_until").filter(|until| *until > home.now()),
        providers: user.identities.iter().map(|row| row.words("provider").to_owned()).collect(),
        factors: verified.count(),
        sessions: home.sessions_of(user.id).await?.len(),
    })
}
