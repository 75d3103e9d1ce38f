//! What is there, what should be there, and the steps between, in their order: first what stands in
//! the way goes, then what is new comes from the bottom up, and what is left over goes last.

use super::{Change, Diff, Name};
use crate::structure::Structure;
use mag_model::catalog::TableKind;
use mag_model::catalog::draft::{ColumnDraft, KeyDraft, TableDraft, TypeDraft};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
struct Steps {
    out_of_the_way: Vec<Change>,
    foreign_off: Vec<Change>,
    bounds_off: Vec<Change>,
    schemas: Vec<Change>,
    types: Vec<Change>,
    tables: Vec<Change>,
    columns: Vec<Change>,
    bounds: Vec<Change>,
    indexes: Vec<Change>,
    foreign: Vec<Change>,
    views: Vec<Change>,
    policies: Vec<Change>,
    comments: Vec<Change>,
    columns_off: Vec<Change>,
    tables_off: Vec<Change>,
    types_off: Vec<Change>,
    schemas_off: Vec<Change>,
    notes: Vec<String>,
}

pub(super) fn compare(before: &Structure, after: &Structure) -> Diff {
    let mut steps = Steps::default();
    schemas(&mut steps, before, after);
    types(&mut steps, before, after);
    tables(&mut steps, before, after);
    views(&mut steps, before, after);
    policies(&mut steps, before, after);
    let changes = [
        steps.out_of_the_way,
        steps.foreign_off,
        steps.bounds_off,
        steps.schemas,
        steps.types,
        steps.tables,
        steps.columns,
        steps.bounds,
        steps.indexes,
        steps.foreign,
        steps.views,
        steps.policies,
        steps.comments,
        steps.columns_off,
        steps.tables_off,
        steps.types_off,
        steps.schemas_off,
    ];
    Diff { changes: changes.into_iter().flatten().collect(), notes: steps.notes }
}

/// `public` is always there.
fn schema_names(structure: &Structure) -> BTreeSet<String> {
    let tables = structure.draft.tables.iter().map(|t| Name::new(&t.schema, "").schema);
    let named = structure.draft.schemas.iter().map(|s| s.name.clone());
    tables.chain(named).filter(|name| name != "public").collect()
}

fn schemas(steps: &mut Steps, before: &Structure, after: &Structure) {
    let (old, new) = (schema_names(before), schema_names(after));
    steps.schemas.extend(new.difference(&old).cloned().map(Change::CreateSchema));
    steps.schemas_off.extend(old.difference(&new).cloned().map(Change::DropSchema));
}

fn type_name(ty: &TypeDraft) -> Name {
    match ty {
        TypeDraft::Enum { schema, name, .. }
        | TypeDraft::Domain { schema, name, .. }
        | TypeDraft::Composite { schema, name, .. } => Name::new(schema, name),
    }
}

fn types(steps: &mut Steps, before: &Structure, after: &Structure) {
    let old: BTreeMap<Name, &TypeDraft> =
        before.draft.types.iter().map(|t| (type_name(t), t)).collect();
    let new: BTreeSet<Name> = after.draft.types.iter().map(type_name).collect();
    // In the order they are told: a domain may rest on an enum.
    for ty in &after.draft.types {
        let name = type_name(ty);
        match (old.get(&name), ty) {
            (None, ty) => steps.types.push(Change::CreateType(ty.clone())),
            (Some(TypeDraft::Enum { labels: had, .. }), TypeDraft::Enum { labels, .. }) => {
                let gone: Vec<&String> = had.iter().filter(|l| !labels.contains(l)).collect();
                if !gone.is_empty() {
                    steps.notes.push(format!(
                        "the type {name} loses labels, which no engine can take from rows that hold them"
                    ));
                    continue;
                }
                for (at, label) in labels.iter().enumerate().filter(|(_, l)| !had.contains(l)) {
                    let next = labels[at + 1..].iter().find(|l| had.contains(l)).cloned();
                    let label = label.clone();
                    steps.types.push(Change::AddLabel { ty: name.clone(), label, before: next });
                }
            }
            (Some(old), new) if format!("{old:?}") != format!("{new:?}") => {
                steps.notes.push(format!("the type {name} is another one, and is left as it is"));
            }
            (Some(_), _) => {}
        }
    }
    steps.types_off.extend(
        before.draft.types.iter().map(type_name).filter(|n| !new.contains(n)).map(Change::DropType),
    );
}

