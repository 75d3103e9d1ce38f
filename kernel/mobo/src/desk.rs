//! Where operations are called, for all doors alike: name, permission, consent, preview, time
//! limit, audit. A door that skips this does not exist, because a door has only `Desk`.

use crate::facts::OperationCalled;
use futures::future::BoxFuture;
use mag_contract::bus::Bus;
use mag_contract::life::panic_text;
use mag_contract::operation::{
    Act, Call, Cancelled, Consent, Desk, Effect, Offer, Order, Progress, Running, Spec,
};
use mag_contract::secret::HIDDEN;
use mag_contract::ward::{Ward, WardSocket, Wish};
use mag_contract::{Actor, ActorKind, Context, Fault, Jack, Timestamp, codes};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::Instant;

/// Who did what, from where, and how it went: one line a call.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AuditLine {
    pub at: Timestamp,
    pub actor_kind: ActorKind,
    pub actor: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on_behalf_of: Option<String>,
    pub door: String,
    /// The address that it came from, over a network.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<String>,
    pub operation: String,
    /// On what or whom: what the call names first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on: Option<String>,
    pub effect: String,
    pub preview: bool,
    /// Secrets hidden.
    pub input: Json,
    /// The code of the fault, when it did not succeed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    pub took_ms: u64,
    pub trace_id: String,
}

/// Where audit lines go.
pub trait AuditSink: Send + Sync {
    /// Resolves when the line is on disk.
    fn write(&self, line: AuditLine) -> BoxFuture<'static, Result<(), Fault>>;
    /// Hands the line in without waiting.
    fn note(&self, line: AuditLine);
}

pub(crate) struct BoardDesk {
    held: Mutex<BTreeMap<&'static str, Vec<Seated>>>,
    bus: Bus,
    parts: Handle,
    audit: OnceLock<Arc<dyn AuditSink>>,
    ward: OnceLock<Jack<WardSocket>>,
    room: Arc<Semaphore>,
    /// Calls that follow may last for ever: they shall not keep anybody from a short one.
    followers: Arc<Semaphore>,
}

/// The function behind a name; during a swap two incarnations answer it, and the newest is asked.
#[derive(Clone)]
struct Seated {
    serial: u64,
    offer: Offer,
}

/// Lines of progress that wait for a caller. More would be old news.
const STEPS: usize = 64;

