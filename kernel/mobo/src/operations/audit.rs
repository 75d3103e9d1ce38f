//! The audit log: who did what, and the proof that nobody changed it.

use super::{Nothing, operations};
use crate::desk::AuditLine;
use crate::session::Session;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation};
use mag_journal::{Broken, Filter, Position};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

operations! {
    List => list;
    Verify => verify;
}

pub(super) struct List;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ListInput {
    /// Only calls of this operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Only calls of this actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
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

async fn list(session: Session, input: ListInput, _: Call) -> Result<AuditList, Fault> {
    let audit = &session.keep().audit;
    let newest = audit.journal().newest().0;
    let mut next = Position(newest.saturating_sub(LOOK_BACK).max(audit.journal().oldest().0));
    let mut lines = std::collections::VecDeque::new();
    let limit = usize::try_from(input.limit).unwrap_or(usize::MAX);
    while next.0 <= newest {
        let batch = audit.read(next, Filter::all(), 1_000).await?;
        for record in &batch.records {
            let Ok(line) = serde_json::from_slice::<AuditLine>(&record.payload) else { continue };
            let wanted = input.operation.as_ref().is_none_or(|o| *o == line.operation)
                && input.actor.as_ref().is_none_or(|a| *a == line.actor);
            if wanted {
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
    type Input = Nothing;
    type Output = Verified;
    const NAME: &'static str = "audit:verify";
    const SUMMARY: &'static str = "Proves that no line of the audit log was changed or taken out";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "audit.read";
    fn examples() -> Vec<Example> {
        vec![Example::new("Is it whole?", json!({}), json!({ "good": true }))]
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

async fn verify(session: Session, _: Nothing, _: Call) -> Result<Verified, Fault> {
    let verdict = session.keep().audit.verify(None).await?;
    Ok(Verified {
        good: verdict.broken.is_none(),
        lines: verdict.records,
        broken: verdict.broken.map(sentence),
        seal: verdict.seal.map(|s| s.to_string()),
    })
}
