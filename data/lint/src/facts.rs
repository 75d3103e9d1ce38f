//! What a catalog does not carry and advisors need: policies, rights, who functions and views run
//! as, sizes and use. Handed in by whoever can ask the engine; read from scripts where there is none.

use mag_guard::ruleset::TableName;
use mag_guard::{Grant, GrantOn, PolicyRule, Ruleset};
use mag_migrate::Structure;
use mag_migrate::diff::Name;
use mag_migrate::observe::Observed;
use mag_migrate::structure::GrantedOn;
use mag_query::error::Verb;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    #[default]
    Postgres,
    Sqlite,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Facts {
    pub engine: Engine,
    /// Schemas that the doors show.
    pub exposed: Vec<String>,
    /// Who comes without signing in.
    pub anonymous: String,
    /// Who comes signed in.
    pub signed_in: String,
    pub tables: Vec<TableFacts>,
    pub policies: Vec<PolicyRule>,
    pub grants: Vec<Grant>,
    pub views: Vec<ViewFacts>,
    pub functions: Vec<FunctionFacts>,
    pub indexes: Vec<IndexFacts>,
    pub extensions: Vec<ExtensionFacts>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableFacts {
    pub schema: String,
    pub name: String,
    /// Policies hold its rows back.
    pub row_security: bool,
    /// SQLite checks the types of its values.
    pub strict: bool,
    /// SQLite gives no number twice.
    pub autoincrement: bool,
    pub without_rowid: bool,
    /// Columns of its key in which SQLite takes NULL.
    pub keys_with_null: Vec<String>,
    pub bytes: Option<u64>,
    /// The highest number that its key has reached.
    pub highest_key: Option<i64>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ViewFacts {
    pub schema: String,
    pub name: String,
    /// It shows what its reader may see, not what its owner may.
    pub security_invoker: bool,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FunctionFacts {
    pub schema: String,
    pub name: String,
    /// It runs with the rights of its owner.
    pub security_definer: bool,
    /// Where it looks names up, when it says so itself.
    pub search_path: Option<String>,
    /// `public` means everyone.
    pub executable_by: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IndexFacts {
    pub schema: String,
    pub name: String,
    /// How often it was used since the engine began to count.
    pub scans: Option<u64>,
    pub bytes: Option<u64>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExtensionFacts {
    pub schema: String,
    pub name: String,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            engine: Engine::Postgres,
            exposed: vec!["public".into()],
            anonymous: "anon".into(),
            signed_in: "authenticated".into(),
            tables: Vec::new(),
            policies: Vec::new(),
            grants: Vec::new(),
            views: Vec::new(),
            functions: Vec::new(),
            indexes: Vec::new(),
            extensions: Vec::new(),
        }
    }
}

impl Facts {
    /// Of a database that runs: what its engine told, and the rules that are in force.
    pub fn observed(
        structure: &Structure,
        engine: Engine,
        observed: &Observed,
        rules: &Ruleset,
    ) -> Self {
        let mut facts = Self::of(structure, engine);
        facts.policies.clone_from(&rules.policies);
        facts.grants.clone_from(&rules.grants);
        for table in &mut facts.tables {
            let name = Name::new(&table.schema, &table.name);
            let open = |open: &TableName| open.schema == name.schema && open.table == name.name;
            if engine == Engine::Sqlite {
                table.row_security = !rules.open_rows.iter().any(open);
            }
            if let Some(told) = observed.table(&name) {
                table.bytes = told.bytes;
                table.highest_key = told.highest_key;
            }
        }
        for function in &observed.functions {
            let mut executable_by = function.executable_by.clone();
            if function.public {
                executable_by.push("public".into());
            }
            let Name { schema, name } = function.name.clone();
            let known = facts.functions.iter_mut().find(|f| f.schema == schema && f.name == name);
            if let Some(known) = known {
                known.executable_by = executable_by;
            }
        }
        facts.indexes = observed
            .indexes
            .iter()
            .map(|index| IndexFacts {
                schema: index.name.schema.clone(),
                name: index.name.name.clone(),
                scans: index.scans,
                bytes: index.bytes,
            })
            .collect();
        facts
    }

    pub fn of(structure: &Structure, engine: Engine) -> Self {
        let mut facts = Self { engine, policies: structure.policies.clone(), ..Self::default() };
        for table in &structure.draft.tables {
            let name = Name::new(&table.schema, &table.name);
            let held = structure.strict.contains(&name) || structure.without_rowid.contains(&name);
            let unsaid = structure.unsaid_keys.iter().filter(|(of, _)| *of == name && !held);
            facts.tables.push(TableFacts {
                keys_with_null: unsaid.map(|(_, column)| column.clone()).collect(),
                // Where the engine has no policies, the guard is closed until one opens.
                row_security: structure.row_security.contains(&name) || engine == Engine::Sqlite,
                strict: structure.strict.contains(&name),
                autoincrement: structure.autoincrement.contains(&name),
                without_rowid: structure.without_rowid.contains(&name),
                schema: name.schema,
                name: name.name,
                ..TableFacts::default()
            });
        }
        facts.views = structure
            .views
            .iter()
            .map(|view| ViewFacts {
                schema: view.name.schema.clone(),
                name: view.name.name.clone(),
                security_invoker: view.security_invoker,
            })
            .collect();
        facts.extensions = structure
            .extensions
            .iter()
            .map(|(name, schema)| ExtensionFacts { schema: schema.clone(), name: name.clone() })
            .collect();
        for function in &structure.functions {
            let named = structure.grants.iter().filter(|g| match &g.on {
                GrantedOn::Function(name) => *name == function.name,
                GrantedOn::AllFunctions(schema) => *schema == function.name.schema,
                GrantedOn::Table(_) | GrantedOn::AllTables(_) | GrantedOn::Schema(_) => false,
            });
            let mut executable_by: Vec<String> = named.map(|g| g.role.clone()).collect();
            if function.public {
                executable_by.push("public".into());
            }
            facts.functions.push(FunctionFacts {
                schema: function.name.schema.clone(),
                name: function.name.name.clone(),
                security_definer: function.security_definer,
                search_path: function.search_path.clone(),
                executable_by,
            });
        }
        for grant in &structure.grants {
            let verbs = || -> Vec<Verb> {
                let named = |verb: &Verb| {
                    grant.verbs.iter().any(|v| v == "ALL" || v.eq_ignore_ascii_case(verb.word()))
                };
                Verb::ALL.into_iter().filter(named).collect()
            };
            let (schema, on) = match &grant.on {
                GrantedOn::Table(name) => {
                    let columns = (!grant.columns.is_empty()).then(|| grant.columns.clone());
                    let on = GrantOn::Table { name: name.name.clone(), verbs: verbs(), columns };
                    (name.schema.clone(), on)
                }
                GrantedOn::AllTables(schema) => {
                    (schema.clone(), GrantOn::AllTables { verbs: verbs() })
                }
                GrantedOn::Function(_) | GrantedOn::AllFunctions(_) | GrantedOn::Schema(_) => {
                    continue;
                }
            };
            facts.grants.push(Grant { role: grant.role.clone(), schema, on });
        }
        facts
    }
}
