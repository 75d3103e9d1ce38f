//! Operations: everything MagFlock can *do*, declared once by the part that owns it. From one
//! declaration come the command, the HTTP endpoint, the agent's tool, the audit line and the page
//! in the book. A door shows operations; it never adds one.

use crate::actor::Actor;
use crate::fault::Fault;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

pub trait Operation: Send + 'static {
    type Input: DeserializeOwned + Serialize + JsonSchema + Send + 'static;
    type Output: Serialize + JsonSchema + Send + 'static;
    /// `group:verb`.
    const NAME: &'static str;
    const SUMMARY: &'static str;
    const EFFECT: Effect;
    /// What the caller must hold, such as `board.read`.
    const PERMISSION: &'static str;
    /// Fields of the input that a command line gives without their name, in this order.
    const POSITIONAL: &'static [&'static str] = &[];
    /// Short names: `list` for `component:list`.
    const ALIASES: &'static [&'static str] = &[];
    /// The handler looks at `call.preview` and then only tells what it would do.
    const PREVIEW: bool = false;
    /// The operation that takes it back.
    const UNDO: Option<&'static str> = None;
    /// It may end only when it is cancelled, and tells what it sees as progress.
    const FOLLOWS: bool = false;
    const WITHIN: Duration = Duration::from_secs(60);
    /// More than the summary, for its page and its `--help`.
    const ABOUT: &'static str = "";
    /// At least one; each is run by a test.
    fn examples() -> Vec<Example>;
}

/// What a call does to the world; it decides about consent and about what an agent may do alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    Read,
    Write,
    Admin,
    /// It cannot be taken back: it needs a preview, and a consent of its own.
    Destructive,
}

#[derive(Clone, Debug, Serialize)]
pub struct Example {
    pub title: &'static str,
    pub input: Json,
    pub expect: Expect,
}

/// What a test looks for in the answer of an example.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// The answer has at least these fields and values.
    Answer(Json),
    /// The call is refused with this code.
    Fault(&'static str),
    /// It runs until it is cancelled: the test sees its first line and cancels.
    Line,
    /// It ends the board, so only a test of its own runs it.
    OwnTest,
}

impl Example {
    pub fn new(title: &'static str, input: Json, expect: Json) -> Self {
        Self { title, input, expect: Expect::Answer(expect) }
    }
    pub fn refused(title: &'static str, input: Json, code: &'static str) -> Self {
        Self { title, input, expect: Expect::Fault(code) }
    }
}

/// The declaration as data, for doors, pages and tests.
#[derive(Clone, Debug, Serialize)]
pub struct Spec {
    pub name: &'static str,
    pub summary: &'static str,
    pub about: &'static str,
    pub effect: Effect,
    pub permission: &'static str,
    pub positional: &'static [&'static str],
    pub aliases: &'static [&'static str],
    pub preview: bool,
    pub undo: Option<&'static str>,
    pub follows: bool,
    #[serde(skip)]
    pub within: Duration,
    pub input: Json,
    pub output: Json,
    pub examples: Vec<Example>,
}

impl Spec {
    pub fn of<O: Operation>() -> Self {
        Self {
            name: O::NAME,
            summary: O::SUMMARY,
            about: O::ABOUT,
            effect: O::EFFECT,
            permission: O::PERMISSION,
            positional: O::POSITIONAL,
            aliases: O::ALIASES,
            preview: O::PREVIEW,
            undo: O::UNDO,
            follows: O::FOLLOWS,
            within: O::WITHIN,
            input: schemars::schema_for!(O::Input).to_value(),
            output: told::<O::Output>(),
            examples: O::examples(),
        }
    }
    /// `component` of `component:list`.
    pub fn group(&self) -> &'static str {
        self.name.split_once(':').map_or(self.name, |(group, _)| group)
    }
    pub fn verb(&self) -> &'static str {
        self.name.split_once(':').map_or(self.name, |(_, verb)| verb)
    }
}

