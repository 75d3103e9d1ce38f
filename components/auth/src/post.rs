//! What is sent to people: written from templates, kept in the mailbox of the project, and handed
//! to a mail server when there is one. Nothing is lost silently: what could not be sent says why.

mod smtp;
mod template;

pub(crate) use template::{Kind, Words};

use crate::home::{Home, newest_first, page};
use crate::settings::Settings;
use mag_contract::{Fault, codes};
use mag_query::call::Filter;
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// Letters that the mailbox keeps for one project; the oldest go first.
const KEPT_MAX: u64 = 1_000;
const HOUR_MS: i64 = 3_600_000;

pub(crate) struct Post {
    server: Option<smtp::Server>,
    templates: template::Templates,
    per_hour: u32,
    sent: Mutex<HashMap<Uuid, (i64, u32)>>,
}

/// By which way it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    Mail,
    /// Kept in the mailbox only: no gateway for text messages is part of the board.
    Text,
}

impl Channel {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mail => "email",
            Self::Text => "sms",
        }
    }
}

impl Post {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Fault> {
        Ok(Self {
            server: smtp::Server::of(&settings.smtp)?,
            templates: template::Templates::of(&settings.templates, &settings.languages)?,
            per_hour: settings.limits.mails_per_hour,
            sent: Mutex::default(),
        })
    }

    /// Whether letters leave this machine.
    pub(crate) fn goes_out(&self) -> bool {
        self.server.is_some()
    }

    /// What a mail would look like.
    pub(crate) fn preview(&self, kind: Kind, words: &Words) -> template::Letter {
        self.templates.write(kind, words)
    }

    /// Writes it down, and sends it when it is a mail and there is a server.
    pub(crate) async fn send(
        &self,
        home: &Home,
        channel: Channel,
        recipient: &str,
        kind: Kind,
        words: &Words,
    ) -> Result<(), Fault> {
        self.count(home)?;
        let letter = self.templates.write(kind, words);
        let (state, error) = match (&self.server, channel) {
            (Some(server), Channel::Mail) => match server.send(recipient, &letter).await {
                Ok(()) => ("sent", None),
                Err(why) => ("failed", Some(why)),
            },
            (None, Channel::Mail) | (_, Channel::Text) => ("kept", None),
        };
        self.write_down(home, (channel, recipient, kind), &letter, state, error.as_deref()).await?;
        match error {
            None => Ok(()),
            Some(why) => Err(Fault::new(codes::IO, "the mail could not be sent")
                .details(why)
                .hint("`mobo mail:list` keeps what could not be sent; look at `[auth.smtp]`")),
        }
    }

    /// What a hook has sent, or has not.
    pub(crate) async fn keep(
        &self,
        home: &Home,
        channel: Channel,
        recipient: &str,
        kind: Kind,
        words: &Words,
        error: Option<String>,
    ) -> Result<(), Fault> {
        let letter = self.templates.write(kind, words);
        let state = if error.is_some() { "failed" } else { "sent" };
        self.write_down(home, (channel, recipient, kind), &letter, state, error.as_deref()).await
    }

    async fn write_down(
        &self,
        home: &Home,
        (channel, recipient, kind): (Channel, &str, Kind),
        letter: &template::Letter,
        state: &str,
        error: Option<&str>,
    ) -> Result<(), Fault> {
        let row = json!({
            "id": Uuid::new_v4(), "instance_id": home.instance, "recipient": recipient,
            "channel": channel.name(), "template": kind.name(), "subject": letter.subject,
            "text": letter.text, "html": letter.html, "state": state, "error": error,
            "created_at": home.now(),
        });
        home.run(home.insert("mails", row)?).await?;
        self.sweep(home).await
    }

    pub(crate) fn count(&self, home: &Home) -> Result<(), Fault> {
        let hour = home.now().millis().div_euclid(HOUR_MS);
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        // One project a board has is one entry: there are few.
        let of_project = sent.entry(home.instance).or_insert((hour, 0));
        if of_project.0 != hour {
            *of_project = (hour, 0);
        }
        if of_project.1 >= self.per_hour {
            return Err(Fault::new(codes::TOO_MANY_TRIES, "email rate limit exceeded")
                .hint("`auth.limits.mails_per_hour` is how many a project sends in an hour"));
        }
        of_project.1 += 1;
        Ok(())
    }

    async fn sweep(&self, home: &Home) -> Result<(), Fault> {
        let query = page(vec![home.here()], newest_first("created_at"), 1, KEPT_MAX);
        let Some(first) = home.run(home.read("mails", query)).await?.pop() else { return Ok(()) };
        let Some(at) = first.time("created_at") else { return Ok(()) };
        let old = mag_query::call::Comparison::Lte;
        let which = vec![home.here(), Filter::compare("created_at", old, &at.to_string())];
        home.run(home.delete("mails", which)).await.map(|_| ())
    }
}
