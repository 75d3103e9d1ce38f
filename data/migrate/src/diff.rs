//! Two structures become the steps that lead from one to the other, in an order that every step
//! can be taken in. What a step destroys is said beside it.

mod compare;

use crate::consent::Unconsented;
use crate::dialect::Dialect;
use crate::effects::{Danger, alter_narrows};
use crate::envelope;
use crate::error::Error;
use crate::structure::{Structure, View};
use mag_guard::PolicyRule;
use mag_model::Type;
use mag_model::catalog::draft::{
    CheckDraft, ColumnDraft, ForeignDraft, IndexDraft, KeyDraft, TableDraft, TypeDraft,
};

/// A table's or a type's schema and name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    pub schema: String,
    pub name: String,
}

impl Name {
    pub fn new(schema: &str, name: &str) -> Self {
        let schema = if schema.is_empty() { "public" } else { schema };
        Self { schema: schema.to_owned(), name: name.to_owned() }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.schema.as_str() {
            "public" => f.write_str(&self.name),
            schema => write!(f, "{schema}.{}", self.name),
        }
    }
}

#[derive(Clone, Debug)]
pub enum Change {
    CreateSchema(String),
    CreateType(TypeDraft),
    AddLabel {
        ty: Name,
        label: String,
        before: Option<String>,
    },
    CreateTable(Box<TableDraft>),
    AddColumn {
        table: Name,
        column: ColumnDraft,
    },
    AlterColumn {
        table: Name,
        before: ColumnDraft,
        after: ColumnDraft,
    },
    AddKey {
        table: Name,
        key: KeyDraft,
        primary: bool,
    },
    AddForeign {
        table: Name,
        foreign: ForeignDraft,
    },
    AddCheck {
        table: Name,
        check: CheckDraft,
    },
    DropConstraint {
        table: Name,
        name: String,
    },
    CreateIndex {
        table: Name,
        index: IndexDraft,
    },
    DropIndex {
        table: Name,
        name: String,
    },
    CommentTable {
        table: Name,
        text: Option<String>,
    },
    CommentColumn {
        table: Name,
        column: String,
        text: Option<String>,
    },
    CreateView(View),
    DropView(View),
    RowSecurity {
        table: Name,
        on: bool,
    },
    CreatePolicy(PolicyRule),
    DropPolicy(PolicyRule),
    DropColumn {
        table: Name,
        column: String,
    },
    DropTable(Name),
    DropType(Name),
    DropSchema(String),
    /// The table is made anew beside the old one, filled from it and put in its place.
    Rebuild {
        before: Box<TableDraft>,
        after: Box<TableDraft>,
    },
}

#[derive(Clone, Debug, Default)]
pub struct Diff {
    pub changes: Vec<Change>,
    /// What differs and cannot be changed in place, a sentence each.
    pub notes: Vec<String>,
}

/// A change as the statements of an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub statements: Vec<String>,
    pub danger: Option<Danger>,
}

impl Diff {
    pub fn between(before: &Structure, after: &Structure) -> Self {
        compare::compare(before, after)
    }
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.notes.is_empty()
    }

    /// What the engine cannot do is told in the notes and left out of the steps.
    pub fn render(
        &self,
        dialect: &dyn Dialect,
        before: &Structure,
        after: &Structure,
    ) -> (Vec<Rendered>, Vec<String>) {
        let mut notes = self.notes.clone();
        let mut steps = Vec::new();
        for change in dialect.arrange(self.changes.clone(), before, after) {
            match dialect.render(&change) {
                Ok(statements) if statements.is_empty() => {}
                Ok(statements) => steps.push(Rendered { statements, danger: change.danger() }),
                Err(note) => notes.push(note),
            }
        }
        (steps, notes)
    }

    /// The text of an up.sql: each destructive step says so in the line above it.
    pub fn script(&self, dialect: &dyn Dialect, before: &Structure, after: &Structure) -> String {
        let (steps, notes) = self.render(dialect, before, after);
        let mut text = String::new();
        for note in notes {
            text.push_str(&format!("-- Not done: {}\n", one_line(&note)));
        }
        let framed = dialect.rebuilds()
            && dialect
                .arrange(self.changes.clone(), before, after)
                .iter()
                .any(|change| matches!(change, Change::Rebuild { .. }));
        let line = |text: &mut String, statement: &str| {
            text.push_str(statement);
            text.push_str(";\n");
        };
        if framed {
            envelope::OPEN.iter().for_each(|statement| line(&mut text, statement));
        }
        for step in steps {
            if let Some(danger) = &step.danger {
                let consent = one_line(&danger.consent());
                text.push_str(&format!("-- Destroys: {} (consent: {consent})\n", danger.why));
            }
            step.statements.iter().for_each(|statement| line(&mut text, statement));
        }
        if framed {
            envelope::CLOSE.iter().for_each(|statement| line(&mut text, statement));
        }
        text
    }
}

