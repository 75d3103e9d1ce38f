//! Changes of who may do what: run by engines that hold such rules, kept beside those that do not.
//! Either way they are in force when this returns, and what cannot hold is refused before.

use crate::hands::{Hands, Spot};
use mag_adapter::{Bound, Console, EngineError};
use mag_contract::names::nearest;
use mag_contract::operation::Call;
use mag_contract::{Fault, codes};
use mag_guard::ruleset::TableName;
use mag_guard::{Grant, GrantOn, Guard, Ruleset};
use mag_migrate::rules::RuleChange;
use mag_model::Catalog;
use mag_ports::events::{OnRlsPolicyCreate, RulesChanged};
use std::collections::HashSet;
use std::sync::Arc;

/// What would be run or kept, a statement each.
pub(crate) fn statements(changes: &[RuleChange]) -> Vec<String> {
    changes.iter().map(RuleChange::statement).collect()
}

/// Brings all of them into force, or none. `preview` only looks whether that can be done.
pub(crate) async fn change(
    hands: &Hands,
    spot: &Spot,
    call: &Call,
    changes: Vec<RuleChange>,
) -> Result<(), Fault> {
    spot.writable()?;
    for change in &changes {
        ask(hands, spot, call, change).await?;
    }
    if spot.keeps_rules()? {
        let catalog = spot.source.view()?.catalog.clone();
        let _turn = hands.rules_turn(spot).await;
        let rules = after(&*spot.source.rules()?, changes, spot, &catalog, None)?;
        if !call.preview {
            spot.source.keep_rules(rules).await?;
            told(hands, spot);
        }
        return Ok(());
    }
    for table in changes.iter().filter_map(RuleChange::table) {
        known(&spot.source.view()?.catalog, &table)?;
    }
    let then = changes.iter().map(|change| Bound::new(change.statement(), vec![])).collect();
    let ending = match call.preview {
        true => mag_adapter::Ending::RollBack,
        false => mag_adapter::Ending::Commit,
    };
    let console = Console { then, ending, ..Console::writing("") };
    spot.database().console(console).await.map_err(of_engine)?;
    if !call.preview {
        spot.source.refresh().await?;
        told(hands, spot);
    }
    Ok(())
}

pub(crate) fn told(hands: &Hands, spot: &Spot) {
    hands.bus.publish(RulesChanged {
        project: spot.project.reference.to_string(),
        source: spot.source.name().to_owned(),
    });
}

/// A handler may refuse a policy before it is made.
async fn ask(hands: &Hands, spot: &Spot, call: &Call, change: &RuleChange) -> Result<(), Fault> {
    let RuleChange::CreatePolicy(policy) = change else { return Ok(()) };
    if call.preview {
        return Ok(());
    }
    let hook = OnRlsPolicyCreate {
        project: spot.project.reference.to_string(),
        source: spot.source.name().to_owned(),
        table: format!("{}.{}", policy.schema, policy.table),
        policy: policy.name.clone(),
        statement: change.statement(),
        actor: call.actor.clone(),
    };
    hands.bus.ask(hook).await.map(drop)
}

/// Keeps rules that something other than a change of rules has led to: masks, budgets.
pub(crate) async fn keep(
    hands: &Hands,
    spot: &Spot,
    call: &Call,
    change: impl FnOnce(&mut Ruleset) -> Result<(), Fault>,
) -> Result<(), Fault> {
    spot.writable()?;
    let _turn = hands.rules_turn(spot).await;
    let before = spot.source.rules()?;
    let mut rules = (*before).clone();
    change(&mut rules)?;
    let catalog = &spot.source.view()?.catalog;
    unread(&before, &rules, catalog, catalog)?;
    if !call.preview {
        spot.source.keep_rules(rules).await?;
        told(hands, spot);
    }
    Ok(())
}

