//! Messages on their way: a job of the board's is queued for each and the message written down, then
//! it is tried once while somebody waits, and after that by the job, again and again with longer
//! pauses, also after a restart. One may arrive twice when the end of a try cannot be written; none
//! is lost silently.
//! Never: a code or an address in the job, nor in what it answers. It names a row.

use super::Gotrue;
use super::hooks::{Hook, SILENCE};
use super::refusal::Refusal;
use crate::home::{Home, Row, any_of};
use crate::post::{BEGUN, Channel, Message, State};
use mag_contract::job::{Attempt, Job, Order};
use mag_contract::{Fault, Timestamp, codes};
use mag_ports::Project;
use mag_query::Call;
use mag_query::call::Filter;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Looks after a message until it is sent.
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

/// For the try that somebody waits for. A mail server has twenty seconds to answer a step of it.
const FIRST_WITHIN: Duration = Duration::from_secs(25);
/// The job is queued before the first try, and must not run beside it.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
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
        let written = self.post.write(home, &message).await?;
        if !written.waits {
            return Ok(self.post.keep(home, written).await.map(|_| ())?);
        }
        // First of all: whoever waits may leave at any moment, and this ends where it is then.
        self.queue_up(project.id, written.id, FIRST_PAUSE).await?;
        let mail = self.post.keep(home, written).await?;
        let tried = tokio::time::timeout(FIRST_WITHIN, self.try_once(&mail)).await;
        let late = |_| Err(Tried::Later(format!("no answer within {FIRST_WITHIN:?}")));
        let (state, why, told) = match tried.unwrap_or_else(late) {
            Ok(()) => (State::Sent, None, Ok(())),
            Err(Tried::Later(why)) => (State::Waiting, Some(why), Ok(())),
            Err(Tried::Never(not)) => (State::Failed, Some(not.why().to_owned()), Err(not)),
        };
        // The job finds it as it was before, and is one try more.
        if let Err(fault) = home.note_mail(&mail, state, why.as_deref()).await {
            unwritten(&fault);
        }
        told
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
        // The page knows by it that it has been asked before.
        let name = mail.id("id").unwrap_or_default().simple().to_string();
        match self.hooks.ask_as(&name, hook, &question, self.clock.now()).await {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.code == SILENCE => Err(Tried::Later(refusal.message)),
            Err(refusal) => Err(Tried::Never(NotSent::Refused(refusal))),
        }
    }

    async fn queue_up(&self, project: Uuid, mail: Uuid, pause: Duration) -> Result<(), Fault> {
        let order = Order::of(&SendAgain { project, mail })?
            .unique(format!("{}.{mail}", SendAgain::KIND))
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
        if State::of(&mail) != Some(State::Waiting) {
            return Ok(json!({ "state": mail.words("state") }));
        }
        let ended = |state: State| Ok(json!({ "state": state.name() }));
        if mail.time("good_until").is_some_and(|until| until < self.clock.now()) {
            let last = mail.text("error").unwrap_or("it was never tried");
            let why = format!("what is in it was out of date before it could be sent: {last}");
            home.note_mail(&mail, State::Failed, Some(&why)).await?;
            return ended(State::Failed);
        }
        // What cannot be written is not sent either: it would be sent again and again.
        if !home.note_mail(&mail, State::Waiting, Some(BEGUN)).await? {
            return gone();
        }
        match self.try_once(&mail).await {
            Ok(()) => {
                if let Err(fault) = home.note_mail(&mail, State::Sent, None).await {
                    unwritten(&fault);
                }
                ended(State::Sent)
            }
            Err(Tried::Later(why)) => {
                let last = attempt.number >= SendAgain::ATTEMPTS;
                let state = if last { State::Failed } else { State::Waiting };
                home.note_mail(&mail, state, Some(&why)).await?;
                // Why is in the row: it may name the address.
                Err(Fault::new(codes::IO, "the mail could not be sent")
                    .hint("`mobo mail:list` says why"))
            }
            Err(Tried::Never(not)) => {
                home.note_mail(&mail, State::Failed, Some(not.why())).await?;
                ended(State::Failed)
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
            self.queue_up(project.id, mail.id("id").unwrap_or_default(), START_PAUSE).await?;
        }
        Ok(())
    }
}

pub(super) fn after(now: Timestamp, pause: Duration) -> Timestamp {
    Timestamp(now.millis().saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX)))
}

/// A message was tried, and what came of it is not in its row.
fn unwritten(fault: &Fault) {
    tracing::error!("what came of a message could not be written: {}", fault.chain());
}

impl Home {
    /// Whether the message was still there, and waited. What a page was asked is kept no longer
    /// than it may be asked again: there is a code in it.
    async fn note_mail(
        &self,
        mail: &Row,
        state: State,
        error: Option<&str>,
    ) -> Result<bool, Fault> {
        let waits = Filter::eq("state", State::Waiting.name());
        let which = vec![self.here(), Filter::eq("id", mail.words("id")), waits];
        let mut change = json!({ "state": state.name(), "error": error });
        if state != State::Waiting {
            change["question"] = Json::Null;
        }
        Ok(!self.run(self.update("mails", which, change)?).await?.is_empty())
    }

    /// Messages to these addresses that wait are not sent any more.
    pub(crate) fn drop_waiting(&self, to: &[&str]) -> Call {
        let to = to.iter().filter(|one| !one.is_empty()).map(|one| (*one).to_owned()).collect();
        let waits = Filter::eq("state", State::Waiting.name());
        self.delete("mails", vec![self.here(), any_of("recipient", to), waits])
    }
}
