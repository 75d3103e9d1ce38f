//! Functions: made, listed, shown and dropped, the same on every engine. PostgreSQL holds them itself;
//! for an engine without functions they are kept among the rules, and run with the rights of whoever
//! calls them.

pub(crate) mod create;
pub(crate) mod drop;
pub(crate) mod list;
pub(crate) mod show;

use crate::hands::Spot;
use mag_contract::names::nearest;
use mag_contract::{Fault, codes};
use mag_model::catalog::{Catalog, Function, Returns, Volatility};
use schemars::JsonSchema;
use serde::Serialize;

/// What a change of functions answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Changed {
    /// `project/source`
    pub(crate) at: String,
    /// As PostgreSQL says it.
    pub(crate) statement: String,
    /// Whether the engine holds it, or it is kept beside it.
    pub(crate) held_by: &'static str,
}

impl Changed {
    fn on(spot: &Spot, statement: String) -> Self {
        let keeps = spot.keeps_rules().unwrap_or(false);
        let held_by = if keeps { "magflock" } else { "engine" };
        Self { at: spot.label(), statement, held_by }
    }
}

/// A function, as people look at it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Outline {
    schema: String,
    name: String,
    /// `n integer`, `mood text = default`
    arguments: Vec<String>,
    returns: String,
    /// `immutable`, `stable`, `volatile`: the first two may be called by GET.
    volatility: &'static str,
}

impl Outline {
    fn of(catalog: &Catalog, function: &Function) -> Self {
        let arguments = function.arguments.iter().map(|argument| {
            let default = if argument.required { "" } else { " = default" };
            format!("{} {}{default}", argument.name, argument.ty).trim_start().to_owned()
        });
        Self {
            schema: function.schema.to_string(),
            name: function.name.to_string(),
            arguments: arguments.collect(),
            returns: returns(catalog, function),
            volatility: match function.volatility {
                Volatility::Immutable => "immutable",
                Volatility::Stable => "stable",
                Volatility::Volatile => "volatile",
            },
        }
    }
}

fn returns(catalog: &Catalog, function: &Function) -> String {
    let set = if function.set { "setof " } else { "" };
    match &function.returns {
        Returns::Void => "void".into(),
        Returns::Scalar(ty) => format!("{set}{ty}"),
        Returns::Rows(table) => format!("{set}{}", catalog.table(*table).name),
        Returns::Columns(columns) => {
            let each = columns.iter().map(|(name, ty)| format!("{name} {ty}"));
            format!("table ({})", each.collect::<Vec<_>>().join(", "))
        }
    }
}

/// `total`, `app.total`: a function as people name it.
fn named(text: &str) -> (String, String) {
    let (schema, name) = text.split_once('.').unwrap_or(("public", text));
    (schema.to_owned(), name.to_owned())
}

fn no_function(catalog: &Catalog, schema: &str, name: &str) -> Fault {
    let fault = Fault::new(codes::NO_SUCH_NAME, format!("there is no function `{schema}.{name}`"));
    let known = catalog.functions().filter(|(_, function)| *function.schema == *schema);
    match nearest(name, known.map(|(_, function)| &*function.name)) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault.hint("`mobo function:list` lists the functions"),
    }
}