/// The schema of what is told: a field that is left out when there is nothing in it may be missing.
fn told<T: JsonSchema>() -> Json {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// What a handler knows of the call it answers.
#[derive(Clone)]
pub struct Call {
    pub actor: Actor,
    pub door: &'static str,
    pub trace_id: Arc<str>,
    pub preview: bool,
    pub progress: Progress,
    pub cancelled: Cancelled,
}

/// The line to whoever waits for the answer.
#[derive(Clone)]
pub struct Progress(mpsc::Sender<Step>);

#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub message: String,
    /// Done and total, where both are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<(u64, u64)>,
    /// One item of an operation that follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<Json>,
}

impl Progress {
    pub fn new(line: mpsc::Sender<Step>) -> Self {
        Self(line)
    }
    /// Says how far it is. A caller who does not listen loses it.
    pub fn say(&self, message: impl Into<String>, of: Option<(u64, u64)>) {
        let _ = self.0.try_send(Step { message: message.into(), of, item: None });
    }
    /// Hands over one item and waits while the caller is behind; `false` when nobody listens.
    pub async fn item(&self, item: Json) -> bool {
        self.0.send(Step { message: String::new(), of: None, item: Some(item) }).await.is_ok()
    }
}

#[derive(Clone)]
pub struct Cancelled(watch::Receiver<bool>);

impl Cancelled {
    pub fn new(line: watch::Receiver<bool>) -> Self {
        Self(line)
    }
    pub fn is(&self) -> bool {
        *self.0.borrow()
    }
    /// Resolves when the caller has gone or has taken the call back.
    pub async fn wait(&mut self) {
        let _ = self.0.wait_for(|cancelled| *cancelled).await;
    }
}

/// What the caller has agreed to beforehand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Consent {
    #[default]
    None,
    /// `--yes`
    Yes,
    /// `--dangerously-allow-delete`
    Destroy,
}

/// A call as a door hands it in.
#[derive(Clone, Debug)]
pub struct Order {
    pub name: String,
    pub input: Json,
    pub actor: Actor,
    pub door: &'static str,
    /// The address that it came from, over a network.
    pub from: Option<IpAddr>,
    pub trace_id: Option<Arc<str>>,
    pub preview: bool,
    pub consent: Consent,
}

/// Something that was done without an operation and belongs into the audit log all the same: a
/// sign-in, a session that ended, a key that was refused.
#[derive(Clone, Debug)]
pub struct Act {
    pub actor: Actor,
    pub door: &'static str,
    /// `auth:login`; named like operations, and no operation.
    pub what: &'static str,
    /// On what or whom it was done.
    pub on: Option<String>,
    pub from: Option<IpAddr>,
    /// Never a secret.
    pub details: Json,
    /// Why not, when it was refused.
    pub code: Option<&'static str>,
    pub trace_id: Option<Arc<str>>,
}

/// A call under way. Dropping it cancels the call.
pub struct Running {
    pub steps: mpsc::Receiver<Step>,
    pub answer: oneshot::Receiver<Result<Json, Fault>>,
    pub cancel: watch::Sender<bool>,
}

/// Where doors find the operations and call them. The board is the one that implements it:
/// permission, consent, preview, audit and time limit happen there, for all doors alike.
pub trait Desk: Send + Sync {
    fn specs(&self) -> Vec<Arc<Spec>>;
    fn call(&self, order: Order) -> Running;
    /// Writes a line into the audit log; it is on the disk when this resolves.
    fn record(&self, act: Act) -> BoxFuture<'static, Result<(), Fault>>;
}

pub type Handler = Arc<dyn Fn(Json, Call) -> BoxFuture<'static, Result<Json, Fault>> + Send + Sync>;

/// An operation with the function that does it.
#[derive(Clone)]
pub struct Offer {
    pub spec: Arc<Spec>,
    pub handler: Handler,
}

impl Offer {
    pub fn new<O, F, R>(function: F) -> Self
    where
        O: Operation,
        F: Fn(O::Input, Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O::Output, Fault>> + Send + 'static,
    {
        let function = Arc::new(function);
        let handler: Handler = Arc::new(move |input, call| {
            let function = function.clone();
            Box::pin(async move {
                let input = crate::input::read::<O::Input>(input, O::NAME)?;
                let output = function(input, call).await?;
                serde_json::to_value(output).map_err(|e| {
                    Fault::new(crate::codes::BUG, "an answer cannot be written as JSON").because(e)
                })
            })
        });
        Self { spec: Arc::new(Spec::of::<O>()), handler }
    }
}
