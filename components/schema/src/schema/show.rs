//! `schema:show`: the tables of a source, or one of them with everything about it.

use super::structure::{self, Whole};
use crate::hands::{At, Hands};
use crate::rules::{known, table_named};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_migrate::dialect::policy_statement;
use mag_migrate::diff::Name;
use mag_model::Catalog;
use mag_model::catalog::{ColumnId, Table, TableKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Show;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Input {
    /// One table: `notes`, `app.notes`; all of them when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<String>,
    /// MagFlock's own tables as well.
    all: bool,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// `project/source`
    at: String,
    engine: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tables: Option<Vec<TableRow>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<TableRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    columns: Vec<ColumnRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keys: Vec<KeyRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    indexes: Vec<IndexRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policies: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TableRow {
    schema: String,
    name: String,
    /// `table`, `view` ...
    kind: &'static str,
    columns: usize,
    rows_estimate: Option<u64>,
    size_bytes: Option<u64>,
    policies: usize,
    comment: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ColumnRow {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    /// It may be empty.
    nullable: bool,
    default: Option<String>,
    generated: Option<String>,
    comment: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct KeyRow {
    /// `primary`, `unique`, `foreign`, `check`
    kind: &'static str,
    name: String,
    columns: Vec<String>,
    /// Where a foreign key points, or what a check says.
    says: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct IndexRow {
    name: String,
    columns: Vec<String>,
    unique: bool,
    size_bytes: Option<u64>,
    used: Option<u64>,
}

impl Operation for Show {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "schema:show";
    const SUMMARY: &'static str = "Shows tables, or one table with its columns, keys and policies";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "schema.read";
    const POSITIONAL: &'static [&'static str] = &["table"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new("All tables of the app", json!({}), json!({ "at": "main/main" })),
            Example::refused(
                "One that is not there",
                json!({ "table": "nowhere" }),
                codes::NO_TABLE.id,
            ),
        ]
    }
}

pub(crate) async fn show(hands: &Hands, input: Input, _: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let catalog = spot.source.view()?.catalog.clone();
    let rules = spot.source.rules()?;
    let named = input.table.as_deref().map(table_named);
    if let Some(named) = &named {
        known(&catalog, named)?;
    }
    let ours_too = input.all || named.is_some();
    let mut whole = structure::read(spot.database(), &catalog, &rules, ours_too).await?;
    structure::measure(spot.database(), &mut whole).await;
    let mut answer =
        Answer { at: spot.label(), engine: spot.source.kind().to_owned(), ..Answer::default() };
    let Some(named) = named else {
        let mut tables: Vec<TableRow> = catalog
            .tables()
            .filter(|(_, t)| input.all || !spot.is_ours(&t.schema, &t.name))
            .map(|(_, table)| row(table, &whole))
            .collect();
        tables.sort_by(|a, b| (&a.schema, &a.name).cmp(&(&b.schema, &b.name)));
        answer.tables = Some(tables);
        return Ok(answer);
    };
    if let Some(id) = catalog.find_table(&named.schema, &named.table) {
        fill(&mut answer, catalog.table(id), &catalog, &whole);
    }
    Ok(answer)
}

fn row(table: &Table, whole: &Whole) -> TableRow {
    let name = Name::new(&table.schema, &table.name);
    let of = |p: &&mag_guard::PolicyRule| Name::new(&p.schema, &p.table) == name;
    TableRow {
        schema: name.schema.clone(),
        name: name.name.clone(),
        kind: kind(table.kind),
        columns: table.columns.len(),
        rows_estimate: table.rows_estimate,
        size_bytes: whole.observed.table(&name).and_then(|told| told.bytes),
        policies: whole.structure.policies.iter().filter(of).count(),
        comment: table.comment.as_deref().map(str::to_owned),
    }
}

fn kind(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Table => "table",
        TableKind::Partitioned => "partitioned table",
        TableKind::View => "view",
        TableKind::MaterializedView => "materialised view",
        TableKind::Foreign => "foreign table",
    }
}

fn fill(answer: &mut Answer, table: &Table, catalog: &Catalog, whole: &Whole) {
    let names = |of: &Table, ids: &[ColumnId]| -> Vec<String> {
        ids.iter().map(|id| of.column(*id).name.to_string()).collect()
    };
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
    answer.columns = table
        .columns
        .iter()
        .map(|column| ColumnRow {
            name: column.name.to_string(),
            ty: column.ty.to_string(),
            nullable: column.nullable,
            default: text(&column.default),
            generated: text(&column.generated),
            comment: text(&column.comment),
        })
        .collect();
    let primary = table.primary.iter().map(|key| ("primary", key));
    let unique = table.unique.iter().map(|key| ("unique", key));
    answer.keys = primary
        .chain(unique)
        .map(|(kind, key)| KeyRow {
            kind,
            name: key.name.to_string(),
            columns: names(table, &key.columns),
            says: None,
        })
        .collect();
    answer.keys.extend(table.foreign.iter().map(|foreign| {
        let to = catalog.table(foreign.to);
        let place = format!(
            "{} ({})",
            Name::new(&to.schema, &to.name),
            names(to, &foreign.to_columns).join(", ")
        );
        KeyRow {
            kind: "foreign",
            name: foreign.name.to_string(),
            columns: names(table, &foreign.columns),
            says: Some(place),
        }
    }));
    answer.keys.extend(table.checks.iter().map(|check| KeyRow {
        kind: "check",
        name: check.name.to_string(),
        columns: vec![],
        says: Some(check.expression.to_string()),
    }));
    answer.indexes = table
        .indexes
        .iter()
        .map(|index| {
            let name = Name::new(&table.schema, &index.name);
            let told = whole.observed.indexes.iter().find(|known| known.name == name);
            IndexRow {
                name: index.name.to_string(),
                columns: names(table, &index.columns),
                unique: index.unique,
                size_bytes: told.and_then(|told| told.bytes),
                used: told.and_then(|told| told.scans),
            }
        })
        .collect();
    let here = Name::new(&table.schema, &table.name);
    let policies = whole.structure.policies.iter();
    answer.policies =
        policies.filter(|p| Name::new(&p.schema, &p.table) == here).map(policy_statement).collect();
    answer.table = Some(row(table, whole));
}
