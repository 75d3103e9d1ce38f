//! Statements that make, change and drop things, read into a structure.

mod rights;
mod table;

use super::{FunctionText, GrantText, GrantedOn, Structure, View};
use crate::dialect::Dialect;
use crate::diff::Name;
use crate::parse::parse;
use crate::script::Statement as Written;
use mag_guard::parse_statement;
use mag_model::catalog::TableKind;
use mag_model::catalog::draft::{SchemaDraft, TableDraft, TypeDraft};
use rights::{granted_on, verbs};
use sqlparser::ast::{
    CommentObject, CreateFunction, CreateView, FunctionSecurity, GranteeName, GranteesType, Ident,
    ObjectName, ObjectType, SchemaName, Statement, TableConstraint, UserDefinedTypeRepresentation,
};
use table::{alter_table, create_index, create_table};

/// An excerpt is enough to find a statement again.
const EXCERPT_MAX: usize = 80;

pub(super) fn apply(structure: &mut Structure, written: &Written, dialect: &dyn Dialect) {
    // The parser does not know both options of a SQLite table at once.
    let (text, options) = without_options(&written.text);
    let parsed = parse(&written.text, dialect).or_else(|| parse(text, dialect));
    let understood = match parsed.as_deref() {
        Some([statement]) => apply_one(structure, statement, &written.text),
        _ => false,
    };
    if understood && let Some(table) = structure.draft.tables.last() {
        let at = Name::new(&table.schema, &table.name);
        if options.contains(&"STRICT") {
            structure.strict.insert(at.clone());
        }
        if options.contains(&"ROWID") {
            structure.without_rowid.insert(at);
        }
    }
    if !understood && tells_structure(&written.text) {
        let excerpt: String = written.text.chars().take(EXCERPT_MAX).collect();
        structure.unread.push((written.line, excerpt));
    }
}

/// `CREATE TABLE t (...) STRICT, WITHOUT ROWID` without what follows the last bracket.
fn without_options(text: &str) -> (&str, Vec<&'static str>) {
    const OPTIONS: [&str; 3] = ["STRICT", "WITHOUT", "ROWID"];
    let Some(end) = text.rfind(')').filter(|_| starts_table(text)) else { return (text, vec![]) };
    let (table, tail) = text.split_at(end + 1);
    let words = tail.split([',', ' ', '\n', '\t', '\r']).filter(|word| !word.is_empty());
    let known: Option<Vec<&'static str>> = words
        .map(|word| OPTIONS.into_iter().find(|option| option.eq_ignore_ascii_case(word)))
        .collect();
    known.map_or((text, vec![]), |known| (table, known))
}

fn starts_table(text: &str) -> bool {
    let mut words = text.split_whitespace().map(str::to_ascii_uppercase);
    words.next().as_deref() == Some("CREATE") && words.take(2).any(|word| word == "TABLE")
}

fn tells_structure(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    matches!(first.as_str(), "CREATE" | "ALTER" | "DROP" | "GRANT" | "REVOKE" | "COMMENT")
}

fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

fn name(object: &ObjectName) -> Name {
    let mut parts: Vec<String> =
        object.0.iter().filter_map(|part| part.as_ident().map(folded)).collect();
    let last = parts.pop().unwrap_or_default();
    Name::new(&parts.pop().unwrap_or_default(), &last)
}

