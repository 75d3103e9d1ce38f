//! Messages on their way: written down first, tried once while somebody waits, and then by a job of
//! the board's, again and again with longer pauses, also after a restart. One may arrive twice when
//! the board ends in the middle of a try; none is lost silently.
//! Never: a code or an address in the job. It names a row.

use super::Gotrue;
use super::hooks::{Hook, SILENCE};
use super::refusal::Refusal;
use crate::home::{Home, Row};
use crate::post::{Channel, Message, State};
use mag_contract::job::{Attempt, Job, Order};
use mag_contract::{Fault, Timestamp, codes};
use mag_ports::Project;
use mag_query::call::Filter;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A message that could not go at once.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SendAgain {
    project: Uuid,
    mail: Uuid,
}

impl Job for SendAgain {
    const KIND: &'static str = "auth.mail";
    /// The pauses double up to an hour: it is most of a day until the last one.
    const ATTEMPTS: u32 = 24;
    /// A mail server has twenty seconds, a page five.
    const WITHIN: Duration = Duration::from_secs(60);
}

/// After the first try, which somebody has waited for.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// At a start another incarnation may still be trying; after this it is not.
const START_PAUSE: Duration = Duration::from_secs(30);

/// Why a message does not go out.
#[derive(Debug)]
pub(crate) enum NotSent {
    /// The board could not even write it down, or more were sent than may be.
    Fault(Fault),
    /// The page that sends it says no, in its own words.
    Refused(Refusal),
    /// The mail server refuses it for good.
    Failed(String),
}

/// How a try ended that has sent nothing.
enum Tried {
    Later(String),
    Never(NotSent),
}

impl NotSent {
    fn why(&self) -> &str {
        match self {
            Self::Fault(fault) => fault.message(),
            Self::Refused(refusal) => &refusal.message,
            Self::Failed(why) => why,
        }
    }
}

impl From<Fault> for NotSent {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<NotSent> for Fault {
    fn from(not: NotSent) -> Self {
        match not {
            NotSent::Fault(fault) => fault,
            NotSent::Refused(Refusal { message: why, .. }) | NotSent::Failed(why) => unsent(why),
        }
    }
}

fn unsent(why: impl Into<String>) -> Fault {
    Fault::new(codes::IO, "the mail could not be sent")
        .details(why)
        .hint("`mobo mail:list` keeps what could not be sent; look at `[auth.smtp]`")
}

impl Gotrue {
    /// Good when it was sent, is kept in the mailbox, or waits for another try.
    pub(crate) async fn send(
        &self,
        project: &Project,
        home: &Home,
        message: Message<'_>,
    ) -> Result<(), NotSent> {
        let mail = self.post.write_down(home, &message).await?;
        if State::of(&mail) != Some(State::Waiting) {
            return Ok(());
        }
        match self.try_once(&mail).await {
            Ok(()) => Ok(home.note_mail(&mail, State::Sent, None).await?),
            Err(Tried::Later(why)) => {
                home.note_mail(&mail, State::Waiting, Some(&why)).await?;
                Ok(self.queue_up(project, &mail, FIRST_PAUSE).await?)
            }
            Err(Tried::Never(not)) => {
                home.note_mail(&mail, State::Failed, Some(not.why())).await?;
                Err(not)
            }
        }
    }

    async fn try_once(&self, mail: &Row) -> Result<(), Tried> {
        let question = mail.json("question");
        if question.is_null() {
            return self.post.by_smtp(mail).await.map_err(|unsent| match unsent.for_good {
                true => Tried::Never(NotSent::Failed(unsent.why)),
                false => Tried::Later(unsent.why),
            });
        }
        let hook = match Channel::of(mail) {
            Channel::Mail => Hook::SendEmail,
            Channel::Text => Hook::SendSms,
        };
        if !self.hooks.has(hook) {
            return Err(Tried::Later("no page is set that sends it".into()));
        }
        match self.hooks.ask(hook, &question, self.clock.now()).await {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.code == SILENCE => Err(Tried::Later(refusal.message)),
            Err(refusal) => Err(Tried::Never(NotSent::Refused(refusal))),
        }
    }

    async fn queue_up(&self, project: &Project, mail: &Row, pause: Duration) -> Result<(), Fault> {
        let id = mail.id("id").unwrap_or_default();
        let order = Order::of(&SendAgain { project: project.id, mail: id })?
            .unique(format!("{}.{id}", SendAgain::KIND))
            .run_at(after(self.clock.now(), pause));
        self.queue.enqueue(order).await.map(|_| ())
    }

    /// What the job does.
    pub(crate) async fn send_again(&self, job: SendAgain, attempt: Attempt) -> Result<Json, Fault> {
        let gone = || Ok(json!({ "state": "gone" }));
        let Some(project) = self.project_of(job.project)? else { return gone() };
        let home = self.homes.of(&project).await?;
        let which = vec![home.here(), Filter::eq("id", &job.mail.to_string())];
        let Some(mail) = home.one("mails", which).await? else { return gone() };
        match State::of(&mail) {
            // Failed ones come here when somebody has the board try a dead job again.
            Some(State::Waiting | State::Failed) => {}
            Some(State::Sent | State::Kept) | None => {
                return Ok(json!({ "state": mail.words("state") }));
            }
        }
        let failed = |why: &str| Ok(json!({ "state": State::Failed.name(), "why": why }));
        if mail.time("good_until").is_some_and(|until| until < self.clock.now()) {
            let last = mail.text("error").unwrap_or("it was never tried");
            let why = format!("what is in it was out of date before it could be sent: {last}");
            home.note_mail(&mail, State::Failed, Some(&why)).await?;
            return failed(&why);
        }
        match self.try_once(&mail).await {
            Ok(()) => {
                home.note_mail(&mail, State::Sent, None).await?;
                Ok(json!({ "state": State::Sent.name() }))
            }
            Err(Tried::Later(why)) => {
                let last = attempt.number >= SendAgain::ATTEMPTS;
                let state = if last { State::Failed } else { State::Waiting };
                home.note_mail(&mail, state, Some(&why)).await?;
                Err(unsent(why))
            }
            Err(Tried::Never(not)) => {
                home.note_mail(&mail, State::Failed, Some(not.why())).await?;
                failed(not.why())
            }
        }
    }

    fn project_of(&self, id: Uuid) -> Result<Option<Arc<Project>>, Fault> {
        let store = self.store.get()?;
        let mut all = store.projects();
        all.extend(store.zero().ok());
        Ok(all.into_iter().find(|project| project.id == id))
    }

    /// What waited when the board ended, perhaps before a job was queued for it.
    pub(crate) async fn queue_waiting(&self, project: &Project) -> Result<(), Fault> {
        let Some(home) = self.homes.there(project, "mails")? else { return Ok(()) };
        let which = vec![home.here(), Filter::eq("state", State::Waiting.name())];
        for mail in home.find("mails", which).await? {
            self.queue_up(project, &mail, START_PAUSE).await?;
        }
        Ok(())
    }
}

pub(super) fn after(now: Timestamp, pause: Duration) -> Timestamp {
    Timestamp(now.millis().saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX)))
}

impl Home {
    async fn note_mail(&self, mail: &Row, state: State, error: Option<&str>) -> Result<(), Fault> {
        let which = vec![self.here(), Filter::eq("id", mail.words("id"))];
        let change = json!({ "state": state.name(), "error": error });
        self.run(self.update("mails", which, change)?).await.map(|_| ())
    }
}
