//! `CREATE TABLE`, `CREATE INDEX` and `ALTER TABLE`.

use super::{folded, name, type_text};
use crate::diff::Name;
use crate::structure::Structure;
use mag_model::catalog::draft::{
    CheckDraft, ColumnDraft, ForeignDraft, IndexDraft, KeyDraft, TableDraft,
};
use mag_model::catalog::table::{Identity, TableKind};
use sqlparser::ast::{
    AlterColumnOperation, AlterTableOperation, ColumnDef, ColumnOption, CreateIndex, CreateTable,
    DataType, Expr, ForeignKeyConstraint, GeneratedAs, Ident, IndexColumn, TableConstraint,
    visit_expressions,
};
use std::ops::ControlFlow;

pub(super) fn create_table(structure: &mut Structure, create: &CreateTable) -> bool {
    let at = name(&create.name);
    if create.query.is_some() || create.like.is_some() || create.partition_of.is_some() {
        return false;
    }
    if create.if_not_exists && structure.table(&at).is_some() {
        return true;
    }
    let mut table = TableDraft::new(&at.schema, &at.name);
    if create.partition_by.is_some() {
        table.kind = TableKind::Partitioned;
    }
    for column in &create.columns {
        add_column(structure, &mut table, column);
    }
    for constraint in &create.constraints {
        add_constraint(&mut table, constraint);
    }
    let unsaid = unsaid_keys(create, &table);
    structure.unsaid_keys.extend(unsaid.into_iter().map(|column| (at.clone(), column)));
    structure.draft.tables.push(table);
    true
}

/// The columns of the key that nobody has said to be NOT NULL: PostgreSQL means it anyway.
fn unsaid_keys(create: &CreateTable, table: &TableDraft) -> Vec<String> {
    let Some(key) = &table.primary else { return Vec::new() };
    let said = |def: &ColumnDef| {
        let own = def.options.iter().any(|option| option.option == ColumnOption::NotNull);
        // The number of the row itself, which SQLite fills in.
        let numbered = key.columns.len() == 1 && def.data_type == DataType::Integer(None);
        own || numbered
    };
    let unsaid = create.columns.iter().filter(|def| !said(def)).map(|def| folded(&def.name));
    unsaid.filter(|column| key.columns.contains(column)).collect()
}

fn add_column(structure: &mut Structure, table: &mut TableDraft, def: &ColumnDef) {
    let at = Name::new(&table.schema, &table.name);
    let column_name = folded(&def.name);
    let mut column = ColumnDraft::new(&column_name, type_text(&def.data_type));
    let whole = match column.ty.as_str() {
        "serial" | "serial4" => Some("integer"),
        "bigserial" | "serial8" => Some("bigint"),
        "smallserial" | "serial2" => Some("smallint"),
        _ => None,
    };
    if let Some(whole) = whole {
        column.ty = whole.into();
        column.nullable = false;
        column.default = Some(format!("nextval('{}_{column_name}_seq'::regclass)", table.name));
        structure.serial.insert((at.clone(), column_name.clone()));
    }
    let bound = |given: Option<&Ident>, kind: &str| {
        given.map_or_else(|| format!("{}_{column_name}_{kind}", table.name), folded)
    };
    for option in &def.options {
        let given = option.name.as_ref();
        let columns = vec![column_name.clone()];
        match &option.option {
            ColumnOption::NotNull => column.nullable = false,
            ColumnOption::Null => column.nullable = true,
            ColumnOption::Default(expr) => column.default = Some(expr.to_string()),
            ColumnOption::PrimaryKey(_) => {
                let key = given.map_or_else(|| format!("{}_pkey", table.name), folded);
                table.primary = Some(KeyDraft { name: key, columns });
                column.nullable = false;
            }
            ColumnOption::Unique(_) => {
                let key = KeyDraft { name: bound(given, "key"), columns };
                table.unique.push(key);
            }
            ColumnOption::ForeignKey(key) => {
                let key = foreign(key, bound(given.or(key.name.as_ref()), "fkey"), columns);
                table.foreign.push(key);
            }
            ColumnOption::Check(check) => {
                let name = bound(given.or(check.name.as_ref()), "check");
                let expression = check.expr.to_string();
                table.checks.push(CheckDraft { name, expression });
            }
            ColumnOption::Generated { generated_as, generation_expr, .. } => {
                match (generated_as, generation_expr) {
                    (_, Some(expr)) => column.generated = Some(expr.to_string()),
                    (GeneratedAs::ByDefault, None) => column.identity = Identity::ByDefault,
                    (_, None) => column.identity = Identity::Always,
                }
                column.nullable &= column.identity == Identity::None;
            }
            ColumnOption::DialectSpecific(tokens) => {
                let counts = |t: &sqlparser::tokenizer::Token| {
                    t.to_string().eq_ignore_ascii_case("autoincrement")
                };
                if tokens.iter().any(counts) {
                    structure.autoincrement.insert(at.clone());
                }
            }
            _ => {}
        }
    }
    table.columns.push(column);
}

