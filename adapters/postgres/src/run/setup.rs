//! What a transaction begins with: its settings, the claims and the role of the one who asks, all
//! for its own time only. They end with the transaction, by the server's own doing: the next one to
//! use the connection finds nothing of them.

use super::is_native;
use crate::wire::{Ask, Manner, Reply};
use mag_adapter::engine::Access;
use mag_adapter::{EngineError, Transaction};
use mag_contract::codes;
use mag_guard::Authorised;
use mag_model::catalog::TableKind;
use mag_query::select::From;
use mag_query::{Expr, Plan, Select, Work};
use std::time::Duration;

/// What decides who asks and what may be done is never a setting that someone brings.
const NOT_FOR_SETTING: [&str; 7] = [
    "role",
    "session_authorization",
    "is_superuser",
    "transaction_read_only",
    "default_transaction_read_only",
    "row_security",
    "request.jwt.claims",
];

pub(super) struct Setup {
    pub(super) manner: Manner,
    /// A text for each number of settings: a prepared statement that every caller shares.
    text: String,
    settings: Vec<(String, String)>,
    refused: Option<String>,
    /// How the transaction begins when it is another one than the connection's own.
    pub(super) isolation: Option<&'static str>,
    /// Nobody in the transaction looks at who asks: then nobody has to be told.
    pub(super) silent: bool,
    pub(super) before: Option<String>,
    wanted_text: String,
    wanted: &'static [&'static str],
}

/// It counts at the beginning of a transaction alone.
const ISOLATION: &str = "default_transaction_isolation";

fn begin_with(level: &str) -> Option<&'static str> {
    match level.trim().to_ascii_lowercase().as_str() {
        "serializable" => Some("BEGIN ISOLATION LEVEL SERIALIZABLE"),
        "repeatable read" => Some("BEGIN ISOLATION LEVEL REPEATABLE READ"),
        "read committed" => Some("BEGIN ISOLATION LEVEL READ COMMITTED"),
        _ => None,
    }
}

/// Claims and role.
const IDENTITY: usize = 2;
const TEXT_OF_IDENTITY: &str = "SELECT set_config($1, $2, true), set_config($3, $4, true)";

impl Setup {
    /// Behind a pooler the session is not ours: all is said for the transaction.
    pub(super) fn new(
        work: &Transaction,
        within: Duration,
        pooler: bool,
        of_role: &[(String, String)],
    ) -> Self {
        let read_only = work.access == Access::Read;
        let manner = Manner { read_only, timeout_ms: within.as_millis().max(1) };
        let mut settings = Vec::with_capacity(work.settings.len() + 2);
        if pooler {
            if read_only {
                settings.push(("transaction_read_only".into(), "on".into()));
            }
            settings.push(("statement_timeout".into(), manner.timeout_ms.to_string()));
        }
        let refused = work.settings.iter().find(|(name, _)| decides(name));
        // What is asked for with the call goes before what the role is set to.
        let free = |name: &str| !decides(name) && name != ISOLATION;
        settings.extend(of_role.iter().filter(|(name, _)| free(name)).cloned());
        settings.extend(work.settings.iter().cloned());
        let isolation = of_role.iter().chain(&work.settings).rfind(|(name, _)| name == ISOLATION);
        let silent = settings.is_empty()
            && work.before.is_none()
            && !work.plans.is_empty()
            && work.plans.iter().all(|plan| asks_nobody(plan));
        // The role is last, so that all else is set by the one who may.
        Self {
            manner,
            text: setting_text(settings.len() + IDENTITY),
            settings,
            refused: refused.map(|(name, _)| name.clone()),
            isolation: isolation.and_then(|(_, level)| begin_with(level)),
            silent,
            before: work.before.as_ref().map(|(schema, name)| match schema.as_str() {
                // By the search path.
                "" => format!("SELECT {}()", quoted(name)),
                _ => format!("SELECT {}.{}()", quoted(schema), quoted(name)),
            }),
            wanted_text: wanted_text(work.wanted_settings.len()),
            wanted: work.wanted_settings,
        }
    }