/// A comment ends with its line, whatever a name in it holds.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

impl Change {
    pub fn danger(&self) -> Option<Danger> {
        let danger = |kind: &'static str, object: String, why: &str| {
            Some(Danger { kind, object, line: 0, why: why.to_owned() })
        };
        match self {
            Self::DropTable(table) => {
                danger("drop_table", table.to_string(), "all rows of the table are gone")
            }
            Self::DropColumn { table, column } => danger(
                "drop_column",
                format!("{table}.{column}"),
                "all values of the column are gone",
            ),
            Self::DropType(ty) => danger(
                "drop_type",
                ty.to_string(),
                "what is stored as text of this type can no longer be read as one",
            ),
            Self::DropSchema(schema) => danger(
                "drop_schema",
                schema.clone(),
                "the schema is gone, and with it the rights that were given on it",
            ),
            Self::DropPolicy(policy) => danger(
                "drop_policy",
                format!("{}.{}", Name::new(&policy.schema, &policy.table), policy.name),
                "a restrictive policy that is gone opens rows, a permissive one closes them",
            ),
            Self::RowSecurity { table, on: false } => danger(
                "disable_row_security",
                table.to_string(),
                "no policy holds anyone with a grant back from any row from then on",
            ),
            Self::AlterColumn { table, before, after } if before.ty != after.ty => {
                let why = narrowed(before, after)?;
                danger("narrow_type", format!("{table}.{}", after.name), why)
            }
            Self::Rebuild { before, after } => {
                let table = Name::new(&after.schema, &after.name);
                let lost = |c: &&ColumnDraft| !after.columns.iter().any(|a| a.name == c.name);
                let lost: Vec<&str> =
                    before.columns.iter().filter(lost).map(|c| c.name.as_str()).collect();
                if !lost.is_empty() {
                    let object = format!("{table}.{}", lost.join(","));
                    return danger("drop_column", object, "all values of the column are gone");
                }
                after.columns.iter().find_map(|column| {
                    let old = before.columns.iter().find(|b| b.name == column.name)?;
                    let why = narrowed(old, column)?;
                    danger("narrow_type", format!("{table}.{}", column.name), why)
                })
            }
            _ => None,
        }
    }
}

fn narrowed(before: &ColumnDraft, after: &ColumnDraft) -> Option<&'static str> {
    if before.ty == after.ty {
        return None;
    }
    alter_narrows(Type::named(&before.ty).as_ref(), Type::named(&after.ty).as_ref())
}

/// The steps of a plan that nobody has consented to.
pub fn check_consent(steps: &[Rendered], consents: &crate::consent::Consents) -> Result<(), Error> {
    let missing: Vec<Unconsented> = steps
        .iter()
        .filter_map(|step| step.danger.clone())
        .filter(|danger| !consents.covers(danger))
        .map(|danger| Unconsented {
            whose: "the difference".into(),
            consent: danger.consent(),
            danger,
        })
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(Error::Destructive(missing)) }
}