fn foreign(key: &ForeignKeyConstraint, named: String, columns: Vec<String>) -> ForeignDraft {
    let to = name(&key.foreign_table);
    ForeignDraft {
        name: named,
        columns,
        to_schema: to.schema,
        to_table: to.name,
        to_columns: key.referred_columns.iter().map(folded).collect(),
        on_delete: key.on_delete.map(|action| action.to_string()),
        on_update: key.on_update.map(|action| action.to_string()),
    }
}

/// The columns of an index, or nothing when one of them is an expression.
fn index_columns(columns: &[IndexColumn]) -> Option<Vec<String>> {
    let plain = columns.iter().map(|column| match &column.column.expr {
        Expr::Identifier(ident) => Some(folded(ident)),
        _ => None,
    });
    plain.collect()
}

fn add_constraint(table: &mut TableDraft, constraint: &TableConstraint) -> bool {
    let named = |given: Option<&Ident>, columns: &[String], kind: &str| {
        given.map_or_else(|| format!("{}_{}_{kind}", table.name, columns.join("_")), folded)
    };
    match constraint {
        TableConstraint::PrimaryKey(key) => {
            let Some(columns) = index_columns(&key.columns) else { return false };
            for column in table.columns.iter_mut().filter(|c| columns.contains(&c.name)) {
                column.nullable = false;
            }
            let name = key.name.as_ref();
            let name = name.map_or_else(|| format!("{}_pkey", table.name), folded);
            table.primary = Some(KeyDraft { name, columns });
        }
        TableConstraint::Unique(key) => {
            let Some(columns) = index_columns(&key.columns) else { return false };
            let name = named(key.name.as_ref(), &columns, "key");
            table.unique.push(KeyDraft { name, columns });
        }
        TableConstraint::ForeignKey(key) => {
            let columns: Vec<String> = key.columns.iter().map(folded).collect();
            let name = named(key.name.as_ref(), &columns, "fkey");
            table.foreign.push(foreign(key, name, columns));
        }
        TableConstraint::Check(check) => {
            let name = check.name.as_ref();
            let name = name.map_or_else(|| check_name(table, &check.expr), folded);
            table.checks.push(CheckDraft { name, expression: check.expr.to_string() });
        }
        _ => return false,
    }
    true
}

pub(super) fn create_index(structure: &mut Structure, create: &CreateIndex, text: &str) -> bool {
    let at = name(&create.table_name);
    let columns = index_columns(&create.columns);
    let ordered = create
        .columns
        .iter()
        .any(|c| c.operator_class.is_some() || c.column.options.asc == Some(false));
    let plain = columns.is_some() && !ordered && create.include.is_empty();
    let index = IndexDraft {
        name: create.name.as_ref().map(|n| name(n).name).unwrap_or_default(),
        unique: create.unique,
        method: create.using.as_ref().map(|m| m.to_string().to_lowercase()),
        condition: create.predicate.as_ref().map(ToString::to_string),
        definition: (!plain).then(|| text.to_owned()),
        columns: columns.unwrap_or_default(),
    };
    let mut tables = structure.draft.tables.iter_mut();
    match tables.find(|t| Name::new(&t.schema, &t.name) == at) {
        Some(table) => {
            table.indexes.push(index);
            true
        }
        None => false,
    }
}

