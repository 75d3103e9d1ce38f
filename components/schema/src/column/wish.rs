//! What somebody wants of a column, as it is said on the command line and over HTTP.

use super::table_of;
use crate::hands::At;
use mag_contract::{Fault, codes};
use mag_migrate::column::{Points, Wish};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// `books`, `app.books`
    table: String,
    column: String,
    /// Its new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rename: Option<String>,
    /// Its new type: `integer`, `numeric(10,2)`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    ty: Option<String>,
    /// What each value becomes, as an expression: `round(price)`. Without one, values keep their
    /// meaning or refuse the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    using: Option<String>,
    /// Whether it may be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nullable: Option<YesNo>,
    /// The expression of new rows; an empty one takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    /// Whether it alone is the key of the table, or no part of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    primary: Option<YesNo>,
    /// Whether each value may be there once only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unique: Option<YesNo>,
    /// What each row must hold to: `price > 0`; an empty one takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<String>,
    /// The column that it points to: `authors.id`; an empty one takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    references: Option<String>,
    /// What becomes of its row when that one goes: `cascade`, `restrict`, `set null`, `set default`,
    /// `no action`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_delete: Option<String>,
    /// The same, when the key of that one changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_update: Option<String>,
    /// What it is for; an empty one takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    /// A constraint of the table that goes, by the name that `schema:show` tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    drop: Vec<String>,
    /// What the migration is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// Says yes to one destructive step: `narrow_type books.price`. Each needs its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) consent: Vec<String>,
    /// The folder of migrations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    pub(super) folder: Option<String>,
    #[serde(flatten)]
    pub(super) at: At,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum YesNo {
    Yes,
    No,
}

impl Input {
    pub(super) fn wish(&self) -> Result<Wish, Fault> {
        let yes = |said: Option<YesNo>| said.map(|said| said == YesNo::Yes);
        if self.references.as_deref().is_none_or(str::is_empty)
            && (self.on_delete.is_some() || self.on_update.is_some())
        {
            return Err(Fault::new(
                codes::BAD_INPUT,
                "`on_delete` and `on_update` are of `references`",
            )
            .hint("say where it points as well: `--references authors.id`"));
        }
        Ok(Wish {
            table: table_of(&self.table),
            column: self.column.clone(),
            rename: self.rename.clone(),
            ty: self.ty.clone(),
            using: self.using.clone(),
            nullable: yes(self.nullable),
            default: self.default.clone(),
            primary: yes(self.primary),
            unique: yes(self.unique),
            check: self.check.clone(),
            points: self.references.as_deref().map(|to| self.points(to)).transpose()?,
            comment: self.comment.clone(),
            drop: self.drop.clone(),
        })
    }

    fn points(&self, to: &str) -> Result<Option<Points>, Fault> {
        if to.trim().is_empty() {
            return Ok(None);
        }
        let Some((table, column)) = to.rsplit_once('.') else {
            let message = format!("`{to}` is no column of a table");
            return Err(Fault::new(codes::BAD_INPUT, message)
                .hint("say the table and the column: `authors.id`"));
        };
        Ok(Some(Points {
            table: table_of(table),
            column: column.to_owned(),
            on_delete: self.on_delete.clone(),
            on_update: self.on_update.clone(),
        }))
    }
}
