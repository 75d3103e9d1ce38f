//! Why: which grants and policies meet when a role does something with a table, in words, and which
//! policy admits which row.

use crate::authorised::Authorised;
use crate::guard::Guard;
use crate::may::May;
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::rows::{Pass, Side, applies, condition_of};
use crate::session::Session;
use mag_model::TableId;
use mag_query::error::Verb;
use mag_query::select::Output;
use mag_query::{Plan, Rules, Work};
use serde::Serialize;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    pub role: String,
    pub table: String,
    pub verb: Verb,
    pub verdict: Verdict,
    /// The columns that the verb may touch.
    pub columns: Vec<String>,
    /// Columns that are shown changed.
    pub masked: Vec<String>,
    pub policies: Vec<PolicyNote>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The role is not there.
    NoRole,
    /// No right to the table at all.
    NotGranted,
    /// Rights and policies are not asked for.
    Bypasses,
    /// The right is there, and every row.
    AllRows,
    /// The right is there, but no policy admits a row.
    NoRows,
    /// The rows that the policies admit.
    SomeRows,
    /// One of the table's policies cannot be read.
    Broken,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyNote {
    pub name: String,
    pub permissive: bool,
    pub applies: bool,
    /// The condition that counts for the verb, as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

impl Guard {
    pub fn explain(&self, role: &str, table: TableId, verb: Verb) -> Explanation {
        let known = self.catalog.table(table);
        let mut told = Explanation {
            role: role.to_owned(),
            table: format!("{}.{}", known.schema, known.name),
            verb,
            verdict: Verdict::NoRole,
            columns: Vec::new(),
            masked: Vec::new(),
            policies: Vec::new(),
        };
        let Some(role) = self.roles.get(role) else { return told };
        let rights = role.tables.get(&table).cloned().unwrap_or_default();
        let touched = |column| match verb {
            Verb::Select => rights.select.has(column),
            Verb::Insert => rights.insert.has(column),
            Verb::Update => rights.update.has(column),
            Verb::Delete => rights.delete,
        };
        let name = |column| known.column(column).name.to_string();
        told.columns = known.ids().filter(|c| role.bypass || touched(*c)).map(name).collect();
        let masked = |column: &mag_model::ColumnId| role.masks.contains_key(&(table, *column));
        told.masked = known.ids().filter(masked).map(name).collect();
        let policies = self.policies.get(&table).map_or(&[][..], Vec::as_slice);
        for policy in policies {
            told.policies.push(PolicyNote {
                name: policy.name.to_string(),
                permissive: policy.permissive,
                applies: applies(policy, verb, role),
                condition: text_of(policy, verb).map(str::to_owned),
            });
        }
        let admits =
            told.policies.iter().any(|p| p.permissive && p.applies && p.condition.is_some());
        told.verdict = if role.bypass {
            Verdict::Bypasses
        } else if !role.may(table, verb) {
            Verdict::NotGranted
        } else if self.broken.contains(&table) {
            Verdict::Broken
        } else if self.open_rows.contains(&table) {
            Verdict::AllRows
        } else if admits {
            Verdict::SomeRows
        } else {
            Verdict::NoRows
        };
        told
    }

    /// A plan that reads a table, with one more output for each policy: whether it admits the row
    /// for the session. For people who make policies; it shows rows that the session may not see.
    pub fn probe(
        &self,
        mut plan: Plan,
        session: &Arc<Session>,
        verb: Verb,
    ) -> Result<Authorised<Plan>, Refusal> {
        let role = self
            .roles
            .get(&session.role)
            .ok_or_else(|| Refusal::NoRole { role: session.role.to_string() })?;
        let mut pass =
            Pass { guard: self, role, session, next_ref: plan.next_ref, within: Vec::new() };
        if let Work::Read(select) = &mut plan.work
            && let Some(table) = select.main().row_of()
        {
            let of = select.main().id;
            let side = if verb == Verb::Insert { Side::Check } else { Side::Using };
            for policy in self.policies.get(&table).map_or(&[][..], Vec::as_slice) {
                if !applies(policy, verb, role) {
                    continue;
                }
                let Some(expr) = condition_of(policy, side) else { continue };
                pass.within.push(table);
                let expr = pass.place(expr, table, of);
                pass.within.pop();
                let name = Arc::from(format!("policy {}", policy.name));
                select.outputs.push(Output { name, expr: expr?, shown: true, from_star: false });
            }
        }
        plan.next_ref = pass.next_ref;
        plan.rules = Rules::Compiled;
        Ok(Authorised::whole(plan, session.clone(), None, May::everything()))
    }
}

fn text_of(policy: &Policy, verb: Verb) -> Option<&str> {
    let (using, check) = (policy.using_text.as_deref(), policy.check_text.as_deref());
    match verb {
        Verb::Insert => check.or(using),
        Verb::Select | Verb::Update | Verb::Delete => using,
    }
}
