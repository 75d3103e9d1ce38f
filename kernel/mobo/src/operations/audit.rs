//! The audit log: who did what, and the proof that nobody changed it.

use super::operations;
use crate::desk::AuditLine;
use crate::session::Session;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_journal::{Broken, Filter, Position, Seal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

operations! {
    List => list;
    Verify => verify;
    Export => export;
}

pub(super) struct List;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ListInput {
    /// Only calls of this operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Only calls of this actor, or on behalf of this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Only what was done on this: a user, a part, a project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// Only what was refused or failed.
    #[serde(default)]
    pub refused: bool,
    /// Only what belongs to this trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// So many at most, the newest.
    #[serde(default = "hundred")]
    pub limit: u32,
}
fn hundred() -> u32 {
    100
}
/// Looked at from the end; what is older is found by reading the log from a position.
const LOOK_BACK: u64 = 20_000;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AuditRow {
    pub position: u64,
    #[serde(flatten)]
    pub line: AuditLine,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AuditList {
    pub lines: Vec<AuditRow>,
}

impl Operation for List {
    type Input = ListInput;
    type Output = AuditList;
    const NAME: &'static str = "audit:list";
    const SUMMARY: &'static str = "Shows who called which operation, and how it went";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "audit.read";
    const ALIASES: &'static [&'static str] = &["audit"];
    fn examples() -> Vec<Example> {
        vec![Example::new("The newest lines", json!({ "limit": 5 }), json!({}))]
    }
}

impl ListInput {
    fn wants(&self, line: &AuditLine) -> bool {
        let is = |wanted: &Option<String>, told: Option<&String>| {
            wanted.is_none() || told == wanted.as_ref()
        };
        let acts =
            |actor: &String| *actor == line.actor || Some(actor) == line.on_behalf_of.as_ref();
        is(&self.operation, Some(&line.operation))
            && self.actor.as_ref().is_none_or(acts)
            && is(&self.on, line.on.as_ref())
            && is(&self.trace, Some(&line.trace_id))
            && (!self.refused || line.code.is_some())
    }
}

async fn list(session: Session, input: ListInput, _: Call) -> Result<AuditList, Fault> {
    let audit = &session.keep().audit;
    let newest = audit.journal().newest().0;
    let mut next = Position(newest.saturating_sub(LOOK_BACK));
    let mut lines = std::collections::VecDeque::new();
    let limit = usize::try_from(input.limit).unwrap_or(usize::MAX);
    while next.0 <= newest {
        let batch = audit.read(next, Filter::all(), 1_000).await?;
        for record in &batch.records {
            let Ok(line) = serde_json::from_slice::<AuditLine>(&record.payload) else { continue };
            if input.wants(&line) {
                if lines.len() == limit {
                    lines.pop_front();
                }
                lines.push_back(AuditRow { position: record.position.0, line });
            }
        }
        if batch.next <= next {
            break;
        }
        next = batch.next;
    }
    Ok(AuditList { lines: lines.into() })
}

pub(super) struct Verify;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct VerifyInput {
    /// A seal that was kept elsewhere: the log has to hold it as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Verified {
    pub good: bool,
    pub lines: u64,
    /// The first line that does not fit.
    pub broken: Option<String>,
    /// Keep it elsewhere: it proves the log up to now.
    pub seal: Option<String>,
}

impl Operation for Verify {
    type Input = VerifyInput;
    type Output = Verified;
    const NAME: &'static str = "audit:verify";
    const SUMMARY: &'static str = "Proves that no line of the audit log was changed or taken out";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "audit.read";
    fn examples() -> Vec<Example> {
        vec![
            Example::new("Is it whole?", json!({}), json!({ "good": true })),
            Example::refused(
                "With something that is no seal",
                json!({ "seal": "nonsense" }),
                codes::BAD_INPUT.id,
            ),
        ]
    }
}

fn sentence(broken: Broken) -> String {
    match broken {
        Broken::Changed(at) => format!("line {at} is not what was written"),
        Broken::Unchained(at) => {
            format!(
                "line {at} does not follow the one before it: something was taken out or put in"
            )
        }
        Broken::Replaced => "the log does not hold the seal that was kept elsewhere".to_owned(),
    }
}

async fn verify(session: Session, input: VerifyInput, _: Call) -> Result<Verified, Fault> {
    let kept = input.seal.as_deref().map(|text| {
        Seal::parse(text).ok_or_else(|| {
            Fault::new(codes::BAD_INPUT, "this is not a seal of the audit log")
                .hint("a seal has 64 digits, as `mobo audit:verify` tells it")
        })
    });
    let verdict = session.keep().audit.verify(kept.transpose()?).await?;
    Ok(Verified {
        good: verdict.broken.is_none(),
        lines: verdict.records,
        broken: verdict.broken.map(sentence),
        seal: verdict.seal.map(|s| s.to_string()),
    })
}

pub(super) struct Export;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ExportInput {
    /// From this position on; the oldest that is kept when nothing is said.
    #[serde(default)]
    pub from: u64,
    /// So many lines at most.
    #[serde(default = "thousand")]
    pub limit: u32,
}
fn thousand() -> u32 {
    1_000
}
/// More in one answer is more than a door carries.
const EXPORT_MAX: u32 = 10_000;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Exported {
    pub lines: Vec<AuditRow>,
    /// Where the next lines begin; nothing when these are the last ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// Keep it with the lines: `audit:verify --seal` proves that the log still holds them.
    pub seal: String,
}

impl Operation for Export {
    type Input = ExportInput;
    type Output = Exported;
    const NAME: &'static str = "audit:export";
    const SUMMARY: &'static str = "Hands out lines of the audit log, the oldest first, with a seal";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "audit.read";
    const POSITIONAL: &'static [&'static str] = &["from"];
    const ABOUT: &'static str = "For a log elsewhere: ask from where the last export ended, until \
        there is no next position. The seal proves the log up to its newest line.";
    fn examples() -> Vec<Example> {
        vec![Example::new("The first lines", json!({ "limit": 5 }), json!({}))]
    }
}

async fn export(session: Session, input: ExportInput, _: Call) -> Result<Exported, Fault> {
    let audit = &session.keep().audit;
    let (newest, seal) = (audit.journal().newest().0, audit.seal().to_string());
    let mut next = Position(input.from);
    let limit = usize::try_from(input.limit.min(EXPORT_MAX)).unwrap_or(0);
    let mut lines = vec![];
    while next.0 <= newest && lines.len() < limit {
        let batch = audit.read(next, Filter::all(), limit - lines.len()).await?;
        for record in &batch.records {
            if let Ok(line) = serde_json::from_slice::<AuditLine>(&record.payload) {
                lines.push(AuditRow { position: record.position.0, line });
            }
        }
        if batch.next <= next {
            break;
        }
        next = batch.next;
    }
    Ok(Exported { lines, next: (next.0 <= newest).then_some(next.0), seal })
}