/// The rules as they will be on the catalog that will be; `from` is the one that is there now, when
/// that is another one.
pub(crate) fn after(
    rules: &Ruleset,
    changes: Vec<RuleChange>,
    spot: &Spot,
    catalog: &Arc<Catalog>,
    from: Option<&Arc<Catalog>>,
) -> Result<Ruleset, Fault> {
    let mut after = rules.clone();
    let mut tables: HashSet<TableName> = from
        .unwrap_or(catalog)
        .tables()
        .map(|(_, table)| name(&table.schema, &table.name))
        .collect();
    for change in changes {
        // A table that is renamed into its place is a new one, and has no rules to bring.
        if let RuleChange::RenameTable { table, to } = &change {
            if !tables.remove(table) {
                continue;
            }
            tables.insert(name(&table.schema, to));
        } else if let Some(table) = change.table().filter(|table| !tables.contains(table)) {
            // One that was there and goes with the same script is forgotten below.
            known(catalog, &table)?;
        }
        if let RuleChange::Grant(Grant { schema, on: GrantOn::Function { name }, .. }) = &change
            && !after.functions.iter().any(|f| f.schema == *schema && f.name == *name)
        {
            let message = format!("there is no function `{schema}.{name}`");
            return Err(Fault::new(codes::NO_SUCH_NAME, message)
                .hint("`mobo function:list` lists the functions"));
        }
        let app = catalog
            .tables()
            .map(|(_, table)| (&*table.schema, &*table.name))
            .filter(|(schema, table)| !spot.is_ours(schema, table));
        for change in change.on_each(app) {
            change.apply(&mut after)?;
        }
    }
    for gone in tables.iter().filter(|t| catalog.find_table(&t.schema, &t.table).is_none()) {
        RuleChange::Forget(gone.clone()).apply(&mut after)?;
    }
    unread(rules, &after, from.unwrap_or(catalog), catalog)?;
    Ok(after)
}

fn name(schema: &str, table: &str) -> TableName {
    TableName { schema: schema.to_owned(), table: table.to_owned() }
}

/// Rules that nobody could read before are somebody else's trouble; new ones are refused.
fn unread(
    before: &Ruleset,
    after: &Ruleset,
    was: &Arc<Catalog>,
    catalog: &Arc<Catalog>,
) -> Result<(), Fault> {
    let guard = Guard::new(after, catalog);
    if guard.problems().is_empty() {
        return Ok(());
    }
    let known = Guard::new(before, was);
    match guard.problems().iter().find(|problem| !known.problems().contains(problem)) {
        Some(problem) => Err(problem.clone().into()),
        None => Ok(()),
    }
}

/// The table must be there: a rule for one that is not would hold for whatever comes by that name.
pub(crate) fn known(catalog: &Catalog, table: &TableName) -> Result<(), Fault> {
    if catalog.find_table(&table.schema, &table.table).is_some() {
        return Ok(());
    }
    let message = format!("there is no table `{}.{}`", table.schema, table.table);
    let names = catalog.tables().filter(|(_, t)| *t.schema == *table.schema).map(|(_, t)| &*t.name);
    let fault = Fault::new(codes::NO_TABLE, message);
    Err(match nearest(&table.table, names) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault.hint("`mobo schema:show` lists the tables"),
    })
}

/// The same answer for the same mistake, whoever holds the rules.
pub(crate) fn of_engine(error: EngineError) -> Fault {
    let code = match error.state.as_deref() {
        Some("42710") => codes::EXISTS,
        Some("42704") => codes::NO_SUCH_NAME,
        Some("2BP01") => codes::STATE_CONFLICT,
        Some("42P01" | "42501" | "25006") | None => return error.into(),
        Some("42703" | "42883" | "42804" | "42601" | "42846") => codes::BAD_POLICY,
        Some(_) => return error.into(),
    };
    let mut fault = Fault::new(code, error.message);
    if let Some(details) = error.details {
        fault = fault.details(details);
    }
    match error.hint {
        Some(hint) => fault.hint(hint),
        None => fault,
    }
}

/// `notes`, `app.notes`: a table as people name it.
pub(crate) fn table_named(text: &str) -> TableName {
    let (schema, table) = text.split_once('.').unwrap_or(("public", text));
    name(schema, table)
}