fn tables(steps: &mut Steps, before: &Structure, after: &Structure) {
    let named = |structure: &'_ Structure| -> BTreeMap<Name, TableDraft> {
        // A view is compared by its text.
        let views = [TableKind::View, TableKind::MaterializedView];
        let tables = structure.draft.tables.iter().filter(|t| !views.contains(&t.kind));
        tables.map(|t| (Name::new(&t.schema, &t.name), t.clone())).collect()
    };
    let (old, new) = (named(before), named(after));
    for (name, table) in &new {
        match old.get(name) {
            None => {
                steps.tables.push(Change::CreateTable(Box::new(table.clone())));
                for index in &table.indexes {
                    let (table, index) = (name.clone(), index.clone());
                    steps.indexes.push(Change::CreateIndex { table, index });
                }
                comments(steps, name, None, table);
            }
            Some(was) => table_changes(steps, name, was, table),
        }
    }
    // Those that point to others go before those.
    let mut gone: Vec<&TableDraft> =
        old.iter().filter(|(n, _)| !new.contains_key(n)).map(|(_, t)| t).collect();
    while !gone.is_empty() {
        let pointed = |table: &TableDraft| {
            gone.iter().any(|other| {
                other.name != table.name && other.foreign.iter().any(|f| f.to_table == table.name)
            })
        };
        let next = gone.iter().position(|table| !pointed(table)).unwrap_or(0);
        let table = gone.remove(next);
        // Two that point to each other part before either goes.
        if gone.iter().any(|o| o.foreign.iter().any(|f| f.to_table == table.name)) {
            for other in &gone {
                for key in other.foreign.iter().filter(|f| f.to_table == table.name) {
                    steps.foreign_off.push(Change::DropConstraint {
                        table: Name::new(&other.schema, &other.name),
                        name: key.name.clone(),
                    });
                }
            }
        }
        steps.tables_off.push(Change::DropTable(Name::new(&table.schema, &table.name)));
    }
}

fn table_changes(steps: &mut Steps, name: &Name, was: &TableDraft, is: &TableDraft) {
    let table = || name.clone();
    for column in &is.columns {
        match was.columns.iter().find(|c| c.name == column.name) {
            None => {
                steps.columns.push(Change::AddColumn { table: table(), column: column.clone() })
            }
            Some(old) if !same_column(old, column) => steps.columns.push(Change::AlterColumn {
                table: table(),
                before: old.clone(),
                after: column.clone(),
            }),
            Some(_) => {}
        }
    }
    for column in was.columns.iter().filter(|c| !is.columns.iter().any(|n| n.name == c.name)) {
        steps.columns_off.push(Change::DropColumn { table: table(), column: column.name.clone() });
    }
    let drop = |name: &str| Change::DropConstraint { table: table(), name: name.to_owned() };
    let same_key = |a: &KeyDraft, b: &KeyDraft| a.columns == b.columns;
    match (&was.primary, &is.primary) {
        (Some(old), Some(new)) if same_key(old, new) => {}
        (old, new) => {
            steps.bounds_off.extend(old.as_ref().map(|key| drop(&key.name)));
            let add =
                |key: &KeyDraft| Change::AddKey { table: table(), key: key.clone(), primary: true };
            steps.bounds.extend(new.as_ref().map(add));
        }
    }
    for old in was.unique.iter().filter(|k| !is.unique.iter().any(|n| same_key(k, n))) {
        steps.bounds_off.push(drop(&old.name));
    }
    for new in is.unique.iter().filter(|k| !was.unique.iter().any(|o| same_key(k, o))) {
        steps.bounds.push(Change::AddKey { table: table(), key: new.clone(), primary: false });
    }
    let text = |check: &str| check.split_whitespace().collect::<String>();
    for old in &was.checks {
        let kept = is.checks.iter().any(|n| text(&n.expression) == text(&old.expression));
        if !kept {
            steps.bounds_off.push(drop(&old.name));
        }
    }
    for new in &is.checks {
        let there = was.checks.iter().any(|o| text(&o.expression) == text(&new.expression));
        if !there {
            steps.bounds.push(Change::AddCheck { table: table(), check: new.clone() });
        }
    }
    let same_foreign = |a: &mag_model::catalog::draft::ForeignDraft,
                        b: &mag_model::catalog::draft::ForeignDraft| {
        let action = |a: &Option<String>| {
            a.clone().unwrap_or_else(|| "NO ACTION".into()).to_ascii_uppercase()
        };
        a.columns == b.columns
            && a.to_table == b.to_table
            && (a.to_columns == b.to_columns || a.to_columns.is_empty() || b.to_columns.is_empty())
            && action(&a.on_delete) == action(&b.on_delete)
            && action(&a.on_update) == action(&b.on_update)
    };
    for old in was.foreign.iter().filter(|k| !is.foreign.iter().any(|n| same_foreign(k, n))) {
        steps.foreign_off.push(drop(&old.name));
    }
    for new in is.foreign.iter().filter(|k| !was.foreign.iter().any(|o| same_foreign(k, o))) {
        steps.foreign.push(Change::AddForeign { table: table(), foreign: new.clone() });
    }
    let same_index = |a: &mag_model::catalog::draft::IndexDraft,
                      b: &mag_model::catalog::draft::IndexDraft| {
        a.name == b.name
            && a.unique == b.unique
            && a.columns == b.columns
            && a.condition == b.condition
            && match (&a.definition, &b.definition) {
                (Some(a), Some(b)) => same_words(a, b),
                // A draft by hand may leave out what the columns say already.
                _ => !a.columns.is_empty(),
            }
    };
    for old in was.indexes.iter().filter(|i| !is.indexes.iter().any(|n| same_index(i, n))) {
        let name = old.name.clone();
        steps.bounds_off.push(Change::DropIndex { table: table(), name });
    }
    for new in is.indexes.iter().filter(|i| !was.indexes.iter().any(|o| same_index(i, o))) {
        steps.indexes.push(Change::CreateIndex { table: table(), index: new.clone() });
    }
    comments(steps, name, Some(was), is);
}

