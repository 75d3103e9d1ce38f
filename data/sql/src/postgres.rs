//! PostgreSQL's SQL. Most of a plan is PostgreSQL's own meaning, so most of this is its own words.

use crate::dialect::{Bind, Dialect, Error, Piece, needs_order, sign};
use mag_model::catalog::{Table, TableKind};
use mag_model::types::RangeKind;
use mag_model::{Type, Value};
use mag_query::call::{Aggregate, Comparison, Pattern, SearchMode, SetOp};
use mag_query::expr::{Arithmetic, Builtin, PathPlace, PathStep};

#[derive(Clone, Copy, Debug, Default)]
pub struct Postgres {
    /// Text is sorted byte by byte as on every engine, instead of by the database's own collation.
    pub bytewise: bool,
    /// Moments are sent as the server writes them, in the zone of the transaction.
    pub zoned: bool,
    /// What only the server knows is sent in its text form, and not as JSON.
    pub texts: bool,
}

/// The protocol counts values in sixteen bits.
const VALUES_MAX: usize = 65_535;

impl Postgres {
    /// The type as it is written in a cast; `None` when the engine has to find it out.
    fn type_name(&self, ty: &Type) -> Option<String> {
        let qualified = |schema: &str, name: &str| {
            if schema.is_empty() {
                self.quote(name)
            } else {
                format!("{}.{}", self.quote(schema), self.quote(name))
            }
        };
        Some(match ty {
            Type::Unknown | Type::Void | Type::Other(_) => return None,
            Type::Enum(e) => qualified(&e.schema, &e.name),
            Type::Composite(c) => qualified(&c.schema, &c.name),
            Type::Domain(d) => qualified(&d.schema, &d.name),
            Type::Array(element) => format!("{}[]", self.type_name(element)?),
            plain => plain.to_string(),
        })
    }

    /// A value's type: a length would cut what is compared, and a domain would refuse it.
    fn value_type(&self, ty: &Type) -> Option<String> {
        match ty.base() {
            Type::Varchar(_) => Some("character varying".into()),
            Type::Bpchar(_) => Some("bpchar".into()),
            Type::Numeric(_) => Some("numeric".into()),
            Type::Array(element) => Some(format!("{}[]", self.value_type(element)?)),
            base => self.type_name(base),
        }
    }
}

/// Types whose values are sent as JSON: only the engine knows their parts.
fn sent_as_json(ty: &Type) -> bool {
    match ty.base() {
        Type::Other(_) | Type::Composite(_) | Type::Multirange(_) => true,
        Type::Array(element) => sent_as_json(element),
        _ => false,
    }
}

fn has_moment(ty: &Type) -> bool {
    match ty.base() {
        Type::TimestampTz | Type::Range(RangeKind::TsTz) => true,
        Type::Array(element) => has_moment(element),
        _ => false,
    }
}

fn aliased(dialect: &Postgres, names: &[String], columns: &[Piece]) -> String {
    let each = names.iter().zip(columns);
    let each = each.map(|(name, piece)| format!("{} AS {}", piece.sql, dialect.quote(name)));
    each.collect::<Vec<_>>().join(", ")
}