impl BoardDesk {
    pub(crate) fn new(bus: Bus, parts: Handle, calls_max: u32) -> Self {
        let room = || Arc::new(Semaphore::new(usize::try_from(calls_max).unwrap_or(1)));
        let (room, followers) = (room(), room());
        let (audit, ward) = (OnceLock::new(), OnceLock::new());
        Self { held: Mutex::default(), bus, parts, audit, ward, room, followers }
    }
    /// Who is asked about agents, and about those who hold something in one project alone.
    pub(crate) fn warded_by(&self, ward: Jack<WardSocket>) {
        let _ = self.ward.set(ward);
    }
    pub(crate) fn audited_by(&self, sink: Arc<dyn AuditSink>) {
        let _ = self.audit.set(sink);
    }
    pub(crate) fn seat(&self, serial: u64, offers: Vec<Offer>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for offer in offers {
            let seated = Seated { serial, offer };
            held.entry(seated.offer.spec.name).or_default().push(seated);
        }
    }
    pub(crate) fn withdraw(&self, serial: u64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, seated| {
            seated.retain(|s| s.serial != serial);
            !seated.is_empty()
        });
    }
    /// The board is down: nothing is answered any more, and nothing is held.
    pub(crate) fn close(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
    fn find(&self, name: &str) -> Result<Offer, Fault> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seated) = held.get(name).and_then(|s| s.last()) {
            return Ok(seated.offer.clone());
        }
        if held.is_empty() {
            return Err(crate::kernel::leaving_fault());
        }
        let fault = Fault::new(codes::NO_OPERATION, format!("no operation is named `{name}`"))
            .hint("`mobo help` lists the operations of this board");
        Err(fault.nearest(name, held.keys().copied()))
    }

    /// What is not held everywhere may be held in the project that the call is about.
    fn held_in_a_project(&self, order: &Order, spec: &Spec) -> Result<(), Fault> {
        if !order.actor.permissions.iter().any(|held| held.contains('/')) {
            return Err(refused(&order.actor, spec));
        }
        match self.ward.get() {
            Some(ward) => ward.get()?.holds(&wish(order, spec)),
            None => Err(refused(&order.actor, spec)),
        }
    }

    /// All that is checked before the handler sees the call.
    fn admit(&self, order: &Order, spec: &Spec) -> Result<OwnedSemaphorePermit, Fault> {
        if !order.actor.permissions.hold(spec.permission) {
            self.held_in_a_project(order, spec)?;
        }
        if order.preview && !spec.preview {
            let message = format!("`{}` cannot be previewed", spec.name);
            return Err(Fault::new(codes::NO_PREVIEW, message).hint("call it without preview"));
        }
        if spec.effect == Effect::Destructive && !order.preview && order.consent < Consent::Destroy
        {
            let message =
                format!("`{}` cannot be undone and needs a consent of its own", spec.name);
            return Err(Fault::new(codes::NEEDS_CONSENT, message)
                .hint("look with `--preview`, then say `--dangerously-allow-delete`"));
        }
        let room = if spec.follows { &self.followers } else { &self.room };
        room.clone().try_acquire_owned().map_err(|_| {
            Fault::new(codes::TOO_MANY_CALLS, "too many operations are under way at once")
                .hint("try again in a moment, or raise `board.calls_max`")
        })
    }
}

fn refused(actor: &Actor, spec: &Spec) -> Fault {
    Fault::new(codes::DENIED, format!("{} may not call `{}`", actor.name, spec.name))
        .hint(format!("it takes the permission `{}`", spec.permission))
}

fn wish<'a>(order: &'a Order, spec: &'a Spec) -> Wish<'a> {
    let Order { actor, input, door, preview, .. } = order;
    Wish { actor, spec, input, door, preview: *preview }
}

/// The ward's word about agents; without a ward they do nothing.
async fn ask_ward(
    ward: Option<Jack<WardSocket>>,
    order: &Order,
    spec: &Spec,
) -> Result<Option<Arc<dyn Ward>>, Fault> {
    if order.actor.kind != ActorKind::AiAgent {
        return Ok(None);
    }
    let ward = ward.ok_or_else(|| refused(&order.actor, spec))?.get()?;
    ward.admit(wish(order, spec)).await?;
    Ok(Some(ward))
}

