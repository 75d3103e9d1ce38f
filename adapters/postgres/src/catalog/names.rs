//! The names of types. The server writes them quoted and with modifiers, which is right for SQL; those
//! that someone has made are named as the model names them.

use crate::wire::Reply;
use mag_model::catalog::draft::TypeDraft;
use std::collections::HashMap;

/// Domains over domains: deeper than any that a person has made.
const DOMAINS_MAX: usize = 32;

pub(super) struct Names {
    /// Enums, domains and composites: `schema.name`, and `schema.name[]` under the number of the
    /// array type.
    made: HashMap<u32, String>,
    /// The row types of tables and views.
    rows: HashMap<u32, (String, String)>,
    /// Domains, and the types that they are made of.
    bases: HashMap<u32, u32>,
}

impl Names {
    pub(super) fn read(types: &Reply) -> Self {
        let mut names = Self { made: HashMap::new(), rows: HashMap::new(), bases: HashMap::new() };
        for row in types.texts() {
            let [oid, array, schema, name, _, relkind, _, base, ..] = row.as_slice() else {
                continue;
            };
            let (Some(oid), Some(schema), Some(name)) = (number(*oid), *schema, *name) else {
                continue;
            };
            if relkind.is_some_and(|kind| kind != "c") {
                names.rows.insert(oid, (schema.to_owned(), name.to_owned()));
            }
            if let Some(base) = number(*base).filter(|base| *base != 0) {
                names.bases.insert(oid, base);
            }
            // A dot inside a name could not be told from the one between the two.
            if schema.contains('.') || name.contains('.') {
                continue;
            }
            let full = format!("{schema}.{name}");
            if let Some(array) = number(*array).filter(|array| *array != 0) {
                names.made.insert(array, format!("{full}[]"));
            }
            names.made.insert(oid, full);
        }
        names
    }

    /// The model's name of a type: `written` is what the server writes for it.
    pub(super) fn of(&self, oid: Option<u32>, written: Option<&str>) -> String {
        let known = oid.and_then(|oid| self.made.get(&oid));
        if let (None, Some(base)) = (known, self.behind(oid)) {
            return base.to_owned();
        }
        match (known, written) {
            (Some(name), _) => name.clone(),
            // Fields and precision say how it is cut, not what it is.
            (None, Some(name)) if name.starts_with("interval") => {
                if name.ends_with("[]") { "interval[]" } else { "interval" }.to_owned()
            }
            // Without a length it takes any: `character` alone would be one letter.
            (None, Some("character")) => "bpchar".to_owned(),
            (None, Some("character[]")) => "bpchar[]".to_owned(),
            (None, Some("bit")) => "bit varying".to_owned(),
            (None, Some("bit[]")) => "bit varying[]".to_owned(),
            (None, Some(name)) => name.to_owned(),
            (None, None) => "unknown".to_owned(),
        }
    }

    /// What a domain is made of whose name the model cannot write, such as `application/vnd.thing`:
    /// documents are, and their types have the same number in each database.
    fn behind(&self, oid: Option<u32>) -> Option<&'static str> {
        let mut base = *self.bases.get(&oid?)?;
        for _ in 0..DOMAINS_MAX {
            let Some(next) = self.bases.get(&base) else { break };
            base = *next;
        }
        match base {
            17 => Some("bytea"),
            25 => Some("text"),
            114 => Some("json"),
            142 => Some("xml"),
            3802 => Some("jsonb"),
            _ => None,
        }
    }

    /// The table whose rows are values of this type.
    pub(super) fn row_of(&self, oid: Option<u32>) -> Option<&(String, String)> {
        self.rows.get(&oid?)
    }

    /// As `row_of`, through domains over the type.
    pub(super) fn row_behind(&self, oid: Option<u32>) -> Option<&(String, String)> {
        let mut oid = oid?;
        for _ in 0..DOMAINS_MAX {
            match self.bases.get(&oid) {
                Some(base) => oid = *base,
                None => break,
            }
        }
        self.rows.get(&oid)
    }

    pub(super) fn drafts(&self, types: &Reply, labels: &Reply, fields: &Reply) -> Vec<TypeDraft> {
        let mut of_enum: HashMap<u32, Vec<String>> = HashMap::new();
        for row in labels.texts() {
            if let [Some(oid), Some(label)] = row.as_slice()
                && let Some(oid) = number(Some(oid))
            {
                of_enum.entry(oid).or_default().push((*label).to_owned());
            }
        }
        let mut of_composite: HashMap<u32, Vec<(String, String)>> = HashMap::new();
        for row in fields.texts() {
            let [relation, Some(name), ty, written] = row.as_slice() else { continue };
            if let Some(relation) = number(*relation) {
                let field = ((*name).to_owned(), self.of(number(*ty), *written));
                of_composite.entry(relation).or_default().push(field);
            }
        }
        let mut drafts = Vec::new();
        for row in types.texts() {
            let [
                oid,
                _,
                schema,
                name,
                kind,
                relkind,
                not_null,
                base,
                written,
                check,
                relation,
                default,
            ] = row.as_slice()
            else {
                continue;
            };
            let (Some(oid), Some(schema), Some(name)) = (number(*oid), *schema, *name) else {
                continue;
            };
            let (schema, name) = (schema.to_owned(), name.to_owned());
            match (*kind, *relkind) {
                (Some("e"), _) => {
                    let labels = of_enum.remove(&oid).unwrap_or_default();
                    drafts.push(TypeDraft::Enum { schema, name, labels });
                }
                (Some("d"), _) => drafts.push(TypeDraft::Domain {
                    schema,
                    name,
                    base: self.of(number(*base), *written),
                    not_null: *not_null == Some("t"),
                    default: default.map(str::to_owned),
                    check: check.map(str::to_owned),
                }),
                (Some("c"), Some("c")) => {
                    let relation = number(*relation).unwrap_or_default();
                    let fields = of_composite.remove(&relation).unwrap_or_default();
                    drafts.push(TypeDraft::Composite { schema, name, fields });
                }
                _ => {}
            }
        }
        drafts
    }
}

pub(super) fn number(cell: Option<&str>) -> Option<u32> {
    cell?.parse().ok()
}