fn apply_one(structure: &mut Structure, statement: &Statement, text: &str) -> bool {
    match statement {
        Statement::CreateSchema { schema_name, .. } => {
            let schema = match schema_name {
                SchemaName::Simple(object) | SchemaName::NamedAuthorization(object, _) => {
                    name(object).name
                }
                SchemaName::UnnamedAuthorization(ident) => folded(ident),
            };
            if !structure.draft.schemas.iter().any(|s| s.name == schema) {
                structure.draft.schemas.push(SchemaDraft { name: schema, comment: None });
            }
        }
        Statement::CreateTable(create) => return create_table(structure, create),
        Statement::CreateIndex(create) => return create_index(structure, create, text),
        Statement::CreateView(create) => create_view(structure, create),
        Statement::CreateType { name: object, representation } => {
            let Name { schema, name } = name(object);
            let ty = match representation {
                Some(UserDefinedTypeRepresentation::Enum { labels }) => TypeDraft::Enum {
                    schema,
                    name,
                    labels: labels.iter().map(|label| label.value.clone()).collect(),
                },
                Some(UserDefinedTypeRepresentation::Composite { attributes }) => {
                    let fields = attributes.iter();
                    let fields = fields.map(|a| (folded(&a.name), type_text(&a.data_type)));
                    TypeDraft::Composite { schema, name, fields: fields.collect() }
                }
                _ => return false,
            };
            structure.draft.types.push(ty);
        }
        Statement::CreateDomain(create) => {
            let Name { schema, name } = name(&create.name);
            let check = create.constraints.iter().find_map(|c| match c {
                TableConstraint::Check(check) => Some(check.expr.to_string()),
                _ => None,
            });
            let base = type_text(&create.data_type);
            structure.draft.types.push(TypeDraft::Domain {
                schema,
                name,
                base,
                not_null: text.to_ascii_uppercase().contains("NOT NULL"),
                default: create.default.as_ref().map(ToString::to_string),
                check,
            });
        }
        Statement::CreatePolicy(_) => match parse_statement(text) {
            Ok(rule) => structure.policies.push(rule),
            Err(_) => return false,
        },
        Statement::DropPolicy(drop) => {
            let table = name(&drop.table_name);
            let policy = folded(&drop.name);
            structure
                .policies
                .retain(|p| Name::new(&p.schema, &p.table) != table || p.name != policy);
        }
        Statement::CreateFunction(create) => create_function(structure, create),
        Statement::CreateTrigger(create) => {
            let table = name(&create.table_name);
            let trigger = name(&create.name).name;
            structure.triggers.push((table, trigger));
        }
        Statement::CreateExtension(create) => {
            let schema = create.schema.as_ref().map_or_else(|| "public".into(), folded);
            structure.extensions.push((folded(&create.name), schema));
        }
        Statement::AlterTable(alter) => {
            let table = name(&alter.name);
            return alter
                .operations
                .iter()
                .all(|operation| alter_table(structure, &table, operation));
        }
        Statement::Drop { object_type, names, .. } => drop(structure, *object_type, names),
        Statement::Comment { object_type, object_name, comment, .. } => {
            comment_on(structure, *object_type, object_name, comment.clone());
        }
        Statement::Grant(grant) => {
            let on = grant.objects.as_ref().map(granted_on).unwrap_or_default();
            let (verbs, columns) = verbs(&grant.privileges);
            for grantee in &grant.grantees {
                let role = match (&grantee.grantee_type, &grantee.name) {
                    (GranteesType::Public, _) => "public".to_owned(),
                    (_, Some(GranteeName::ObjectName(object))) => name(object).name,
                    _ => continue,
                };
                for on in &on {
                    structure.grants.push(GrantText {
                        role: role.clone(),
                        verbs: verbs.clone(),
                        on: on.clone(),
                        columns: columns.clone(),
                    });
                }
            }
        }
        Statement::Revoke(revoke) => {
            let on = revoke.objects.as_ref().map(granted_on).unwrap_or_default();
            for grantee in &revoke.grantees {
                let role = match (&grantee.grantee_type, &grantee.name) {
                    (GranteesType::Public, _) => "public".to_owned(),
                    (_, Some(GranteeName::ObjectName(object))) => name(object).name,
                    _ => continue,
                };
                structure.grants.retain(|g| g.role != role || !on.contains(&g.on));
                for function in structure.functions.iter_mut().filter(|_| role == "public") {
                    let all = GrantedOn::AllFunctions(function.name.schema.clone());
                    let this = GrantedOn::Function(function.name.clone());
                    if on.contains(&this) || on.contains(&all) {
                        function.public = false;
                    }
                }
            }
        }
        _ => return false,
    }
    true
}

/// As it is written, in small letters and without the length of a time.
fn type_text(ty: &sqlparser::ast::DataType) -> String {
    let written = ty.to_string();
    if written.contains('"') { written } else { written.to_lowercase() }
}

