//! What is sent to people: written from templates, kept in the mailbox of the project, and handed
//! to a mail server when there is one. Never: a second try; `gotrue/outbox.rs` decides on those.

mod smtp;
mod template;

pub(crate) use smtp::Unsent;
pub(crate) use template::{Kind, Words};

use crate::home::{Home, Row, newest_first, page};
use crate::settings::Settings;
use mag_contract::{Fault, Timestamp, codes};
use mag_query::call::{Comparison, Filter};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use template::Letter;
use uuid::Uuid;

/// Letters that the mailbox keeps for one project besides those that wait; the oldest go first.
const KEPT_MAX: u64 = 1_000;
/// Messages of one project that wait for another try; more are refused.
const WAITING_MAX: u64 = 1_000;
/// What a row says of a try that nobody has seen the end of.
pub(crate) const BEGUN: &str = "a try was begun, and nothing is known of its end";
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
    /// A page of the operator's sends it, or nobody: no gateway for texts is part of the board.
    Text,
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// There is nobody to send it.
    Kept,
    Waiting,
    Sent,
    Failed,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
    pub(crate) fn of(mail: &Row) -> Option<Self> {
        let all = [Self::Kept, Self::Waiting, Self::Sent, Self::Failed];
        all.into_iter().find(|state| state.name() == mail.words("state"))
    }
}

/// A message to somebody.
pub(crate) struct Message<'a> {
    pub(crate) channel: Channel,
    pub(crate) to: &'a str,
    pub(crate) kind: Kind,
    pub(crate) words: &'a Words,
    /// Later than this nobody can use what is in it.
    pub(crate) good_until: Timestamp,
    /// What the page that sends it is asked, where one does.
    pub(crate) question: Option<Json>,
}

/// A message that is written and not yet kept.
pub(crate) struct Written {
    pub(crate) id: Uuid,
    /// Whether there is somebody to send it.
    pub(crate) waits: bool,
    row: Json,
}

impl Channel {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mail => "email",
            Self::Text => "sms",
        }
    }
    pub(crate) fn of(mail: &Row) -> Self {
        if mail.words("channel") == Self::Text.name() { Self::Text } else { Self::Mail }
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
    pub(crate) fn preview(&self, kind: Kind, words: &Words) -> Letter {
        self.templates.write(kind, words)
    }

    /// The row of a message, before it is kept and anything is tried.
    pub(crate) async fn write(&self, home: &Home, message: &Message<'_>) -> Result<Written, Fault> {
        self.count(home)?;
        let letter = self.templates.write(message.kind, message.words);
        let by_smtp = message.channel == Channel::Mail && self.server.is_some();
        let waits = by_smtp || message.question.is_some();
        if waits {
            room(home).await?;
        }
        let state = if waits { State::Waiting } else { State::Kept };
        let id = Uuid::new_v4();
        let row = json!({
            "id": id, "instance_id": home.instance, "recipient": message.to,
            "channel": message.channel.name(), "template": message.kind.name(),
            "subject": letter.subject, "text": letter.text, "html": letter.html,
            "state": state.name(), "error": waits.then_some(BEGUN), "created_at": home.now(),
            "question": message.question, "good_until": message.good_until,
        });
        Ok(Written { id, waits, row })
    }

    /// Keeps it in the mailbox.
    pub(crate) async fn keep(&self, home: &Home, written: Written) -> Result<Row, Fault> {
        let made = home.run(home.insert("mails", written.row)?).await?.pop();
        // The message is there: the next one sweeps as well.
        if let Err(fault) = sweep(home).await {
            tracing::warn!("old mails could not be swept: {}", fault.chain());
        }
        made.ok_or_else(|| Fault::new(codes::BUG, "a mail that was just written is not there"))
    }

    /// One try to hand a message that was written down to the mail server.
    pub(crate) async fn by_smtp(&self, mail: &Row) -> Result<(), Unsent> {
        let Some(server) = &self.server else {
            return Err(Unsent { why: "no mail server is set".into(), for_good: false });
        };
        let words = |column| mail.words(column).to_owned();
        let letter = Letter { subject: words("subject"), html: words("html"), text: words("text") };
        server.send(mail.words("recipient"), &letter).await
    }

    fn count(&self, home: &Home) -> Result<(), Fault> {
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
}

/// Messages that wait are bounded like those that are kept: more of them mean that the server is
/// away for good, and each is tried again and again.
async fn room(home: &Home) -> Result<(), Fault> {
    let which = vec![home.here(), Filter::eq("state", State::Waiting.name())];
    let query = page(which, newest_first("created_at"), 1, WAITING_MAX - 1);
    if home.run(home.read("mails", query)).await?.is_empty() {
        return Ok(());
    }
    Err(Fault::new(codes::IO, "the mail could not be sent")
        .details(format!("{WAITING_MAX} messages of this project wait already"))
        .hint("`mobo mail:list` says what their last tries met; look at `[auth.smtp]`"))
}

/// What waits stays: it is bounded by itself.
async fn sweep(home: &Home) -> Result<(), Fault> {
    let done = || {
        let other = Filter::compare("state", Comparison::Neq, State::Waiting.name());
        vec![home.here(), other]
    };
    let query = page(done(), newest_first("created_at"), 1, KEPT_MAX);
    let Some(first) = home.run(home.read("mails", query)).await?.pop() else { return Ok(()) };
    let Some(at) = first.time("created_at") else { return Ok(()) };
    let mut which = done();
    which.push(Filter::compare("created_at", Comparison::Lte, &at.to_string()));
    home.run(home.delete("mails", which)).await.map(|_| ())
}
