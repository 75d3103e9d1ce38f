//! What is kept with the template of a plan: its one statement, rendered once for all plans of the
//! shape. It goes when the template goes.
//! Never: a value of a call. A statement is rendered from a plan with empty slots.

use super::answer::{self, Counting, cannot};
use super::bulk::Bulk;
use super::json::Objects;
use super::setup;
use mag_adapter::{EngineError, Pace};
use mag_guard::Authorised;
use mag_query::call::Wish;
use mag_query::{Plan, Rules, Work};
use mag_sql::Form;
use std::sync::Arc;

pub(super) struct Kept {
    pub(super) form: Form,
    pub(super) objects: Objects,
    /// There are rows to its answer.
    pub(super) tells: bool,
    /// Nobody in the statement looks at who asks.
    pub(super) asks_nobody: bool,
    pub(super) pace: Pace,
}

impl Kept {
    /// What is kept with the plan's template, made now when this is the first plan of it. Nothing
    /// for a plan without a template, and for one that is more than one statement.
    pub(super) fn of(plan: &Authorised<Plan>) -> Result<Option<Arc<Self>>, EngineError> {
        let Some((template, _)) = plan.template() else { return Ok(None) };
        if let Some(kept) = template.kept() {
            return Ok(Some(kept));
        }
        let outline = template.outline();
        let plain = outline.max_affected.is_none()
            && outline.wish == Wish::default()
            && answer::counting(outline) == Counting::Nothing;
        let rendered = match &outline.work {
            _ if !plain => return Ok(None),
            Work::Read(_) => mag_sql::read(outline, &super::DIALECT),
            // Held against its policies by the server, in one statement.
            Work::Insert(insert)
                if outline.rules == Rules::Native
                    && insert.on_conflict.is_none()
                    && Bulk::of(outline).is_none() =>
            {
                mag_sql::one_statement(outline, &super::DIALECT)
            }
            Work::Insert(_) | Work::Update(_) | Work::Delete(_) | Work::Invoke(_) => {
                return Ok(None);
            }
        };
        let form = Form::of(rendered.map_err(cannot)?);
        let objects = Objects::of(&form.columns);
        let asks_nobody = setup::asks_nobody(outline);
        let tells = outline.answer().is_some();
        let kept = Arc::new(Self { form, objects, tells, asks_nobody, pace: Pace::default() });
        template.keep(kept.clone());
        Ok(Some(kept))
    }
}