fn create_view(structure: &mut Structure, create: &CreateView) {
    let at = name(&create.name);
    let options = create.options.to_string().to_ascii_lowercase().replace(' ', "");
    let invoker = ["security_invoker=true", "security_invoker=on", "security_invoker=1"];
    let view = View {
        name: at.clone(),
        query: create.query.to_string(),
        materialized: create.materialized,
        security_invoker: invoker.iter().any(|o| options.contains(o))
            || options.contains("security_invoker)"),
    };
    structure.views.retain(|v| v.name != at);
    structure.views.push(view);
    structure.draft.tables.retain(|t| Name::new(&t.schema, &t.name) != at);
    let mut table = TableDraft::new(&at.schema, &at.name);
    table.kind = if create.materialized { TableKind::MaterializedView } else { TableKind::View };
    structure.draft.tables.push(table);
}

fn create_function(structure: &mut Structure, create: &CreateFunction) {
    let at = name(&create.name);
    let path = create.set_params.iter().find(|p| name(&p.name).name == "search_path");
    let path = path.map(|param| match &param.value {
        sqlparser::ast::FunctionSetValue::Values(values) => {
            values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        sqlparser::ast::FunctionSetValue::Default
        | sqlparser::ast::FunctionSetValue::FromCurrent => String::new(),
    });
    structure.functions.retain(|f| f.name != at || !create.or_replace);
    structure.functions.push(FunctionText {
        name: at,
        security_definer: create.security == Some(FunctionSecurity::Definer),
        search_path: path,
        public: true,
    });
}

fn drop(structure: &mut Structure, kind: ObjectType, names: &[ObjectName]) {
    for object in names {
        let at = name(object);
        match kind {
            ObjectType::Table | ObjectType::View | ObjectType::MaterializedView => {
                structure.draft.tables.retain(|t| Name::new(&t.schema, &t.name) != at);
                structure.views.retain(|v| v.name != at);
                structure.policies.retain(|p| Name::new(&p.schema, &p.table) != at);
                structure.row_security.remove(&at);
                structure.forced.remove(&at);
                structure.triggers.retain(|(table, _)| *table != at);
            }
            ObjectType::Index => {
                for table in &mut structure.draft.tables {
                    table.indexes.retain(|i| i.name != at.name);
                }
            }
            ObjectType::Schema => {
                structure.draft.schemas.retain(|s| s.name != at.name);
                structure.draft.tables.retain(|t| t.schema != at.name);
            }
            ObjectType::Type => {
                structure.draft.types.retain(|ty| match ty {
                    TypeDraft::Enum { name, .. }
                    | TypeDraft::Domain { name, .. }
                    | TypeDraft::Composite { name, .. } => *name != at.name,
                });
            }
            _ => {}
        }
    }
}

fn comment_on(
    structure: &mut Structure,
    kind: CommentObject,
    object: &ObjectName,
    text: Option<String>,
) {
    let mut parts: Vec<String> =
        object.0.iter().filter_map(|part| part.as_ident().map(folded)).collect();
    match kind {
        CommentObject::Column => {
            let column = parts.pop().unwrap_or_default();
            let table = parts.pop().unwrap_or_default();
            let at = Name::new(&parts.pop().unwrap_or_default(), &table);
            let mut tables = structure.draft.tables.iter_mut();
            let table = tables.find(|t| Name::new(&t.schema, &t.name) == at);
            if let Some(table) = table
                && let Some(column) = table.columns.iter_mut().find(|c| c.name == column)
            {
                column.comment = text;
            }
        }
        CommentObject::Table => {
            let at = name(object);
            let mut tables = structure.draft.tables.iter_mut();
            if let Some(table) = tables.find(|t| Name::new(&t.schema, &t.name) == at) {
                table.comment = text;
            }
        }
        CommentObject::Schema => {
            let at = name(object).name;
            if let Some(schema) = structure.draft.schemas.iter_mut().find(|s| s.name == at) {
                schema.comment = text;
            }
        }
        _ => {}
    }
}