/// Whether two texts of an index say the same, one as PostgreSQL tells it and one as it was written.
fn same_words(a: &str, b: &str) -> bool {
    let plain = |text: &str| {
        let lower = text.to_lowercase().replace("using btree", "").replace("public.", "");
        lower.split(|c: char| c.is_whitespace() || c == '"').collect::<String>()
    };
    plain(a) == plain(b)
}

fn same_column(a: &ColumnDraft, b: &ColumnDraft) -> bool {
    let ty = |name: &str| {
        mag_model::Type::named(name).map_or_else(|| name.to_owned(), |t| t.to_string())
    };
    ty(&a.ty) == ty(&b.ty)
        && a.nullable == b.nullable
        && a.default == b.default
        && a.generated == b.generated
        && a.identity == b.identity
}

fn comments(steps: &mut Steps, name: &Name, was: Option<&TableDraft>, is: &TableDraft) {
    if was.and_then(|t| t.comment.as_ref()) != is.comment.as_ref() {
        let text = is.comment.clone();
        steps.comments.push(Change::CommentTable { table: name.clone(), text });
    }
    for column in &is.columns {
        let old = was.and_then(|t| t.columns.iter().find(|c| c.name == column.name));
        if old.and_then(|c| c.comment.as_ref()) != column.comment.as_ref() {
            steps.comments.push(Change::CommentColumn {
                table: name.clone(),
                column: column.name.clone(),
                text: column.comment.clone(),
            });
        }
    }
}

fn views(steps: &mut Steps, before: &Structure, after: &Structure) {
    // Newest first on the way out: one view may show another.
    for view in before.views.iter().rev().filter(|view| !after.views.contains(view)) {
        steps.out_of_the_way.push(Change::DropView(view.clone()));
    }
    for view in after.views.iter().filter(|view| !before.views.contains(view)) {
        steps.views.push(Change::CreateView(view.clone()));
    }
}

fn policies(steps: &mut Steps, before: &Structure, after: &Structure) {
    let kept =
        |name: &Name| after.draft.tables.iter().any(|t| Name::new(&t.schema, &t.name) == *name);
    for old in before.policies.iter().filter(|p| !after.policies.contains(p)) {
        // The policies of a table go with it.
        if kept(&Name::new(&old.schema, &old.table)) {
            steps.out_of_the_way.push(Change::DropPolicy(old.clone()));
        }
    }
    for table in after.row_security.difference(&before.row_security) {
        steps.policies.push(Change::RowSecurity { table: table.clone(), on: true });
    }
    for new in after.policies.iter().filter(|p| !before.policies.contains(p)) {
        steps.policies.push(Change::CreatePolicy(new.clone()));
    }
    for table in before.row_security.difference(&after.row_security).filter(|t| kept(t)) {
        steps.policies.push(Change::RowSecurity { table: table.clone(), on: false });
    }
}