pub(super) fn alter_table(
    structure: &mut Structure,
    at: &Name,
    operation: &AlterTableOperation,
) -> bool {
    match operation {
        AlterTableOperation::EnableRowLevelSecurity => {
            structure.row_security.insert(at.clone());
            return true;
        }
        AlterTableOperation::DisableRowLevelSecurity => {
            structure.row_security.remove(at);
            return true;
        }
        AlterTableOperation::ForceRowLevelSecurity => {
            structure.forced.insert(at.clone());
            return true;
        }
        AlterTableOperation::NoForceRowLevelSecurity => {
            structure.forced.remove(at);
            return true;
        }
        AlterTableOperation::OwnerTo { .. } | AlterTableOperation::ValidateConstraint { .. } => {
            return true;
        }
        _ => {}
    }
    let named = |t: &TableDraft| Name::new(&t.schema, &t.name) == *at;
    let Some(place) = structure.draft.tables.iter().position(named) else { return false };
    let mut table = structure.draft.tables[place].clone();
    let understood = match operation {
        AlterTableOperation::AddColumn { column_def, .. } => {
            add_column(structure, &mut table, column_def);
            true
        }
        AlterTableOperation::AddConstraint { constraint, .. } => {
            add_constraint(&mut table, constraint)
        }
        AlterTableOperation::DropColumn { column_names, .. } => {
            let gone: Vec<String> = column_names.iter().map(folded).collect();
            let holds = |columns: &[String]| columns.iter().any(|c| gone.contains(c));
            table.columns.retain(|c| !gone.contains(&c.name));
            table.primary = table.primary.filter(|k| !holds(&k.columns));
            table.unique.retain(|k| !holds(&k.columns));
            table.foreign.retain(|k| !holds(&k.columns));
            table.indexes.retain(|i| !holds(&i.columns));
            true
        }
        AlterTableOperation::DropConstraint { name, .. } => {
            let gone = folded(name);
            table.primary = table.primary.filter(|k| k.name != gone);
            table.unique.retain(|k| k.name != gone);
            table.foreign.retain(|k| k.name != gone);
            table.checks.retain(|c| c.name != gone);
            true
        }
        AlterTableOperation::RenameColumn { old_column_name, new_column_name } => {
            let (old, new) = (folded(old_column_name), folded(new_column_name));
            let rename = |names: &mut Vec<String>| {
                names.iter_mut().filter(|n| **n == old).for_each(|n| n.clone_from(&new));
            };
            table
                .columns
                .iter_mut()
                .filter(|c| c.name == old)
                .for_each(|c| c.name.clone_from(&new));
            table.primary.iter_mut().for_each(|k| rename(&mut k.columns));
            table.unique.iter_mut().for_each(|k| rename(&mut k.columns));
            table.foreign.iter_mut().for_each(|k| rename(&mut k.columns));
            table.indexes.iter_mut().for_each(|i| rename(&mut i.columns));
            true
        }
        AlterTableOperation::AlterColumn { column_name, op } => {
            let column = folded(column_name);
            match table.columns.iter_mut().find(|c| c.name == column) {
                Some(column) => alter_column(column, op),
                None => false,
            }
        }
        _ => false,
    };
    structure.draft.tables[place] = table;
    understood
}

fn alter_column(column: &mut ColumnDraft, op: &AlterColumnOperation) -> bool {
    match op {
        AlterColumnOperation::SetNotNull => column.nullable = false,
        AlterColumnOperation::DropNotNull => column.nullable = true,
        AlterColumnOperation::SetDefault { value } => column.default = Some(value.to_string()),
        AlterColumnOperation::DropDefault => column.default = None,
        AlterColumnOperation::SetDataType { data_type, .. } => column.ty = type_text(data_type),
        AlterColumnOperation::AddGenerated { generated_as, .. } => {
            column.identity = match generated_as {
                Some(GeneratedAs::ByDefault) => Identity::ByDefault,
                _ => Identity::Always,
            };
        }
    }
    true
}

/// PostgreSQL names a check after its column, when it speaks of one.
fn check_name(table: &TableDraft, expression: &Expr) -> String {
    let mut spoken: Vec<String> = Vec::new();
    let _: ControlFlow<()> = visit_expressions(expression, |part| {
        if let Expr::Identifier(ident) = part {
            spoken.push(folded(ident));
        }
        ControlFlow::Continue(())
    });
    spoken.sort_unstable();
    spoken.dedup();
    spoken.retain(|name| table.columns.iter().any(|c| c.name == *name));
    let taken = |name: &str| table.checks.iter().any(|check| check.name == name);
    let stem = match &*spoken {
        [only] => format!("{}_{only}_check", table.name),
        _ => format!("{}_check", table.name),
    };
    let numbered = (1..).map(|n| format!("{stem}{n}"));
    let mut names = std::iter::once(stem.clone()).chain(numbered);
    names.find(|name| !taken(name)).unwrap_or_else(|| stem.clone())
}
