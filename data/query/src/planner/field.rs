//! A field: a column that the asker may know, a function that acts as one, and the way into JSON.

use super::{Planner, Scope};
use crate::call::{Field, Place, Step};
use crate::error::Error;
use crate::expr::{Expr, PathPlace, PathStep};
use mag_model::ColumnId;
use mag_model::hint;
use std::sync::Arc;

impl Planner<'_> {
    pub(super) fn resolve(&self, scope: &Scope, field: &Field) -> Result<Expr, Error> {
        let base = self.column(scope, &field.column)?;
        self.beneath(base, &field.path)
    }

    /// What is at the end of a way into JSON.
    pub(super) fn beneath(&self, base: Expr, path: &[Step]) -> Result<Expr, Error> {
        if path.is_empty() {
            return Ok(base);
        }
        if path.len() > self.limits.path {
            return Err(Error::TooMany { what: "steps in a path", limit: self.limits.path });
        }
        if let Some(broken) = path.iter().rev().skip(1).find(|step| step.as_text) {
            // Beyond `->>` there is text, and no way into it.
            let right = match broken.to {
                Place::Key(_) => "unknown",
                Place::Index(_) => "integer",
            };
            self.misfit(Err(Error::NoOperator {
                left: "text".into(),
                op: "->".into(),
                right: right.into(),
            }))?;
        }
        let steps = path.iter().map(|step| PathStep {
            to: match &step.to {
                Place::Key(key) => PathPlace::Key(Arc::from(key.as_str())),
                Place::Index(index) => PathPlace::Index(*index),
            },
            as_text: step.as_text,
        });
        Ok(Expr::Path { base: Box::new(base), steps: steps.collect() })
    }

    pub(super) fn column(&self, scope: &Scope, name: &str) -> Result<Expr, Error> {
        let Some(id) = scope.table else {
            let found = scope.columns.iter().position(|(known, _)| **known == *name);
            let at = found.and_then(|at| u16::try_from(at).ok().map(|id| (id, at)));
            return match at {
                Some((id, at)) => {
                    Ok(Expr::column(scope.id, ColumnId(id), scope.columns[at].1.clone()))
                }
                None => Err(self.no_column(scope, name)),
            };
        };
        let table = self.catalog.table(id);
        if let Some(column) = table.find(name).filter(|column| self.sight.column(id, *column)) {
            return Ok(Expr::column(scope.id, column, table.column(column).ty.clone()));
        }
        let of_schema = |schema: &str| {
            self.catalog.computed_columns(id).iter().copied().find(|function| {
                let known = self.catalog.function(*function);
                *known.name == *name && *known.schema == *schema && self.sight.function(*function)
            })
        };
        let computed = of_schema(self.schema)
            .or_else(|| self.searched.iter().find_map(|schema| of_schema(schema)));
        if let Some(function) = computed
            && let mag_model::catalog::Returns::Scalar(ty) =
                &self.catalog.function(function).returns
        {
            return Ok(Expr::Computed { of: scope.id, function, ty: ty.clone() });
        }
        Err(self.no_column(scope, name))
    }

    fn no_column(&self, scope: &Scope, name: &str) -> Error {
        let nearest = match scope.table {
            Some(id) => {
                let table = self.catalog.table(id);
                let known = table.ids().filter(|column| self.sight.column(id, *column));
                hint::nearest_columns(name, known.map(|column| &*table.column(column).name))
            }
            None => hint::nearest_columns(name, scope.columns.iter().map(|(known, _)| &**known)),
        };
        Error::NoColumn {
            table: scope.alias.to_string(),
            column: name.to_owned(),
            nearest: owned(nearest),
        }
    }
}

pub(super) fn owned(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}