impl Dialect for Postgres {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }
    fn table(&self, table: &Table) -> String {
        format!("{}.{}", self.quote(&table.schema), self.quote(&table.name))
    }
    fn placeholder(&self, n: usize, ty: &Type) -> Result<String, Error> {
        Ok(match self.value_type(ty) {
            Some(name) => format!("${n}::{name}"),
            None => format!("${n}"),
        })
    }
    fn values_max(&self) -> usize {
        VALUES_MAX
    }
    fn lateral(&self) -> bool {
        true
    }
    fn writes_in_with(&self) -> bool {
        true
    }
    fn default_among_values(&self) -> bool {
        true
    }
    fn tells_made(&self, table: &Table) -> Option<&'static str> {
        // A row that nobody has locked or changed was made by this very statement. Through a view
        // or a partitioned table nothing is told of it.
        (table.kind == TableKind::Table).then_some("(xmax = 0)")
    }
    fn counts_changed(&self) -> Option<&'static str> {
        Some(
            "set_config('magflock.changed', (coalesce(nullif(current_setting('magflock.changed', \
             true), ''), '0')::int + 1)::text, true) IS NOT NULL",
        )
    }
    fn row_id(&self, _: &Table) -> &'static str {
        "ctid"
    }
    fn null_of(&self, ty: &Type) -> String {
        self.value_type(ty).map_or_else(|| "NULL".into(), |name| format!("NULL::{name}"))
    }
    fn compares_plainly(&self, _: &Type) -> bool {
        true
    }

    fn compare(
        &self,
        comparison: Comparison,
        left: &Piece,
        right: &Piece,
    ) -> Result<String, Error> {
        let sign = sign(comparison, "IS DISTINCT FROM");
        let ordered = needs_order(comparison);
        let collate =
            if self.bytewise && ordered && left.ty.is_text() { " COLLATE \"C\"" } else { "" };
        Ok(format!("({} {sign} {}{collate})", left.sql, right.sql))
    }
    fn one_of(&self, left: &Piece, list: &[Value], bind: &mut Bind<'_>) -> Result<String, Error> {
        if self.value_type(&left.ty).is_none() || left.ty.element().is_some() {
            // There is no list of lists, nor of a type without a name: each is compared by itself.
            let tests: Vec<String> = list
                .iter()
                .map(|value| format!("{} = {}", left.sql, bind(value.clone(), left.ty.clone())))
                .collect();
            return Ok(match &*tests {
                [] => "FALSE".into(),
                _ => format!("({})", tests.join(" OR ")),
            });
        }
        let list = bind(Value::array(list.to_vec()), Type::array_of(left.ty.base().clone()));
        Ok(format!("({} = ANY ({list}))", left.sql))
    }
    fn pattern(&self, kind: Pattern, text: &Piece, pattern: &Piece) -> Result<String, Error> {
        let word = match kind {
            Pattern::Like => "LIKE",
            Pattern::Ilike => "ILIKE",
            Pattern::Match => "~",
            Pattern::Imatch => "~*",
        };
        Ok(format!("({} {word} {})", text.sql, pattern.sql))
    }
    fn search(
        &self,
        text: &Piece,
        mode: SearchMode,
        language: Option<&str>,
        query: &Piece,
        bind: &mut Bind<'_>,
    ) -> Result<String, Error> {
        let function = match mode {
            SearchMode::Operators => "to_tsquery",
            SearchMode::Plain => "plainto_tsquery",
            SearchMode::Phrase => "phraseto_tsquery",
            SearchMode::Web => "websearch_to_tsquery",
        };
        let mut with_language = |function: &str, sql: &str| match language {
            Some(language) => {
                let language = bind(Value::text(language), Type::Text);
                format!("{function}(({language})::regconfig, {sql})")
            }
            None => format!("{function}({sql})"),
        };
        let asked = with_language(function, &query.sql);
        let words = match text.ty.base() {
            Type::TsVector | Type::Other(_) => text.sql.clone(),
            _ => with_language("to_tsvector", &text.sql),
        };
        Ok(format!("({words} @@ {asked})"))
    }
    fn sets(&self, op: SetOp, left: &Piece, right: &Piece) -> Result<String, Error> {
        let sign = match op {
            SetOp::Contains => "@>",
            SetOp::ContainedBy => "<@",
            SetOp::Overlaps => "&&",
            SetOp::LeftOf => "<<",
            SetOp::RightOf => ">>",
            SetOp::NotRightOf => "&<",
            SetOp::NotLeftOf => "&>",
            SetOp::Adjacent => "-|-",
        };
        Ok(format!("({} {sign} {})", left.sql, right.sql))
    }
    fn path(&self, base: &Piece, steps: &[PathStep], bind: &mut Bind<'_>) -> Result<String, Error> {
        let mut sql =
            if base.ty.is_json() { base.sql.clone() } else { format!("to_jsonb({})", base.sql) };
        for (i, step) in steps.iter().enumerate() {
            let arrow = if step.as_text { "->>" } else { "->" };
            // Into text there is no way: the server says so of the literal as it was written.
            let lost = i > 0 && steps[i - 1].as_text;
            let key_type = if lost { Type::Unknown } else { Type::Text };
            let to = match &step.to {
                PathPlace::Key(key) => bind(Value::Text(key.clone()), key_type),
                PathPlace::Index(index) => bind(Value::Int(i64::from(*index)), Type::Int4),
            };
            sql = format!("({sql} {arrow} {to})");
        }
        Ok(sql)
    }
    fn cast(&self, piece: &Piece, to: &Type) -> Result<String, Error> {
        let name = match to {
            // A type of an extension, by the name that someone wrote: the engine knows it or not.
            Type::Other(name) => {
                name.split('.').map(|p| self.quote(p)).collect::<Vec<_>>().join(".")
            }
            _ => self.type_name(to).ok_or_else(|| Error::NoType { name: to.to_string() })?,
        };
        Ok(format!("({}::{name})", piece.sql))
    }
    fn arithmetic(
        &self,
        op: Arithmetic,
        left: &Piece,
        right: &Piece,
        _: &Type,
    ) -> Result<String, Error> {
        let sign = match op {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Modulo => "%",
            Arithmetic::Concat => "||",
        };
        Ok(format!("({} {sign} {})", left.sql, right.sql))
    }
    fn call(&self, function: Builtin, arguments: &[Piece]) -> Result<String, Error> {
        let list: Vec<&str> = arguments.iter().map(|piece| piece.sql.as_str()).collect();
        Ok(match (function, &*list) {
            (Builtin::InArray, [value, array]) => format!("({value} = ANY ({array}))"),
            (Builtin::HasKey, [json, key]) => format!("({json} ? {key})"),
            _ => format!("{}({})", function.name(), list.join(", ")),
        })
    }
    fn aggregate(&self, function: Aggregate, argument: Option<&Piece>) -> Result<String, Error> {
        let name = match function {
            Aggregate::Count => "count",
            Aggregate::Sum => "sum",
            Aggregate::Avg => "avg",
            Aggregate::Min => "min",
            Aggregate::Max => "max",
        };
        Ok(match argument {
            Some(piece) => {
                let ordered = matches!(function, Aggregate::Min | Aggregate::Max);
                let collate = if self.bytewise && ordered && piece.ty.is_text() {
                    " COLLATE \"C\""
                } else {
                    ""
                };
                format!("{name}({}{collate})", piece.sql)
            }
            None => format!("{name}(*)"),
        })
    }
    fn sort_key(&self, piece: &Piece, _: &mut Bind<'_>) -> Result<String, Error> {
        let collate = if self.bytewise && piece.ty.is_text() { " COLLATE \"C\"" } else { "" };
        Ok(format!("{}{collate}", piece.sql))
    }
    fn groups_by_place(&self) -> bool {
        true
    }
    fn must(&self, _: &str, _: &str, _: bool) -> Option<String> {
        None
    }
    fn group_key(&self, piece: &Piece) -> String {
        // `json` has no equality; `jsonb` has.
        match piece.ty.base() {
            Type::Json => format!("({}::jsonb)", piece.sql),
            _ => piece.sql.clone(),
        }
    }
    fn sent(&self, piece: &Piece) -> (String, Type) {
        let as_written = sent_as_json(&piece.ty) || self.zoned && has_moment(&piece.ty);
        if as_written && self.texts {
            (format!("({})::text", piece.sql), Type::Text)
        } else if as_written {
            (format!("to_json({})", piece.sql), Type::Json)
        } else {
            (piece.sql.clone(), piece.ty.clone())
        }
    }

    fn one_as_json(&self, names: &[String], columns: &[Piece], rest: &str) -> String {
        let columns = aliased(self, names, columns);
        format!("SELECT row_to_json(r) AS j FROM (SELECT {columns}{rest}) AS r")
    }
    fn many_as_json(&self, names: &[String], columns: &[Piece], rest: &str) -> String {
        let columns = aliased(self, names, columns);
        format!(
            "SELECT coalesce(json_agg(row_to_json(r)), '[]'::json) AS j FROM (SELECT {columns}{rest}) AS r"
        )
    }
    fn lists(&self, names: &[String], columns: &[Piece], rest: &str) -> String {
        let inner = aliased(self, names, columns);
        let lists = names.iter().map(|name| {
            let name = self.quote(name);
            format!("coalesce(json_agg(r.{name}), '[]'::json) AS {name}")
        });
        let lists = lists.collect::<Vec<_>>().join(", ");
        format!("SELECT {lists} FROM (SELECT {inner}{rest}) AS r")
    }

    fn document(&self, json: String) -> String {
        format!("({json})::jsonb")
    }
    fn geo(&self, row: &str) -> Option<String> {
        // By the search path: the extension may live in any schema.
        Some(format!(
            "json_build_object('type', 'FeatureCollection', 'features', \
             coalesce(json_agg(ST_AsGeoJSON({row})::json), '[]'))::text"
        ))
    }

    fn page(&self, limit: Option<&str>, offset: Option<&str>) -> String {
        let mut text = String::new();
        if let Some(limit) = limit {
            text.push_str(&format!(" LIMIT {limit}"));
        }
        if let Some(offset) = offset {
            text.push_str(&format!(" OFFSET {offset}"));
        }
        text
    }
    fn function(&self, schema: &str, name: &str) -> Result<String, Error> {
        Ok(format!("{}.{}", self.quote(schema), self.quote(name)))
    }
    fn row(&self, alias: &str, table: Option<&Table>) -> String {
        match table {
            // The columns are the table's, but the row has lost its type on the way.
            Some(table) => format!("(ROW({alias}.*)::{})", self.table(table)),
            None => alias.to_owned(),
        }
    }
}
