//! Apps that sign people in with this board: registered, listed, given another secret, taken away.

use super::users::{base_of, meant};
use super::{Office, input, operations};
use crate::gotrue::oauth::store::{Client, new_secret};
use crate::home::Home;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_oauth::client::Registers;
use mag_oauth::{AuthMethod, Metadata};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

operations! {
    Create => create;
    List => list;
    Rotate => rotate;
    Delete => delete;
}

/// An app without its secret.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ClientRow {
    pub client_id: String,
    pub name: String,
    /// `public` for pages and apps on devices, `confidential` for what keeps a secret.
    pub client_type: String,
    /// `manual`, or `dynamic` when it has registered itself.
    pub registration: String,
    pub redirect_uris: Vec<String>,
    pub grant_types: Vec<String>,
    /// The service account that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
    pub created_at: Timestamp,
}

impl ClientRow {
    fn of(client: &Client) -> Self {
        Self {
            client_id: client.id.to_string(),
            name: client.metadata.name.clone(),
            client_type: client.metadata.auth_method.client_type().to_owned(),
            registration: if client.dynamic { "dynamic" } else { "manual" }.to_owned(),
            redirect_uris: client.metadata.redirect_uris.clone(),
            grant_types: client.metadata.grant_types.clone(),
            service_account: client.user.map(|user| user.to_string()),
            created_at: client.created_at,
        }
    }
}

/// An app, with its secret: the only time that it is shown.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ClientMade {
    pub client: ClientRow,
    /// Keep it now: it is not shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

pub(super) struct Create;

input! { CreateInput in project;
    /// What people read when the app asks them.
    pub name: String,
    /// Where people are sent back to, to the letter.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// It can keep no secret: a page, or an app on somebody's device.
    #[serde(default)]
    pub public: bool,
    /// It signs nobody in, and acts as this service account: its id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
    /// What it may ask for at most, such as `openid email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

impl Operation for Create {
    type Input = CreateInput;
    type Output = ClientMade;
    const NAME: &'static str = "oauth:client:create";
    const SUMMARY: &'static str = "Registers an app that signs people in with this board";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "auth.clients.write";
    const POSITIONAL: &'static [&'static str] = &["name"];
    const UNDO: Option<&'static str> = Some("oauth:client:delete");
    const ABOUT: &'static str = "The app then sends people to `/auth/v1/oauth/authorize`, where they \
        sign in and agree, and gets a code for its token. With a service account it gets tokens for \
        itself by its secret alone.";
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "A site with a server",
                json!({ "name": "Shop", "redirect_uris": ["https://example.com/back"] }),
                json!({ "client": { "name": "Shop", "client_type": "confidential" } }),
            ),
            Example::new(
                "An app on a device",
                json!({ "name": "Notes", "redirect_uris": ["com.example.notes:/back"], "public": true }),
                json!({ "client": { "client_type": "public", "registration": "manual" } }),
            ),
            Example::refused(
                "An address that is not encrypted",
                json!({ "name": "Shop", "redirect_uris": ["http://example.com/back"] }),
                codes::BAD_INPUT.id,
            ),
        ]
    }
}

async fn create(office: Arc<Office>, input: CreateInput, _: Call) -> Result<ClientMade, Fault> {
    let (_, home) = office.users(&input).await?;
    let account = match &input.service_account {
        Some(given) => Some(service_account(&home, given).await?),
        None => None,
    };
    let (grants, redirects) = match account {
        Some(_) => (json!(["client_credentials"]), json!([])),
        None => (json!(["authorization_code", "refresh_token"]), json!(input.redirect_uris)),
    };
    if account.is_some() && (input.public || !input.redirect_uris.is_empty()) {
        let message = "an app that is a service account keeps a secret and sends nobody anywhere";
        return Err(Fault::new(codes::BAD_INPUT, message));
    }
    let method = if input.public { AuthMethod::None } else { AuthMethod::Basic };
    let mut told = Map::new();
    told.insert("client_name".into(), input.name.as_str().into());
    told.insert("redirect_uris".into(), redirects);
    told.insert("grant_types".into(), grants);
    told.insert("token_endpoint_auth_method".into(), method.name().into());
    told.insert("scope".into(), input.scope.clone().map_or(Json::Null, Json::String));
    let metadata = Metadata::of(&told, Registers::Staff)
        .map_err(|problem| Fault::new(codes::BAD_INPUT, problem.description))?;
    if metadata.name.trim().is_empty() {
        return Err(Fault::new(codes::BAD_INPUT, "an app needs a name"));
    }
    let (client, client_secret) = home.make_client(&metadata, false, account).await?;
    Ok(ClientMade { client: ClientRow::of(&client), client_secret })
}

async fn service_account(home: &Home, given: &str) -> Result<Uuid, Fault> {
    let user = meant(home, given).await?;
    if base_of(home, user.id).await?.text("user_type") == Some("service_account") {
        return Ok(user.id);
    }
    Err(Fault::new(codes::BAD_INPUT, format!("`{given}` is no service account"))
        .hint("`mobo user:create --kind service_account --name invoices` makes one"))
}

