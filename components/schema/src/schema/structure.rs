//! A database as a structure: its catalog, and beside it what only its engine can tell.

use crate::hands::{is_ours, texts};
use mag_adapter::Console;
use mag_contract::Fault;
use mag_guard::Ruleset;
use mag_lint::Engine;
use mag_migrate::Structure;
use mag_migrate::diff::Name;
use mag_migrate::observe::{About, Observed};
use mag_model::Catalog;
use mag_ports::driver::Database;
use std::time::Duration;

pub(crate) struct Whole {
    pub(crate) structure: Structure,
    pub(crate) observed: Observed,
}

/// Everything but MagFlock's own tables, unless they are asked for.
pub(crate) async fn read(
    database: &dyn Database,
    catalog: &Catalog,
    rules: &Ruleset,
    ours_too: bool,
) -> Result<Whole, Fault> {
    let mut observed = Observed::default();
    for question in database.base().dialect.questions() {
        if question.about == About::Sizes {
            continue;
        }
        let rows = texts(database, Console::reading(question.sql)).await?;
        observed.take(question.about, rows);
    }
    let mut structure = Structure::of_catalog(catalog);
    observed.onto(&mut structure);
    structure.policies.clone_from(&rules.policies);
    if !ours_too {
        let ours = |name: &Name| is_ours(database, &name.schema, &name.name);
        without(&mut structure, &ours);
        observed.definitions.retain(|definition| {
            !ours(&definition.name) && !ours(&Name::new(&definition.name.schema, &definition.table))
        });
        observed.functions.retain(|function| !ours(&function.name));
        observed.triggers.retain(|trigger| !ours(&trigger.table));
    }
    Ok(Whole { structure, observed })
}

/// A large file takes longer to measure than anybody waits for a list of tables.
const MEASURED_WITHIN: Duration = Duration::from_secs(2);

/// How large tables and indexes are, where that has to be asked apart; nothing when it takes long.
pub(crate) async fn measure(database: &dyn Database, whole: &mut Whole) {
    let questions = database.base().dialect.questions().iter();
    for question in questions.filter(|question| question.about == About::Sizes) {
        let mut console = Console::reading(question.sql);
        console.timeout = Some(MEASURED_WITHIN);
        if let Ok(rows) = texts(database, console).await {
            whole.observed.take(question.about, rows);
        }
    }
}

fn without(structure: &mut Structure, ours: &dyn Fn(&Name) -> bool) {
    let draft = &mut structure.draft;
    // Asked with a name that no table has: only whole schemas are ours by it.
    draft.schemas.retain(|schema| !ours(&Name::new(&schema.name, "")));
    draft.tables.retain(|table| !ours(&Name::new(&table.schema, &table.name)));
    draft.types.retain(|ty| !ours(&type_name(ty)));
    structure.views.retain(|view| !ours(&view.name));
    structure.policies.retain(|policy| !ours(&Name::new(&policy.schema, &policy.table)));
    structure.row_security.retain(|name| !ours(name));
    structure.forced.retain(|name| !ours(name));
    structure.functions.retain(|function| !ours(&function.name));
    structure.triggers.retain(|(table, _)| !ours(table));
    structure.strict.retain(|name| !ours(name));
    structure.autoincrement.retain(|name| !ours(name));
    structure.without_rowid.retain(|name| !ours(name));
    structure.unsaid_keys.retain(|(name, _)| !ours(name));
}

fn type_name(ty: &mag_model::catalog::draft::TypeDraft) -> Name {
    use mag_model::catalog::draft::TypeDraft;
    match ty {
        TypeDraft::Enum { schema, name, .. }
        | TypeDraft::Domain { schema, name, .. }
        | TypeDraft::Composite { schema, name, .. } => Name::new(schema, name),
    }
}

/// Which advisors are for it.
pub(crate) fn engine(database: &dyn Database) -> Engine {
    match database.base().dialect.name() {
        "sqlite" => Engine::Sqlite,
        _ => Engine::Postgres,
    }
}