impl Desk for BoardDesk {
    fn specs(&self) -> Vec<Arc<Spec>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.values().filter_map(|s| s.last()).map(|s| s.offer.spec.clone()).collect()
    }

    fn call(&self, order: Order) -> Running {
        let (steps_tx, steps) = mpsc::channel(STEPS);
        let (answer_tx, answer) = oneshot::channel();
        let (cancel, cancelled) = watch::channel(false);
        let began = Instant::now();
        let trace_id: Arc<str> = order
            .trace_id
            .clone()
            .unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string().into());
        let found = self.find(&order.name);
        // The audit line of a refused call names what was refused, too.
        let spec = found.as_ref().ok().map(|offer| offer.spec.clone());
        let admitted =
            found.and_then(|offer| self.admit(&order, &offer.spec).map(|room| (offer, room)));
        let record = Record {
            bus: self
                .bus
                .within(Context { trace_id: Some(trace_id.clone()), ..Context::default() }),
            audit: self.audit.get().cloned(),
            began,
            trace_id: trace_id.clone(),
        };
        let call = Call {
            actor: order.actor.clone(),
            door: order.door,
            trace_id,
            preview: order.preview,
            progress: Progress::new(steps_tx),
            cancelled: Cancelled::new(cancelled),
        };
        let ward = self.ward.get().cloned();
        let task = async move {
            let result = match admitted {
                Ok((offer, room)) => {
                    let result = match ask_ward(ward, &order, &offer.spec).await {
                        Ok(ward) => {
                            let done = perform(&offer, order.input.clone(), call).await;
                            if let (Some(ward), Ok(answer)) = (ward, &done) {
                                ward.done(&order.actor, answer, began.elapsed());
                            }
                            done
                        }
                        Err(fault) => Err(fault),
                    };
                    drop(room);
                    result
                }
                Err(fault) => Err(fault),
            };
            let result = record.settle(&order, spec.as_deref(), result).await;
            let _ = answer_tx.send(result);
        };
        self.parts.spawn(task);
        Running { steps, answer, cancel }
    }

    fn record(&self, act: Act) -> BoxFuture<'static, Result<(), Fault>> {
        let Some(audit) = self.audit.get() else { return Box::pin(async { Ok(()) }) };
        audit.write(AuditLine {
            at: self.bus.clock().now(),
            actor_kind: act.actor.kind,
            actor: act.actor.id,
            on_behalf_of: act.actor.on_behalf_of,
            door: act.door.to_owned(),
            from: act.from.map(|from| from.to_string()),
            operation: act.what.to_owned(),
            on: act.on,
            effect: "event".into(),
            preview: false,
            input: act.details,
            code: act.code.map(str::to_owned),
            took_ms: 0,
            trace_id: act.trace_id.as_deref().unwrap_or_default().to_owned(),
        })
    }
}

/// What a call names first, as far as it is a text: the part, the user, the project.
fn named(input: &Json, spec: &Spec) -> Option<String> {
    const SHOWN: usize = 200;
    let first = *spec.positional.first()?;
    let hidden = spec.input["properties"][first]["format"] == "password";
    let text = input.get(first)?.as_str().filter(|_| !hidden)?;
    Some(text.chars().take(SHOWN).collect())
}

/// A cancelled handler may tidy up for so long before its task is ended.
const TIDY_UP: Duration = Duration::from_secs(2);

