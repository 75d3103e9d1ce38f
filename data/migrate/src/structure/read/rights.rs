//! `GRANT` and `REVOKE`: rights as they are written.

use super::name;
use crate::structure::GrantedOn;
use sqlparser::ast::{Action, GrantObjects, Privileges};

pub(super) fn granted_on(objects: &GrantObjects) -> Vec<GrantedOn> {
    match objects {
        GrantObjects::Tables(tables) => tables.iter().map(|t| GrantedOn::Table(name(t))).collect(),
        GrantObjects::AllTablesInSchema { schemas } => {
            schemas.iter().map(|s| GrantedOn::AllTables(name(s).name)).collect()
        }
        GrantObjects::AllFunctionsInSchema { schemas } => {
            schemas.iter().map(|s| GrantedOn::AllFunctions(name(s).name)).collect()
        }
        GrantObjects::Schemas(schemas) => {
            schemas.iter().map(|s| GrantedOn::Schema(name(s).name)).collect()
        }
        GrantObjects::Function { name: function, .. } => vec![GrantedOn::Function(name(function))],
        _ => vec![],
    }
}

pub(super) fn verbs(privileges: &Privileges) -> (Vec<String>, Vec<String>) {
    let Privileges::Actions(actions) = privileges else {
        return (vec!["ALL".into()], vec![]);
    };
    let mut columns = Vec::new();
    let verbs = actions.iter().map(|action| {
        if let Action::Select { columns: Some(some) }
        | Action::Insert { columns: Some(some) }
        | Action::Update { columns: Some(some) } = action
        {
            columns.extend(some.iter().map(super::folded));
        }
        let text = action.to_string();
        text.split([' ', '(']).next().unwrap_or_default().to_ascii_uppercase()
    });
    let verbs = verbs.collect();
    (verbs, columns)
}
