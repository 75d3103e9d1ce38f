//! `DROP` and `TRUNCATE`: what goes, and whether it can come back.

use super::Reader;
use super::words::Words;

impl Reader<'_> {
    pub(super) fn drop(&mut self, words: &mut Words) {
        let what = words.next_upper();
        let what = match what.as_str() {
            "MATERIALIZED" | "FOREIGN" | "EVENT" | "TEXT" | "ACCESS" | "USER" => {
                let second = words.peek().to_owned();
                let pair = matches!(
                    (what.as_str(), second.as_str()),
                    ("MATERIALIZED", "VIEW")
                        | ("FOREIGN", "TABLE" | "DATA")
                        | ("EVENT", "TRIGGER")
                        | ("USER", "MAPPING")
                );
                if pair {
                    words.next_upper();
                    format!("{what} {second}")
                } else {
                    what
                }
            }
            _ => what,
        };
        let together = words.accept(&["CONCURRENTLY"]);
        words.accept(&["IF", "EXISTS"]);
        if what == "OWNED" {
            words.accept(&["BY"]);
        }
        let names = words.names();
        let cascade = words.any("CASCADE");
        let also = if cascade { ", and everything that depends on it" } else { "" };
        if what == "POLICY" || what == "TRIGGER" || what == "RULE" {
            let table = if words.accept(&["ON"]) { words.name() } else { None };
            self.drop_of_table(&what, &names, table);
            return;
        }
        for name in names {
            match what.as_str() {
                // The next table of that name is another one.
                "TABLE" if self.new_tables.remove(&name) => {}
                "TABLE" => {
                    self.danger("drop_table", name, format!("all rows of the table are gone{also}"));
                }
                "FOREIGN TABLE" | "VIEW" | "FUNCTION" | "PROCEDURE" | "ROUTINE" | "AGGREGATE"
                    if !cascade =>
                {
                    self.warn(
                        "breaks",
                        &name,
                        "whoever still uses it gets an error from then on",
                        None,
                    );
                }
                "MATERIALIZED VIEW" if !cascade => self.warn(
                    "breaks",
                    &name,
                    "whoever still uses it gets an error from then on",
                    None,
                ),
                "SCHEMA" => {
                    let why = if cascade {
                        "the schema goes with all its tables and their rows"
                    } else {
                        "the schema is gone, and with it the rights that were given on it"
                    };
                    self.danger("drop_schema", name, why);
                }
                "DATABASE" => {
                    self.danger("drop_database", name, "everything in the database is gone");
                }
                "TYPE" | "DOMAIN" => self.danger(
                    "drop_type",
                    name,
                    if cascade {
                        "every column of this type is gone, with its values"
                    } else {
                        "what is stored as text of this type can no longer be read as one"
                    },
                ),
                "SEQUENCE" => {
                    self.danger(
                        "drop_sequence",
                        name,
                        format!("where it had counted to is gone{also}"),
                    );
                }
                "EXTENSION" => self.danger(
                    "drop_extension",
                    name,
                    format!("its types and functions are gone{also}"),
                ),
                "OWNED" => self.danger(
                    "drop_owned",
                    name,
                    "everything that the role owns is gone, tables with their rows included",
                ),
                "ROLE" | "USER" | "GROUP" => {
                    self.danger("drop_role", name, "the role and its memberships are gone");
                }
                "PUBLICATION" | "SUBSCRIPTION" => self.danger(
                    "drop_replication",
                    name,
                    "what happens from then on does not reach the other side any more",
                ),
                "INDEX" if self.dialect.locks() && !together => self.warn(
                    "lock",
                    &name,
                    "DROP INDEX holds up all who use the table until it is done",
                    Some("DROP INDEX CONCURRENTLY, in a migration of its own"),
                ),
                "INDEX" => {}
                _ if cascade => self.danger(
                    "cascade",
                    name,
                    "everything that depends on it goes as well, columns with their values included",
                ),
                _ => {}
            }
        }
    }

    fn drop_of_table(&mut self, what: &str, names: &[String], table: Option<String>) {
        for name in names {
            let object = match &table {
                Some(table) => format!("{table}.{name}"),
                None => name.clone(),
            };
            match what {
                "POLICY" => self.danger(
                    "drop_policy",
                    object,
                    "a restrictive policy that is gone opens rows, a permissive one closes them",
                ),
                "TRIGGER" => self.danger(
                    "drop_trigger",
                    object,
                    "what the trigger kept true is kept true by nobody from then on",
                ),
                _ => self.warn(
                    "breaks",
                    &object,
                    "what the rule did is done by nobody from then on",
                    None,
                ),
            }
        }
    }

    pub(super) fn truncate(&mut self, words: &mut Words) {
        words.accept(&["TABLE"]);
        let names = words.names();
        let also =
            if words.any("CASCADE") { ", and those of all tables that point to it" } else { "" };
        for name in names {
            self.danger("truncate", name, format!("all rows of the table are gone{also}"));
        }
    }
}
