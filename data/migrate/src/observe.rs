//! What a catalog does not carry and only the engine can tell: the texts of views, functions and
//! triggers, how tables are kept, how large they are and how their indexes are used. Questions go
//! out as SQL, answers come in as texts.

use crate::dialect::{Dialect, SQLITE as SQLITE_DIALECT};
use crate::diff::Name;
use crate::script::Script;
use crate::structure::{FunctionText, Structure, View};

/// One statement to ask, and what its rows are about.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    pub about: About,
    pub sql: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// kind, schema, name, table, statement: all that stands in the file, as it was written
    Definitions,
    /// schema, name, query, `t` for materialised, `t` for security_invoker
    Views,
    /// schema, name, `t` for row security, `t` for forced, bytes, highest key
    Tables,
    /// schema, name, `t` for security definer, search path, `t` for everyone, who may call it,
    /// statement
    Functions,
    /// schema, table, name, statement
    Triggers,
    /// schema, name, scans, bytes
    Indexes,
    /// name, schema
    Extensions,
    /// name, bytes: of tables and indexes, where telling it means reading all of the file
    Sizes,
}

pub const SQLITE: &[Question] = &[
    Question {
        about: About::Definitions,
        sql: "SELECT type, 'public', name, tbl_name, sql FROM sqlite_schema \
          WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
    },
    Question {
        about: About::Tables,
        sql: "SELECT 'public', name, 't', 'f', NULL, NULL FROM sqlite_schema \
          WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    },
    Question {
        about: About::Indexes,
        sql: "SELECT 'public', name, NULL, NULL FROM sqlite_schema WHERE type = 'index'",
    },
    Question {
        about: About::Sizes,
        sql: "SELECT name, CAST(sum(pgsize) AS TEXT) FROM dbstat GROUP BY name",
    },
];

pub const POSTGRES: &[Question] = &[
    Question {
        about: About::Views,
        sql: "SELECT n.nspname::text, c.relname::text, rtrim(pg_get_viewdef(c.oid), ';'), \
            (c.relkind = 'm')::text, \
            (coalesce(c.reloptions, '{}') && ARRAY['security_invoker=true', 'security_invoker=on'])::text \
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
          WHERE c.relkind IN ('v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') \
          ORDER BY c.oid",
    },
    Question {
        about: About::Tables,
        sql: "SELECT n.nspname::text, c.relname::text, c.relrowsecurity::text, \
            c.relforcerowsecurity::text, pg_total_relation_size(c.oid)::text, \
            (SELECT max(s.last_value)::text FROM pg_depend d \
               JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S' \
               JOIN pg_namespace m ON m.oid = q.relnamespace \
               JOIN pg_sequences s ON s.schemaname = m.nspname AND s.sequencename = q.relname \
               WHERE d.refobjid = c.oid AND d.deptype IN ('a', 'i')) \
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
          WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname !~ '^pg_' \
            AND n.nspname <> 'information_schema'",
    },
    Question {
        about: About::Functions,
        sql: "SELECT n.nspname::text, p.proname::text, p.prosecdef::text, \
            (SELECT substr(c, 13) FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=%'), \
            EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a \
              WHERE a.grantee = 0)::text, \
            array_to_string(ARRAY(SELECT g.rolname \
              FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a \
              JOIN pg_roles g ON g.oid = a.grantee WHERE a.grantee <> p.proowner), ','), \
            pg_get_functiondef(p.oid) \
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
          WHERE p.prokind IN ('f', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') \
          ORDER BY p.oid",
    },
    Question {
        about: About::Triggers,
        sql: "SELECT n.nspname::text, c.relname::text, t.tgname::text, pg_get_triggerdef(t.oid) \
          FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
          JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal ORDER BY t.oid",
    },
    Question {
        about: About::Indexes,
        sql: "SELECT s.schemaname::text, s.indexrelname::text, s.idx_scan::text, \
            pg_relation_size(s.indexrelid)::text FROM pg_stat_user_indexes s",
    },
    Question {
        about: About::Extensions,
        sql: "SELECT e.extname::text, n.nspname::text FROM pg_extension e \
          JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql' ORDER BY e.oid",
    },
];

/// All answers of an engine.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    pub definitions: Vec<Definition>,
    pub views: Vec<View>,
    pub tables: Vec<ObservedTable>,
    pub functions: Vec<ObservedFunction>,
    pub triggers: Vec<ObservedTrigger>,
    pub indexes: Vec<ObservedIndex>,
    pub extensions: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    pub kind: String,
    pub name: Name,
    pub table: String,
    pub sql: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedTable {
    pub name: Name,
    pub row_security: bool,
    pub forced: bool,
    pub bytes: Option<u64>,
    pub highest_key: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedFunction {
    pub name: Name,
    pub security_definer: bool,
    pub search_path: Option<String>,
    /// Everyone may call it.
    pub public: bool,
    pub executable_by: Vec<String>,
    pub sql: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedTrigger {
    pub table: Name,
    pub name: String,
    pub sql: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedIndex {
    pub name: Name,
    pub scans: Option<u64>,
    pub bytes: Option<u64>,
}

/// One row of an answer.
pub type Texts = Vec<Option<String>>;

impl Observed {
    pub fn take(&mut self, about: About, rows: impl IntoIterator<Item = Texts>) {
        for row in rows {
            let cell = |at: usize| row.get(at).cloned().flatten();
            let text = |at: usize| cell(at).unwrap_or_default();
            let yes = |at: usize| matches!(cell(at).as_deref(), Some("t" | "true" | "1"));
            let name = |schema: usize, name: usize| Name::new(&text(schema), &text(name));
            match about {
                About::Definitions => self.definitions.push(Definition {
                    kind: text(0),
                    name: name(1, 2),
                    table: text(3),
                    sql: text(4),
                }),
                About::Views => self.views.push(View {
                    name: name(0, 1),
                    query: text(2).trim().to_owned(),
                    materialized: yes(3),
                    security_invoker: yes(4),
                }),
                About::Tables => self.tables.push(ObservedTable {
                    name: name(0, 1),
                    row_security: yes(2),
                    forced: yes(3),
                    bytes: cell(4).and_then(|n| n.parse().ok()),
                    highest_key: cell(5).and_then(|n| n.parse().ok()),
                }),
                About::Functions => self.functions.push(ObservedFunction {
                    name: name(0, 1),
                    security_definer: yes(2),
                    search_path: cell(3),
                    public: yes(4),
                    executable_by: text(5)
                        .split(',')
                        .filter(|role| !role.is_empty())
                        .map(str::to_owned)
                        .collect(),
                    sql: text(6),
                }),
                About::Triggers => self.triggers.push(ObservedTrigger {
                    table: name(0, 1),
                    name: text(2),
                    sql: text(3),
                }),
                About::Indexes => self.indexes.push(ObservedIndex {
                    name: name(0, 1),
                    scans: cell(2).and_then(|n| n.parse().ok()),
                    bytes: cell(3).and_then(|n| n.parse().ok()),
                }),
                About::Extensions => self.extensions.push((text(0), text(1))),
                About::Sizes => {
                    let (name, bytes) = (text(0), cell(1).and_then(|n| n.parse().ok()));
                    let tables = self.tables.iter_mut().filter(|table| table.name.name == name);
                    tables.for_each(|table| table.bytes = bytes);
                    let indexes = self.indexes.iter_mut().filter(|index| index.name.name == name);
                    indexes.for_each(|index| index.bytes = bytes);
                }
            }
        }
    }

    /// Lays what was answered over what the catalog says.
    pub fn onto(&self, structure: &mut Structure) {
        if !self.definitions.is_empty() {
            self.read_definitions(structure);
        }
        structure.views.extend(self.views.iter().cloned());
        for table in &self.tables {
            if table.row_security {
                structure.row_security.insert(table.name.clone());
            }
            if table.forced {
                structure.forced.insert(table.name.clone());
            }
        }
        structure.functions.extend(self.functions.iter().map(|function| FunctionText {
            name: function.name.clone(),
            security_definer: function.security_definer,
            search_path: function.search_path.clone(),
            public: function.public,
        }));
        let triggers = self.triggers.iter();
        structure.triggers.extend(triggers.map(|t| (t.table.clone(), t.name.clone())));
        structure.extensions.extend(self.extensions.iter().cloned());
    }

    /// A file carries all of its structure as statements: they are read, and what they say besides
    /// the columns is taken.
    fn read_definitions(&self, structure: &mut Structure) {
        let mut told = Structure::default();
        for definition in &self.definitions {
            if let Ok(script) = Script::read(&definition.sql, &SQLITE_DIALECT as &dyn Dialect) {
                told.apply(&script, &SQLITE_DIALECT);
            }
        }
        structure.views.extend(told.views);
        structure.triggers.extend(told.triggers);
        structure.strict.extend(told.strict);
        structure.autoincrement.extend(told.autoincrement);
        structure.without_rowid.extend(told.without_rowid);
        structure.unsaid_keys.extend(told.unsaid_keys);
    }

    pub fn table(&self, name: &Name) -> Option<&ObservedTable> {
        self.tables.iter().find(|table| table.name == *name)
    }
}