/// The handler in a task of its own, within its time, until it is cancelled.
#[expect(clippy::disallowed_methods, reason = "the task ends with the call")]
async fn perform(offer: &Offer, input: Json, call: Call) -> Result<Json, Fault> {
    let mut cancelled = call.cancelled.clone();
    let follows = offer.spec.follows;
    let within = offer.spec.within;
    let mut task = tokio::spawn((offer.handler)(input, call));
    let late = async {
        if follows {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(within).await;
    };
    let name = offer.spec.name;
    tokio::select! {
        end = &mut task => match end {
            Ok(result) => result,
            Err(e) => {
                let why = e.try_into_panic().map_or("it was ended".into(), |p| panic_text(&*p));
                tracing::error!(operation = name, "operation `{name}` panicked: {why}");
                Err(Fault::new(codes::BUG, format!("`{name}` failed by a bug of ours"))
                    .details(why)
                    .hint("the log has more; please report it"))
            }
        },
        () = late => {
            task.abort();
            Err(Fault::new(codes::TOO_LATE, format!("`{name}` did not end within {within:?}")))
        }
        () = cancelled.wait() => {
            match tokio::time::timeout(TIDY_UP, &mut task).await {
                Ok(Ok(Ok(answer))) if follows => return Ok(answer),
                Ok(_) => {}
                Err(_) => task.abort(),
            }
            Err(Fault::new(codes::CANCELLED, format!("`{name}` was cancelled")))
        }
    }
}

/// What is written down when a call is over.
struct Record {
    bus: Bus,
    audit: Option<Arc<dyn AuditSink>>,
    began: Instant,
    trace_id: Arc<str>,
}

impl Record {
    async fn settle(
        self,
        order: &Order,
        spec: Option<&Spec>,
        result: Result<Json, Fault>,
    ) -> Result<Json, Fault> {
        let took_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let code = result.as_ref().err().map(|fault| fault.code().id.to_owned());
        self.bus.publish(OperationCalled {
            operation: order.name.clone(),
            actor: order.actor.id.clone(),
            door: order.door.to_owned(),
            code: code.clone(),
            took_ms,
            preview: order.preview,
        });
        let Some(audit) = self.audit else { return result };
        let effect = spec.map(|s| s.effect);
        let line = AuditLine {
            at: self.bus.clock().now(),
            actor_kind: order.actor.kind,
            actor: order.actor.id.clone(),
            on_behalf_of: order.actor.on_behalf_of.clone(),
            door: order.door.to_owned(),
            from: order.from.map(|from| from.to_string()),
            operation: order.name.chars().take(NAME_SHOWN).collect(),
            on: spec.and_then(|spec| named(&order.input, spec)),
            effect: effect.map_or("unknown".into(), |e| format!("{e:?}").to_lowercase()),
            preview: order.preview,
            input: spec.map_or(Json::Null, |s| without_secrets(&order.input, &s.input)),
            code,
            took_ms,
            trace_id: self.trace_id.to_string(),
        };
        if effect == Some(Effect::Read) {
            // Looking is written down as well, but nobody waits for the disk.
            audit.note(line);
            return result;
        }
        match (audit.write(line).await, result) {
            (Err(fault), Ok(_)) => Err(Fault::new(
                codes::JOURNAL,
                "it was done, but its audit line could not be written",
            )
            .because(fault)),
            (_, result) => result,
        }
    }
}

/// A caller may send any name; the audit log keeps so much of it.
const NAME_SHOWN: usize = 100;
/// Inputs larger than this are told by their size alone.
const INPUT_SHOWN: usize = 4_096;

/// The input with every field hidden that its schema marks as a secret.
fn without_secrets(input: &Json, schema: &Json) -> Json {
    let shown = hidden(input, schema, schema, DEPTH);
    match shown.to_string().len() {
        n if n > INPUT_SHOWN => serde_json::json!({ "bytes": n }),
        _ => shown,
    }
}

/// Inputs nest two or three deep; a schema that refers to itself ends here, hidden.
const DEPTH: u32 = 16;

fn hidden(value: &Json, schema: &Json, root: &Json, depth: u32) -> Json {
    if schema.get("format").and_then(Json::as_str) == Some("password") && !value.is_null() {
        return Json::from(HIDDEN);
    }
    let below = |value: &Json, schema: &Json| match depth.checked_sub(1) {
        Some(depth) => hidden(value, schema, root, depth),
        None => Json::from(HIDDEN),
    };
    let named = schema.get("$ref").and_then(Json::as_str);
    if let Some(target) = named.and_then(|r| root.pointer(r.trim_start_matches('#'))) {
        return below(value, target);
    }
    // Of several shapes any may be meant: what one of them hides is hidden.
    let shapes = ["anyOf", "oneOf", "allOf"].iter().filter_map(|k| schema.get(k)?.as_array());
    let shown = shapes.flatten().fold(value.clone(), |shown, shape| below(&shown, shape));
    match shown {
        Json::Object(fields) => {
            let schema_of = |name: &str| {
                let known = schema.get("properties").and_then(|p| p.get(name));
                known.or_else(|| schema.get("additionalProperties")).unwrap_or(&Json::Null)
            };
            Json::Object(fields.iter().map(|(k, v)| (k.clone(), below(v, schema_of(k)))).collect())
        }
        Json::Array(items) => {
            let items_schema = schema.get("items").unwrap_or(&Json::Null);
            Json::Array(items.iter().map(|item| below(item, items_schema)).collect())
        }
        other => other,
    }
}
