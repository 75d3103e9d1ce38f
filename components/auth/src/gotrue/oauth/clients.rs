//! Apps: registered by themselves, or looked after by whoever holds the server's key.

use super::Trouble;
use super::store::{Client, new_secret};
use crate::gotrue::Gotrue;
use crate::gotrue::answer::{Answer, json_response};
use crate::gotrue::ask::Ask;
use crate::gotrue::limits::Path;
use crate::gotrue::refusal::Refusal;
use crate::home::Home;
use http::{HeaderName, Method};
use mag_oauth::client::Registers;
use mag_oauth::{AuthMethod, Kind, Metadata, Problem};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

const PAGE_MAX: u64 = 1_000;

impl Gotrue {
    /// RFC 7591.
    pub(super) async fn register_client(&self, ask: &Ask) -> Result<Answer, Trouble> {
        let settings = &self.settings.oauth_server;
        if !settings.allow_dynamic_registration {
            let message = "apps do not register themselves here: ask whoever runs this board";
            return Err(Problem::new(Kind::AccessDenied, message).into());
        }
        if !self.limits.admits(Path::SignUp, ask.ip, ask.now) {
            return Err(Refusal::limited().into());
        }
        let metadata = Metadata::of(&ask.fields, Registers::Itself)?;
        let home = ask.home(self).await?;
        if !home.has_room(u64::from(settings.dynamic_clients_max)).await? {
            let message = "too many apps have registered themselves: try again tomorrow";
            return Err(Problem::new(Kind::TemporarilyUnavailable, message).into());
        }
        let (client, secret) = home.make_client(&metadata, true, None).await?;
        let told = client.told_with(secret.as_deref());
        Ok(Answer::Whole(Box::new(json_response(201, &told))))
    }

    /// `/admin/oauth/clients`
    pub(in crate::gotrue) async fn admin_clients(
        &self,
        ask: &Ask,
        path: &[&str],
    ) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let m = &ask.method;
        let nowhere = || Refusal::new(404, "unknown", "404: Not Found");
        match path {
            [] if m == Method::GET => self.list_clients(ask, &home).await,
            [] if m == Method::POST => {
                let metadata = read(&ask.fields)?;
                let (client, secret) = home.make_client(&metadata, false, None).await?;
                let told = client.told_with(secret.as_deref());
                Ok(Answer::Whole(Box::new(json_response(201, &told))))
            }
            [id, rest @ ..] => {
                let missing =
                    || Refusal::new(404, "oauth_client_not_found", "OAuth client not found");
                let id = Uuid::parse_str(id).map_err(|_| missing())?;
                let client = home.client(id).await?.ok_or_else(missing)?;
                match rest {
                    [] if m == Method::GET => Ok(Answer::Told(client.told())),
                    [] if m == Method::PUT => self.change_client(ask, &home, client).await,
                    [] if m == Method::DELETE => {
                        self.end_client(ask, &home, id).await?;
                        home.drop_client(id).await?;
                        Ok(Answer::Nothing)
                    }
                    ["regenerate_secret"] if m == Method::POST => {
                        let told = self.renew_secret(ask, &home, client).await?;
                        Ok(Answer::Told(told))
                    }
                    _ => Err(nowhere()),
                }
            }
            _ => Err(nowhere()),
        }
    }

    async fn list_clients(&self, ask: &Ask, home: &Home) -> Result<Answer, Refusal> {
        let number = |name: &str, default: u64| match ask.parameter(name) {
            None => Ok(default),
            Some(text) => text.parse::<u64>().map_err(|_| {
                Refusal::bad(format!("Bad Pagination Parameters: {name} is not a number"))
            }),
        };
        let at = number("page", 1)?.max(1);
        let per_page = number("per_page", 50)?.clamp(1, PAGE_MAX);
        let (clients, total) = home.clients(per_page, (at - 1).saturating_mul(per_page)).await?;
        let pages = total.div_ceil(per_page).max(1);
        let link = |at: u64, rel: &str| {
            format!("</admin/oauth/clients?page={at}&per_page={per_page}>; rel=\"{rel}\"")
        };
        let mut links = vec![];
        if at < pages {
            links.push(link(at + 1, "next"));
        }
        links.push(link(pages, "last"));
        let headers = vec![
            (HeaderName::from_static("x-total-count"), total.to_string()),
            (http::header::LINK, links.join(", ")),
        ];
        let clients: Vec<Json> = clients.iter().map(Client::told).collect();
        Ok(Answer::With(json!({ "clients": clients, "aud": "authenticated" }), headers))
    }

    /// What is not named stays as it is.
    async fn change_client(
        &self,
        ask: &Ask,
        home: &Home,
        client: Client,
    ) -> Result<Answer, Refusal> {
        let Json::Object(mut whole) = client.told() else { return Err(Refusal::bad("no client")) };
        // Clients send everything they could change, and null for what stays.
        for (name, value) in ask.fields.iter().filter(|(_, value)| !value.is_null()) {
            whole.insert(name.clone(), value.clone());
        }
        let metadata = read(&whole)?;
        let keeps = |method: AuthMethod| method == AuthMethod::None;
        if keeps(metadata.auth_method) != keeps(client.metadata.auth_method) {
            let message =
                "An app with a secret does not become one without, or the other way round";
            return Err(Refusal::bad(message));
        }
        home.change_client(client.id, &metadata).await?;
        let client = home.client(client.id).await?;
        Ok(Answer::Told(client.map(|client| client.told()).unwrap_or_default()))
    }

    async fn renew_secret(&self, ask: &Ask, home: &Home, client: Client) -> Result<Json, Refusal> {
        if client.metadata.auth_method == AuthMethod::None {
            return Err(Refusal::bad("This app has no secret"));
        }
        let secret = new_secret()?;
        home.change_secret(client.id, &secret).await?;
        self.end_client(ask, home, client.id).await?;
        Ok(client.told_with(Some(&secret)))
    }

    /// What the app holds of everybody ends.
    async fn end_client(&self, ask: &Ask, home: &Home, client: Uuid) -> Result<(), Refusal> {
        for row in home.held_by(client, None).await? {
            if let (Some(session), Some(user)) = (row.id("session_id"), row.id("user_id")) {
                self.end_for_apps(ask, home, user, &[session], "app").await?;
            }
        }
        Ok(())
    }
}

fn read(told: &Map<String, Json>) -> Result<Metadata, Refusal> {
    Metadata::of(told, Registers::Staff).map_err(|problem| Refusal::bad(problem.description))
}