pub(super) struct List;

input! { ListInput in project, by the page; }

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ClientList {
    pub clients: Vec<ClientRow>,
    /// How many there are without a limit.
    pub total: u64,
}

impl Operation for List {
    type Input = ListInput;
    type Output = ClientList;
    const NAME: &'static str = "oauth:client:list";
    const SUMMARY: &'static str = "Lists the apps that sign people in with this board";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "auth.clients.read";
    fn examples() -> Vec<Example> {
        vec![Example::new("All of them", json!({}), json!({}))]
    }
}

async fn list(office: Arc<Office>, input: ListInput, _: Call) -> Result<ClientList, Fault> {
    let (_, home) = office.users(&input).await?;
    let limit = u64::from(input.limit.min(1_000));
    let (clients, total) = home.clients(limit, u64::from(input.offset)).await?;
    Ok(ClientList { clients: clients.iter().map(ClientRow::of).collect(), total })
}

input! { OneClient in project;
    /// The app's `client_id`, or a name that only one has.
    pub client: String,
}

async fn client_meant(home: &Home, given: &str) -> Result<Client, Fault> {
    let found = match Uuid::parse_str(given) {
        Ok(id) => home.client(id).await?,
        Err(_) => match home.clients_named(given).await?.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            _ => {
                return Err(Fault::new(codes::BAD_INPUT, "several apps have this name")
                    .hint("name it by its `client_id`, as `mobo oauth:client:list` shows it"));
            }
        },
    };
    found.ok_or_else(|| {
        let shown: String = given.chars().take(80).collect();
        Fault::new(codes::NO_SUCH_NAME, format!("there is no app `{shown}`"))
            .hint("`mobo oauth:client:list` shows them with their `client_id`")
    })
}

fn nobody() -> Json {
    json!({ "client": "00000000-0000-0000-0000-000000000000" })
}

pub(super) struct Rotate;

impl Operation for Rotate {
    type Input = OneClient;
    type Output = ClientMade;
    const NAME: &'static str = "oauth:client:rotate";
    const SUMMARY: &'static str =
        "Gives an app another secret, and ends what it holds by the old one";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "auth.clients.write";
    const POSITIONAL: &'static [&'static str] = &["client"];
    fn examples() -> Vec<Example> {
        vec![Example::refused("One that is not there", nobody(), codes::NO_SUCH_NAME.id)]
    }
}

async fn rotate(office: Arc<Office>, input: OneClient, _: Call) -> Result<ClientMade, Fault> {
    let (_, home) = office.users(&input).await?;
    let client = client_meant(&home, &input.client).await?;
    if client.metadata.auth_method == AuthMethod::None {
        return Err(Fault::new(codes::STATE_CONFLICT, "this app has no secret: it is public"));
    }
    let secret = new_secret()?;
    home.change_secret(client.id, &secret).await?;
    end_sessions(&office, &home, client.id).await?;
    Ok(ClientMade { client: ClientRow::of(&client), client_secret: Some(secret) })
}

/// What an app holds of everybody ends; how many sessions there were.
async fn end_sessions(office: &Office, home: &Home, client: Uuid) -> Result<usize, Fault> {
    let held = home.held_by(client, None).await?;
    let sessions: Vec<Uuid> = held.iter().filter_map(|row| row.id("session_id")).collect();
    home.end_for_apps(&sessions).await?;
    for session in &sessions {
        office.gotrue.watch.end(*session, home.now());
    }
    Ok(sessions.len())
}

pub(super) struct Delete;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Deleted {
    pub client_id: String,
    pub name: String,
    pub ended_sessions: usize,
    /// Whether it was done, and not only looked at.
    pub done: bool,
}

impl Operation for Delete {
    type Input = OneClient;
    type Output = Deleted;
    const NAME: &'static str = "oauth:client:delete";
    const SUMMARY: &'static str = "Takes an app away, with all that people have allowed to it";
    const EFFECT: Effect = Effect::Destructive;
    const PERMISSION: &'static str = "auth.clients.write";
    const POSITIONAL: &'static [&'static str] = &["client"];
    const PREVIEW: bool = true;
    fn examples() -> Vec<Example> {
        vec![Example::refused("Without consent", nobody(), codes::NEEDS_CONSENT.id)]
    }
}

async fn delete(office: Arc<Office>, input: OneClient, call: Call) -> Result<Deleted, Fault> {
    let (_, home) = office.users(&input).await?;
    let client = client_meant(&home, &input.client).await?;
    let (client_id, name) = (client.id.to_string(), client.metadata.name.clone());
    if call.preview {
        let ended_sessions = home.held_by(client.id, None).await?.len();
        return Ok(Deleted { client_id, name, ended_sessions, done: false });
    }
    let ended_sessions = end_sessions(&office, &home, client.id).await?;
    home.drop_client(client.id).await?;
    Ok(Deleted { client_id, name, ended_sessions, done: true })
}
