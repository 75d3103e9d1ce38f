//! `ALTER`: columns that go, types that narrow, protection that is taken away, and locks.

use super::Reader;
use super::words::Words;
use mag_model::Type;

impl Reader<'_> {
    pub(super) fn alter(&mut self, words: &mut Words) {
        match words.next_upper().as_str() {
            "TABLE" => self.alter_table(words),
            "FOREIGN" if words.accept(&["TABLE"]) => self.alter_table(words),
            "TYPE" => {
                let name = words.name().unwrap_or_default();
                if words.has(&["DROP", "ATTRIBUTE"]) {
                    self.danger("drop_column", name, "the values of the attribute are gone");
                } else if words.has(&["RENAME"]) {
                    self.renamed(&name);
                }
            }
            "POLICY" => {
                let policy = words.name().unwrap_or_default();
                let table = if words.accept(&["ON"]) { words.name() } else { None };
                self.danger(
                    "alter_policy",
                    format!("{}.{policy}", table.unwrap_or_default()),
                    "other rows are open from then on than before",
                );
            }
            "ROLE" | "USER" if words.any("BYPASSRLS") || words.any("SUPERUSER") => {
                let name = words.name().unwrap_or_default();
                self.danger("alter_role", name, "no policy holds the role back from then on");
            }
            "VIEW" | "SCHEMA" | "SEQUENCE" | "FUNCTION" if words.has(&["RENAME", "TO"]) => {
                let name = words.name().unwrap_or_default();
                self.renamed(&name);
            }
            _ => {}
        }
    }

    fn renamed(&mut self, name: &str) {
        if self.is_new(name) {
            return;
        }
        self.warn("breaks", name, "whoever still uses the old name gets an error", None);
    }

    fn alter_table(&mut self, words: &mut Words) {
        words.accept(&["IF", "EXISTS"]);
        words.accept(&["ONLY"]);
        let table = words.name().unwrap_or_default();
        words.accept(&["*"]);
        if words.peek() == "RENAME" || words.has(&["SET", "SCHEMA"]) {
            self.renamed(&table);
            return;
        }
        for mut action in words.parts() {
            self.action(&table, &mut action);
        }
    }

    fn action(&mut self, table: &str, words: &mut Words) {
        match words.next_upper().as_str() {
            "DROP" => self.drop_part(table, words),
            "ALTER" => {
                words.accept(&["COLUMN"]);
                if words.accept(&["CONSTRAINT"]) {
                    return;
                }
                let column = words.name().unwrap_or_default();
                self.alter_column(table, &column, words);
            }
            "ADD" => self.add(table, words),
            "DISABLE" if words.accept(&["ROW", "LEVEL", "SECURITY"]) => self.danger(
                "disable_row_security",
                table,
                "no policy holds anyone with a grant back from any row from then on",
            ),
            "NO" if words.accept(&["FORCE", "ROW", "LEVEL", "SECURITY"]) => self.danger(
                "disable_row_security",
                table,
                "no policy holds the table's owner back from then on",
            ),
            "DISABLE" if words.accept(&["TRIGGER"]) || words.accept(&["RULE"]) => {
                let name = words.name().unwrap_or_default();
                self.danger(
                    "disable_trigger",
                    format!("{table}.{name}"),
                    "what the trigger kept true is kept true by nobody from then on",
                );
            }
            "SET" if words.accept(&["UNLOGGED"]) => {
                self.danger("set_unlogged", table, "after a crash of the server the table is empty")
            }
            "SET" if words.accept(&["LOGGED"]) || words.accept(&["TABLESPACE"]) => {
                self.lock(
                    table,
                    "the whole table is written anew, and nobody can use it until then",
                    None,
                );
            }
            "DETACH" => self.warn(
                "breaks",
                table,
                "the rows of the partition are no rows of the table from then on",
                None,
            ),
            _ => {}
        }
    }

    fn drop_part(&mut self, table: &str, words: &mut Words) {
        if words.accept(&["CONSTRAINT"]) {
            words.accept(&["IF", "EXISTS"]);
            let name = words.name().unwrap_or_default();
            self.warn(
                "weaker",
                &format!("{table}.{name}"),
                "rows that the constraint refused are taken from then on",
                None,
            );
            return;
        }
        words.accept(&["COLUMN"]);
        words.accept(&["IF", "EXISTS"]);
        let column = words.name().unwrap_or_default();
        let also = if words.any("CASCADE") { ", and everything that depends on it" } else { "" };
        self.danger(
            "drop_column",
            format!("{table}.{column}"),
            format!("all values of the column are gone{also}"),
        );
    }

    fn alter_column(&mut self, table: &str, column: &str, words: &mut Words) {
        if words.accept(&["SET", "NOT", "NULL"]) {
            self.lock(
                table,
                "every row is looked at while nobody can use the table",
                Some("add CHECK (... IS NOT NULL) NOT VALID, validate it, then set NOT NULL"),
            );
            return;
        }
        if !(words.accept(&["TYPE"]) || words.accept(&["SET", "DATA", "TYPE"])) {
            return;
        }
        let object = format!("{table}.{column}");
        let written = words.rest();
        let end = [" USING ", " using ", " COLLATE ", " collate "];
        let end = end.iter().filter_map(|w| written.find(w)).min().unwrap_or(written.len());
        let target = written[..end].replace(" (", "(").replace("( ", "(").replace(" )", ")");
        let target = target.replace(" ,", ",").replace(" [ ]", "[]");
        let from = self.type_of(table, column);
        let to = Type::named(&target);
        let target = to.as_ref().map_or(target, ToString::to_string);
        match narrows(from.as_ref(), to.as_ref()) {
            Some(why) => self.danger("narrow_type", object, format!("{why} (to {target})")),
            None => self.lock(
                table,
                "the whole table may be written anew, and nobody can use it until then",
                None,
            ),
        }
    }

    fn type_of(&self, table: &str, column: &str) -> Option<Type> {
        let catalog = self.catalog?;
        let (schema, name) = table.rsplit_once('.').unwrap_or(("public", table));
        let known = catalog.table(catalog.find_table(schema, name)?);
        Some(known.column(known.find(column)?).ty.clone())
    }

    fn add(&mut self, table: &str, words: &mut Words) {
        if words.accept(&["CONSTRAINT"]) {
            words.accept(&["IF", "NOT", "EXISTS"]);
            let _ = words.name();
            self.add_constraint(table, words);
            return;
        }
        if matches!(words.peek(), "FOREIGN" | "CHECK" | "UNIQUE" | "PRIMARY" | "EXCLUDE") {
            self.add_constraint(table, words);
            return;
        }
        words.accept(&["COLUMN"]);
        words.accept(&["IF", "NOT", "EXISTS"]);
        let column = words.name().unwrap_or_default();
        let fills = words.any("DEFAULT") || words.any("GENERATED") || words.any("AS");
        let fills = fills || ["SERIAL", "BIGSERIAL", "SMALLSERIAL"].iter().any(|w| words.any(w));
        if words.has(&["NOT", "NULL"]) && !fills && !self.is_new(table) {
            self.warn(
                "fails",
                &format!("{table}.{column}"),
                "a column that must have a value and has no default cannot be added to a table with rows",
                Some("give it a default, or add it without NOT NULL, fill it, then set NOT NULL"),
            );
        }
        let chance =
            ["RANDOM", "GEN_RANDOM_UUID", "UUID_GENERATE_V4", "CLOCK_TIMESTAMP", "NEXTVAL"];
        if words.any("DEFAULT") && chance.iter().any(|w| words.any(w)) {
            self.lock(
                table,
                "each row gets its own default, so the whole table is written anew while nobody can use it",
                Some("add it without a default, set the default, then fill the old rows in batches"),
            );
        }
        if words.any("REFERENCES") && self.dialect.locks() && !words.has(&["NOT", "VALID"]) {
            self.lock(table, "both tables take no writes until the new key is made", None);
        }
    }

    fn add_constraint(&mut self, table: &str, words: &mut Words) {
        let valid = !words.has(&["NOT", "VALID"]);
        if words.accept(&["FOREIGN"]) && valid {
            self.lock(
                table,
                "both tables take no writes while every row is looked at",
                Some("add it NOT VALID, then VALIDATE CONSTRAINT in a migration of its own"),
            );
        } else if words.accept(&["CHECK"]) && valid {
            self.lock(
                table,
                "nobody can use the table while every row is looked at",
                Some("add it NOT VALID, then VALIDATE CONSTRAINT in a migration of its own"),
            );
        } else if words.accept_any(&["UNIQUE", "PRIMARY", "EXCLUDE"])
            && !words.has(&["USING", "INDEX"])
        {
            self.lock(
                table,
                "nobody can use the table while its index is built",
                Some("CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT ... USING INDEX"),
            );
        }
    }

    /// A lock on a table that others may be using.
    pub(super) fn lock(&mut self, table: &str, why: &str, instead: Option<&str>) {
        if self.dialect.locks() && !self.is_new(table) {
            self.warn("lock", table, why, instead);
        }
    }
}

