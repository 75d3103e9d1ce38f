//! `user:create`: a person with an address, or an account for a service with its key.

use super::changed;
use crate::home::Home;
use crate::keys::KeyKind;
use crate::operations::keys::Wish;
use crate::operations::{Office, input};
use crate::passwords::weakness;
use crate::people::users::{By, NewUser, own_identity};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Secret, codes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

pub(super) struct Create;

input! { CreateInput in project;
    /// The address of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What it is called; a service account needs a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `human` or `service_account`; an agent is made by `agent:create`.
    #[serde(default = "human")]
    pub kind: String,
    /// The password of a person; without one they choose it by a mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret<String>>,
    /// The role that its requests have; `authenticated` when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}
fn human() -> String {
    "human".into()
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Created {
    pub id: String,
    pub kind: String,
    pub name: String,
    /// The key of a service account: it is not shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Operation for Create {
    type Input = CreateInput;
    type Output = Created;
    const NAME: &'static str = "user:create";
    const SUMMARY: &'static str = "Makes a user: a person, or an account for a service";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "auth.users.write";
    const POSITIONAL: &'static [&'static str] = &["email"];
    const UNDO: Option<&'static str> = Some("user:delete");
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "A person",
                json!({ "email": "ada@example.com", "name": "Ada" }),
                json!({ "kind": "human", "name": "Ada" }),
            ),
            Example::new(
                "A service, with its key",
                json!({ "name": "invoices", "kind": "service_account" }),
                json!({ "kind": "service_account" }),
            ),
            Example::refused("Nobody in particular", json!({}), codes::BAD_INPUT.id),
        ]
    }
}

pub(super) async fn create(
    office: Arc<Office>,
    input: CreateInput,
    call: Call,
) -> Result<Created, Fault> {
    let (project, home) = office.users(&input).await?;
    let mut new = NewUser::human();
    if let Some(role) = &input.role {
        new.role.clone_from(role);
    }
    new.name.clone_from(&input.name);
    match input.kind.as_str() {
        "human" => person(&office, &home, &mut new, &input).await?,
        "service_account" => {
            new.user_type = "service_account";
            if input.name.as_deref().is_none_or(|name| name.trim().is_empty()) {
                return Err(Fault::new(codes::BAD_INPUT, "a service account needs a name"));
            }
        }
        other => {
            let message = format!("`{other}` is no kind of user that is made so");
            return Err(Fault::new(codes::BAD_INPUT, message)
                .hint("it is `human` or `service_account`; `mobo agent:create` makes an agent"));
        }
    }
    let (kind, role) = (new.user_type, new.role.clone());
    let user = home.make(new).await.map_err(|fault| exists(fault, input.email.as_deref()))?;
    changed(&office, &project, user.id, "created");
    let name = input.name.clone().unwrap_or_else(|| user.email().to_owned());
    let key = if kind == "service_account" {
        let wish = Wish {
            name: &name,
            kind: KeyKind::Service,
            role: &role,
            scopes: vec![],
            expires_at: None,
            user: Some(user.id),
            replaces: None,
        };
        Some(wish.grant(&office, &project, &call.actor.id).await?.key)
    } else {
        None
    };
    Ok(Created { id: user.id.to_string(), kind: kind.to_owned(), name, key })
}

async fn person(
    office: &Office,
    home: &Home,
    new: &mut NewUser,
    input: &CreateInput,
) -> Result<(), Fault> {
    let given = input.email.as_deref().ok_or_else(|| {
        Fault::new(codes::BAD_INPUT, "a person needs an address")
            .hint("`mobo user:create ada@example.com`")
    })?;
    let email = crate::gotrue::address(given)
        .ok_or_else(|| Fault::new(codes::BAD_INPUT, "this is no address of a mailbox"))?;
    if home.user(By::Email(&email)).await?.is_some() {
        return Err(taken(&email));
    }
    if let Some(password) = &input.password {
        if let Some(weak) = weakness(password.expose(), &office.gotrue.wanted_strength()) {
            return Err(Fault::new(codes::BAD_INPUT, weak.message));
        }
        new.password_hash = Some(office.gotrue.passwords.hash(password).await?);
    }
    new.email_confirmed_at = Some(home.now());
    new.app_metadata.insert("provider".into(), "email".into());
    new.app_metadata.insert("providers".into(), json!(["email"]));
    if let Some(name) = &input.name {
        new.user_metadata.insert("name".into(), name.as_str().into());
    }
    let own = own_identity(new.id, "email", &email, true);
    new.identities.push(("email".to_owned(), new.id.to_string(), own));
    new.email = Some(email);
    Ok(())
}

fn exists(fault: Fault, email: Option<&str>) -> Fault {
    if fault.code() != codes::DUPLICATE_KEY {
        return fault;
    }
    taken(email.unwrap_or("of this name"))
}

fn taken(name: &str) -> Fault {
    Fault::new(codes::EXISTS, format!("there is a user `{name}` already"))
        .hint("`mobo user:list` shows them")
}