    pub(super) fn ask(
        &self,
        plan: Option<&Authorised<Plan>>,
    ) -> Result<Option<Ask<'_>>, EngineError> {
        if let Some(name) = &self.refused {
            let message = format!("`{name}` is not a setting for a caller");
            return Err(EngineError::new(codes::NOT_GRANTED, message));
        }
        if self.silent {
            return Ok(None);
        }
        let own = self.settings.iter().flat_map(|(name, value)| [name.clone(), value.clone()]);
        let who = plan.map_or_else(|| NOBODY.map(str::to_owned), identity);
        let arguments = own.chain(who).map(Some).collect();
        Ok(Some(Ask::with(&self.text, arguments)))
    }

    /// Another identity in the same transaction.
    pub(super) fn switch(&self, plan: &Authorised<Plan>) -> Option<Ask<'_>> {
        let arguments = || identity(plan).into_iter().map(Some).collect();
        (!self.silent).then(|| Ask::with(TEXT_OF_IDENTITY, arguments()))
    }

    pub(super) fn wanted(&self) -> Option<Ask<'_>> {
        if self.wanted.is_empty() {
            return None;
        }
        let names = self.wanted.iter().map(|name| Some((*name).to_owned())).collect();
        Some(Ask::with(&self.wanted_text, names))
    }

    pub(super) fn settings(&self, reply: Option<&Reply>) -> Vec<(String, String)> {
        let Some(reply) = reply.filter(|_| !self.wanted.is_empty()) else { return Vec::new() };
        let Some(row) = reply.texts().next() else { return Vec::new() };
        let given = self.wanted.iter().zip(row).filter_map(|(name, value)| {
            let value = value.filter(|value| !value.is_empty())?;
            Some(((*name).to_owned(), value.to_owned()))
        });
        given.collect()
    }
}

/// Claims and role of nobody in particular: the connection's own.
const NOBODY: [&str; 4] = ["request.jwt.claims", "", "role", "none"];

/// Without rules of its own the engine works as itself; who asks is told to its functions only.
fn identity(plan: &Authorised<Plan>) -> [String; 4] {
    let session = plan.session();
    let role = if is_native(plan) { session.role.to_string() } else { "none".to_owned() };
    ["request.jwt.claims".into(), session.claims.to_string(), "role".into(), role]
}

/// Whether the plan reads rows of plain tables and nothing else: no rule, view or function of the
/// engine's own that could look at who asks.
pub(super) fn asks_nobody(plan: &Plan) -> bool {
    let Work::Read(select) = &plan.work else { return false };
    if is_native(plan) {
        return false;
    }
    let mut nobody = true;
    select.visit(&mut |select: &Select| {
        nobody &= select.sources.iter().all(|source| match &source.from {
            From::Table(id) => {
                let table = plan.catalog.table(*id);
                let plain = matches!(table.kind, TableKind::Table | TableKind::Partitioned);
                plain && !table.row_policies
            }
            From::Function { .. } | From::Written(_) | From::Again { .. } => false,
        });
        select.each_expr(&mut |top| {
            top.visit(&mut |expr| nobody &= !matches!(expr, Expr::Computed { .. }));
        });
    });
    nobody
}

/// It is not for a caller to set.
pub(super) fn decides(name: &str) -> bool {
    NOT_FOR_SETTING.iter().any(|known| known.eq_ignore_ascii_case(name.trim()))
}

fn setting_text(count: usize) -> String {
    let calls: Vec<String> =
        (0..count).map(|n| format!("set_config(${}, ${}, true)", n * 2 + 1, n * 2 + 2)).collect();
    format!("SELECT {}", calls.join(", "))
}

fn wanted_text(count: usize) -> String {
    let calls: Vec<String> = (1..=count).map(|n| format!("current_setting(${n}, true)")).collect();
    format!("SELECT {}", calls.join(", "))
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\"").replace('\0', ""))
}