/// Why values may be lost on the way from one type to the other; `None` when none can be.
pub fn narrows(from: Option<&Type>, to: Option<&Type>) -> Option<&'static str> {
    const UNKNOWN: &str = "values that do not fit the new type are refused, or cut";
    let Some(to) = to else { return Some(UNKNOWN) };
    let to = to.base();
    if matches!(to, Type::Text | Type::Varchar(None)) {
        return None;
    }
    let Some(from) = from else { return Some(UNKNOWN) };
    let from = from.base();
    if from == to {
        return None;
    }
    let whole = |ty: &Type| match ty {
        Type::Int2 => Some(1),
        Type::Int4 => Some(2),
        Type::Int8 => Some(3),
        _ => None,
    };
    match (from, to) {
        (a, b) if whole(a).zip(whole(b)).is_some_and(|(a, b)| a < b) => None,
        (a, b) if whole(a).zip(whole(b)).is_some() => {
            Some("numbers beyond the smaller type are refused")
        }
        (Type::Int2 | Type::Int4 | Type::Int8, Type::Numeric(None))
        | (Type::Numeric(_), Type::Numeric(None))
        | (Type::Float4, Type::Float8)
        | (Type::Int2 | Type::Int4, Type::Float8)
        | (Type::Json, Type::Jsonb)
        | (Type::Date, Type::Timestamp | Type::TimestampTz)
        | (Type::Timestamp, Type::TimestampTz) => None,
        (Type::Numeric(Some((p, s))), Type::Numeric(Some((q, t)))) => {
            let digits = |p: u16, s: i16| i32::from(p) - i32::from(s);
            (t < s || digits(*q, *t) < digits(*p, *s))
                .then_some("digits beyond the new precision are cut, or refused")
        }
        (
            Type::Varchar(Some(a)) | Type::Bpchar(Some(a)),
            Type::Varchar(Some(b)) | Type::Bpchar(Some(b)),
        ) if a <= b => None,
        (_, Type::Varchar(Some(_)) | Type::Bpchar(_)) => {
            Some("texts longer than the new type are refused, or cut")
        }
        (Type::TimestampTz, Type::Timestamp) => Some("the time zone is lost"),
        (Type::Timestamp | Type::TimestampTz, Type::Date | Type::Time) => {
            Some("a part of the time is lost")
        }
        (Type::Float4 | Type::Float8 | Type::Numeric(_), b) if whole(b).is_some() => {
            Some("what lies behind the decimal point is lost")
        }
        _ => Some(UNKNOWN),
    }
}
