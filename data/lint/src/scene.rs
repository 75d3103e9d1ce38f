//! The questions that advisors ask again and again.

use crate::facts::{Facts, TableFacts};
use mag_guard::{GrantOn, PolicyRule};
use mag_migrate::dialect::ident;
use mag_migrate::diff::Name;
use mag_model::Type;
use mag_model::catalog::TableKind;
use mag_model::catalog::draft::{ColumnDraft, Draft, IndexDraft, TableDraft};
use mag_query::error::Verb;

pub(crate) struct Scene<'a> {
    pub(crate) draft: &'a Draft,
    pub(crate) facts: &'a Facts,
}

pub(crate) fn name_of(table: &TableDraft) -> Name {
    Name::new(&table.schema, &table.name)
}

/// As it stands in SQL.
pub(crate) fn sql_name(schema: &str, name: &str) -> String {
    match schema {
        "public" | "" => ident(name),
        schema => format!("{}.{}", ident(schema), ident(name)),
    }
}
pub(crate) fn sql_of(table: &TableDraft) -> String {
    sql_name(&table.schema, &table.name)
}
pub(crate) fn columns_text(columns: &[String]) -> String {
    columns.iter().map(|c| ident(c)).collect::<Vec<_>>().join(", ")
}
pub(crate) fn type_of(column: &ColumnDraft) -> Option<Type> {
    Type::named(&column.ty)
}

impl<'a> Scene<'a> {
    /// Tables that hold rows themselves.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &'a TableDraft> + use<'a> {
        let holds = |t: &&TableDraft| matches!(t.kind, TableKind::Table | TableKind::Partitioned);
        self.draft.tables.iter().filter(holds)
    }
    pub(crate) fn of_kind(&self, kind: TableKind) -> impl Iterator<Item = &'a TableDraft> {
        self.draft.tables.iter().filter(move |t| t.kind == kind)
    }
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&'a TableDraft, &'a ColumnDraft)> {
        self.tables().flat_map(|table| table.columns.iter().map(move |column| (table, column)))
    }
    pub(crate) fn find(&self, schema: &str, name: &str) -> Option<&'a TableDraft> {
        let wanted = Name::new(schema, name);
        self.draft.tables.iter().find(|t| name_of(t) == wanted)
    }
    pub(crate) fn facts_of(&self, table: &TableDraft) -> Option<&'a TableFacts> {
        let name = name_of(table);
        self.facts.tables.iter().find(|f| Name::new(&f.schema, &f.name) == name)
    }
    pub(crate) fn row_security(&self, table: &TableDraft) -> bool {
        self.facts_of(table).is_some_and(|f| f.row_security) || table.row_policies
    }
    pub(crate) fn policies_of(
        &self,
        table: &TableDraft,
    ) -> impl Iterator<Item = &'a PolicyRule> + use<'a> {
        let name = name_of(table);
        self.facts.policies.iter().filter(move |p| Name::new(&p.schema, &p.table) == name)
    }
    pub(crate) fn exposed(&self, schema: &str) -> bool {
        let schema = if schema.is_empty() { "public" } else { schema };
        self.facts.exposed.iter().any(|e| e == schema)
    }
    pub(crate) fn api_roles(&self) -> [&'a str; 2] {
        [&self.facts.anonymous, &self.facts.signed_in]
    }

    /// Whether the role has been given the right, itself or as one of everyone.
    pub(crate) fn granted(&self, role: &str, verb: Verb, table: &TableDraft) -> bool {
        !matches!(self.granted_columns(role, verb, table), Columns::None)
    }
    pub(crate) fn granted_columns(&self, role: &str, verb: Verb, table: &TableDraft) -> Columns {
        let name = name_of(table);
        let mut some = Vec::new();
        for grant in self.facts.grants.iter().filter(|g| g.role == role || g.role == "public") {
            let schema = Name::new(&grant.schema, "").schema;
            match &grant.on {
                GrantOn::Table { name: granted, verbs, columns }
                    if schema == name.schema && *granted == name.name && verbs.contains(&verb) =>
                {
                    match columns {
                        None => return Columns::All,
                        Some(columns) => some.extend(columns.iter().cloned()),
                    }
                }
                GrantOn::AllTables { verbs } if schema == name.schema && verbs.contains(&verb) => {
                    return Columns::All;
                }
                GrantOn::Table { .. }
                | GrantOn::AllTables { .. }
                | GrantOn::Function { .. }
                | GrantOn::AllFunctions => {}
            }
        }
        if some.is_empty() { Columns::None } else { Columns::Some(some) }
    }
    /// The doors show it, and somebody who comes through them may read or write it.
    pub(crate) fn reachable(&self, table: &TableDraft) -> bool {
        self.exposed(&table.schema)
            && self.api_roles().iter().any(|r| Verb::ALL.iter().any(|v| self.granted(r, *v, table)))
    }
    /// Whether a permissive policy of the command speaks to the role.
    pub(crate) fn opened(&self, role: &str, verb: Verb, table: &TableDraft) -> bool {
        self.policies_of(table)
            .any(|p| p.permissive && p.command.covers(verb) && speaks_to(p, role))
    }
    /// Whether some index begins with these columns, in any order.
    pub(crate) fn indexed(&self, table: &TableDraft, columns: &[String]) -> bool {
        let begins = |known: &[String]| {
            known.len() >= columns.len()
                && columns.iter().all(|c| known[..columns.len()].contains(c))
        };
        let keys = table.primary.iter().chain(&table.unique).map(|k| &k.columns);
        // A partial index serves when it leaves out nothing but the rows that point nowhere.
        let whole = |index: &&IndexDraft| match &index.condition {
            None => true,
            Some(condition) => {
                let condition = condition.to_ascii_lowercase().replace(['(', ')'], "");
                columns.iter().any(|c| condition.trim() == format!("{c} is not null"))
            }
        };
        keys.map(Vec::as_slice)
            .chain(table.indexes.iter().filter(whole).map(|i| i.columns.as_slice()))
            .any(begins)
    }
}

pub(crate) enum Columns {
    None,
    Some(Vec<String>),
    All,
}

pub(crate) fn speaks_to(policy: &PolicyRule, role: &str) -> bool {
    policy.roles.is_empty() || policy.roles.iter().any(|r| r == role || r == "public")
}

/// An index of columns as they are: no expression, no order or class of its own. Engines tell each
/// index as a statement as well.
pub(crate) fn is_plain(index: &IndexDraft) -> bool {
    let Some(definition) = &index.definition else { return true };
    let Some((_, behind)) = definition.split_once('(') else { return false };
    let Some((list, rest)) = behind.split_once(')') else { return false };
    let named = list.split(',').map(|name| name.trim().trim_matches(['"', '`', '[', ']']));
    let rest = rest.trim().trim_end_matches(';').to_ascii_uppercase();
    named.eq(index.columns.iter().map(String::as_str))
        && (rest.is_empty() || rest.starts_with("WHERE"))
}

/// `true`, `(TRUE)`, `1 = 1`: opens every row.
pub(crate) fn always_true(condition: &str) -> bool {
    let bare = condition.to_ascii_lowercase().replace(['(', ')', ' ', '\n', '\t'], "");
    match bare.as_str() {
        "true" | "notfalse" | "1" => true,
        bare => bare
            .split_once('=')
            .is_some_and(|(a, b)| a == b && a.bytes().all(|c| c.is_ascii_digit() || c == b'\'')),
    }
}
