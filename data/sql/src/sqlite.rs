//! SQLite's SQL. What it compares, sorts and sums as PostgreSQL does is left to it; the rest goes
//! through functions (`mag_...`) that the adapter registers on every connection, whose meaning is
//! that of the operators in memory.

pub mod functions;
mod key;
pub mod sliding;
pub mod store;

use crate::dialect::{Bind, Dialect, Error, Piece, needs_order, sign};
use mag_model::catalog::{Column, Table, table::Index};
use mag_model::{BadValue, ColumnId, Type, Value};
use mag_query::call::{Aggregate, Comparison, Pattern, SearchMode, SetOp};
use mag_query::expr::{Arithmetic, Builtin, PathPlace, PathStep, Window};
use mag_rows::cast;

#[derive(Clone, Copy, Debug, Default)]
pub struct Sqlite;

/// SQLite's own bound on numbered values.
const VALUES_MAX: usize = 32_766;

/// Types whose stored form SQLite compares as PostgreSQL compares their values.
fn plain(ty: &Type) -> bool {
    match ty.base() {
        Type::Bool
        | Type::Int2
        | Type::Int4
        | Type::Int8
        | Type::Oid
        | Type::Float4
        | Type::Float8
        | Type::Text
        | Type::Varchar(_)
        | Type::Name
        | Type::Bytea
        | Type::Uuid
        | Type::Date
        | Type::Time
        | Type::Timestamp
        | Type::TimestampTz
        | Type::Xml
        | Type::Unknown
        | Type::Void => true,
        Type::Numeric(_)
        | Type::Bpchar(_)
        | Type::TimeTz
        | Type::Interval
        | Type::Json
        | Type::Jsonb
        | Type::TsVector
        | Type::TsQuery
        | Type::Array(_)
        | Type::Range(_)
        | Type::Multirange(_)
        | Type::Enum(_)
        | Type::Domain(_)
        | Type::Composite(_)
        | Type::Other(_) => false,
    }
}

/// A text of ours as a literal: names of types and operators, keys of objects, labels of enums.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''").replace('\0', ""))
}

/// The method of an index over words that is kept up to date by triggers of its table.
pub const WORDS: &str = "fts5";

/// The names of the number of a row, of which a column may hide each.
pub const ROW_IDS: [&str; 3] = ["rowid", "_rowid_", "oid"];

fn language_word(language: Option<&str>) -> String {
    language.map_or_else(|| "NULL".to_owned(), quoted)
}

/// How the functions are told of a type.
fn word(ty: &Type) -> String {
    match ty.base() {
        Type::Enum(_) | Type::Other(_) | Type::Composite(_) => quoted("text"),
        base => quoted(&base.to_string()),
    }
}

/// `CASE` over the labels of an enum, in the order in which they were declared.
fn label_place(sql: &str, ty: &Type) -> Option<String> {
    let Type::Enum(known) = ty.base() else { return None };
    let branches = known.labels.iter().enumerate();
    let branches = branches.map(|(i, label)| format!(" WHEN {} THEN {i}", quoted(label)));
    Some(format!("CASE {sql}{} END", branches.collect::<String>()))
}

/// The label of an enum that comes first or last in the order of their declaration; `over` stands
/// behind the aggregate.
fn best_label(function: Aggregate, piece: &Piece, over: &str) -> Option<String> {
    let word = match function {
        Aggregate::Min => "min",
        Aggregate::Max => "max",
        Aggregate::Count | Aggregate::Sum | Aggregate::Avg => return None,
    };
    let place = label_place(&piece.sql, &piece.ty)?;
    let Type::Enum(known) = piece.ty.base() else { return None };
    let branches = known.labels.iter().enumerate();
    let branches = branches.map(|(i, label)| format!(" WHEN {i} THEN {}", quoted(label)));
    Some(format!("CASE {word}({place}){over}{} END", branches.collect::<String>()))
}

/// Whether SQLite's own aggregate means over the type what PostgreSQL's does.
fn gathers_plainly(function: Aggregate, ty: &Type) -> bool {
    match function {
        Aggregate::Count => true,
        Aggregate::Sum => matches!(ty.base(), Type::Int2 | Type::Int4 | Type::Float8),
        Aggregate::Avg => is_float(ty),
        Aggregate::Min | Aggregate::Max => plain(ty),
    }
}

/// What stands for a value where SQLite's own order would be wrong.
fn key(piece: &Piece) -> String {
    if let Some(place) = label_place(&piece.sql, &piece.ty) {
        return place;
    }
    match piece.ty.base() {
        Type::Bpchar(_) => format!("rtrim({}, ' ')", piece.sql),
        ty if plain(ty) => piece.sql.clone(),
        _ => format!("mag_key({}, {})", piece.sql, word(&piece.ty)),
    }
}

fn is_float(ty: &Type) -> bool {
    matches!(ty.base(), Type::Float4 | Type::Float8)
}

/// The stored form of a date or timestamp as that of a longer kind.
fn lengthened(piece: &Piece, to: &Type) -> String {
    match (piece.ty.base(), to.base()) {
        (Type::Date, Type::Timestamp) => format!("({} || 'T00:00:00')", piece.sql),
        (Type::Date, Type::TimestampTz) => format!("({} || 'T00:00:00+00:00')", piece.sql),
        (Type::Timestamp, Type::TimestampTz) => format!("({} || '+00:00')", piece.sql),
        _ => piece.sql.clone(),
    }
}

/// A moment in the form with a `T` as a column has it that stores them with a blank: SQLite's own
/// `CURRENT_TIMESTAMP` is of that form, and tells no zone.
fn with_blank(sql: &str, ty: &Type) -> String {
    match ty.base() {
        Type::TimestampTz => format!("replace(replace({sql}, 'T', ' '), '+00:00', '')"),
        _ => format!("replace({sql}, 'T', ' ')"),
    }
}

/// The other way round; what is no date and no time stays as it is.
fn with_t(piece: &Piece) -> Piece {
    let sql = match piece.ty.base() {
        _ if !piece.spaced => piece.sql.clone(),
        Type::TimestampTz => {
            let naive = with_blank(&piece.sql, &piece.ty);
            let sql = &piece.sql;
            format!(
                "CASE WHEN length({sql}) < 16 THEN {sql} ELSE replace({naive}, ' ', 'T') || '+00:00' END"
            )
        }
        _ => format!("replace({}, ' ', 'T')", piece.sql),
    };
    Piece { sql, spaced: false, ..piece.clone() }
}

/// At a parameter that stands by itself SQLite looks while it plans, and plans anew each time that
/// one is bound. A sign before it changes nothing else.
fn unseen(sql: String) -> String {
    if sql.starts_with('?') { format!("(+{sql})") } else { sql }
}

/// Both sides in forms that SQLite may compare.
fn sides(left: &Piece, right: &Piece, ordered: bool) -> (String, String) {
    let numeric = |ty: &Type| matches!(ty.base(), Type::Numeric(_));
    let number = |piece: &Piece| format!("mag_key({}, 'numeric')", piece.sql);
    if (numeric(&left.ty) || numeric(&right.ty)) && !is_float(&left.ty) && !is_float(&right.ty) {
        return (number(left), number(right));
    }
    if numeric(&left.ty) || numeric(&right.ty) {
        let real = |piece: &Piece| format!("CAST({} AS REAL)", piece.sql);
        return (real(left), real(right));
    }
    let moment = |ty: &Type| matches!(ty.base(), Type::Date | Type::Timestamp | Type::TimestampTz);
    if moment(&left.ty) && moment(&right.ty) && left.spaced != right.spaced {
        // What is stored stays as it is, so that an index may find it.
        let (stored, other) = if left.spaced { (left, right) } else { (right, left) };
        if stored.ty.base() == other.ty.base() || matches!(other.ty.base(), Type::Date) {
            let other = with_blank(&lengthened(other, &stored.ty), &stored.ty);
            let stored = stored.sql.clone();
            return if left.spaced { (stored, other) } else { (other, stored) };
        }
        return sides(&with_t(left), &with_t(right), ordered);
    }
    if moment(&left.ty) && moment(&right.ty) {
        return (lengthened(left, &right.ty), lengthened(right, &left.ty));
    }
    let blank = |ty: &Type| matches!(ty.base(), Type::Bpchar(_));
    if blank(&left.ty) || blank(&right.ty) {
        let trimmed = |piece: &Piece| format!("rtrim({}, ' ')", piece.sql);
        return (trimmed(left), trimmed(right));
    }
    // Stored in their normal form, equal values of these are equal texts.
    let same_text = matches!(
        left.ty.base(),
        Type::Enum(_) | Type::Range(_) | Type::Array(_) | Type::Composite(_) | Type::Other(_)
    );
    if same_text && !ordered {
        return (left.sql.clone(), right.sql.clone());
    }
    (key(left), key(right))
}

/// A value inside JSON, in PostgreSQL's JSON form.
fn in_json(sql: &str, ty: &Type) -> String {
    match ty.base() {
        Type::Bool => format!("json(CASE {sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"),
        Type::Json | Type::Jsonb | Type::Array(_) => format!("json({sql})"),
        Type::Oid => format!("CAST({sql} AS TEXT)"),
        Type::Int2
        | Type::Int4
        | Type::Int8
        | Type::Text
        | Type::Varchar(_)
        | Type::Bpchar(_)
        | Type::Name
        | Type::Uuid
        | Type::Date
        | Type::Time
        | Type::TimeTz
        | Type::Timestamp
        | Type::TimestampTz
        | Type::Enum(_)
        | Type::Range(_)
        | Type::Xml => sql.to_owned(),
        _ => format!("json(mag_json({sql}, {}))", word(ty)),
    }
}

/// The n-th cell of an inner row.
fn cell_in_json(at: usize, piece: &Piece) -> String {
    let cell = format!("r.c{at}");
    if piece.spaced {
        // Whichever form the one at hand has.
        return format!("json(mag_json({cell}, {}))", word(&piece.ty));
    }
    in_json(&cell, &piece.ty)
}

fn columns_as(columns: &[Piece]) -> String {
    let each = columns.iter().enumerate().map(|(i, piece)| format!("{} AS c{i}", piece.sql));
    let list = each.collect::<Vec<_>>().join(", ");
    if list.is_empty() { "1".to_owned() } else { list }
}

fn object(names: &[String], columns: &[Piece]) -> String {
    let each = names.iter().zip(columns).enumerate();
    let each =
        each.map(|(i, (name, piece))| format!("{}, {}", quoted(name), cell_in_json(i, piece)));
    format!("json_object({})", each.collect::<Vec<_>>().join(", "))
}

impl Dialect for Sqlite {
    fn name(&self) -> &'static str {
        "SQLite"
    }
    fn table(&self, table: &Table) -> String {
        self.quote(&table.name)
    }
    fn renames_changed_views(&self) -> bool {
        false
    }
    fn keys_as_they_come(&self) -> bool {
        true
    }
    fn placeholder(&self, n: usize, _: &Type) -> Result<String, Error> {
        Ok(format!("?{n}"))
    }
    fn unknown(&self) -> &'static str {
        "NULL"
    }
    fn values_max(&self) -> usize {
        VALUES_MAX
    }
    fn lateral(&self) -> bool {
        false
    }
    fn writes_in_with(&self) -> bool {
        false
    }
    fn default_among_values(&self) -> bool {
        false
    }
    fn tells_made(&self, _: &Table) -> Option<&'static str> {
        None
    }
    fn row_id(&self, table: &Table) -> &'static str {
        let hidden = |name: &str| table.columns.iter().any(|c| c.name.eq_ignore_ascii_case(name));
        ROW_IDS.into_iter().find(|name| !hidden(name)).unwrap_or(ROW_IDS[0])
    }
    fn compares_plainly(&self, ty: &Type) -> bool {
        plain(ty)
    }

    fn compare(
        &self,
        comparison: Comparison,
        left: &Piece,
        right: &Piece,
    ) -> Result<String, Error> {
        let sign = sign(comparison, "IS NOT");
        let ordered = needs_order(comparison);
        let (left_sql, right_sql) = sides(left, right, ordered);
        let varied = left.varied || right.varied || comparison != Comparison::Eq;
        let unseen = |sql: String| if varied { sql } else { unseen(sql) };
        let (left_sql, right_sql) = (unseen(left_sql), unseen(right_sql));
        // A column may have been declared to ignore case; here text is compared byte by byte.
        let collate = if left.ty.is_text() { " COLLATE BINARY" } else { "" };
        Ok(format!("({left_sql} {sign} {right_sql}{collate})"))
    }
    fn one_of(&self, left: &Piece, list: &[Value], bind: &mut Bind<'_>) -> Result<String, Error> {
        let numeric = matches!(left.ty.base(), Type::Numeric(_));
        let bound = list.iter().map(|value| {
            let sql = bind(value.clone(), left.ty.clone());
            let piece = Piece { sql, ty: left.ty.clone(), varied: left.varied, spaced: false };
            sides(left, &piece, false).1
        });
        let bound = bound.collect::<Vec<_>>().join(", ");
        let left_sql =
            if numeric || !plain(&left.ty) { sides(left, left, false).0 } else { left.sql.clone() };
        let collate = if left.ty.is_text() { " COLLATE BINARY" } else { "" };
        Ok(format!("({left_sql}{collate} IN ({bound}))"))
    }
    fn pattern(&self, kind: Pattern, text: &Piece, pattern: &Piece) -> Result<String, Error> {
        let word = match kind {
            Pattern::Like => "like",
            Pattern::Ilike => "ilike",
            Pattern::Match => "match",
            Pattern::Imatch => "imatch",
        };
        Ok(format!("mag_pattern('{word}', {}, {})", text.sql, pattern.sql))
    }
    fn search(
        &self,
        text: &Piece,
        mode: SearchMode,
        language: Option<&str>,
        query: &Piece,
        _: &mut Bind<'_>,
    ) -> Result<String, Error> {
        let (mode, language) = (functions::mode_word(mode), language_word(language));
        let ty = word(&text.ty);
        Ok(format!("mag_search('{mode}', {language}, {}, {ty}, {})", text.sql, query.sql))
    }
    fn index_search(
        &self,
        (table, alias): (&Table, &str),
        column: ColumnId,
        mode: SearchMode,
        language: Option<&str>,
        query: &str,
    ) -> Option<String> {
        let of_words = |index: &&Index| {
            index.method.as_deref() == Some(WORDS) && index.columns.contains(&column)
        };
        let index = table.indexes.iter().find(of_words)?;
        let (mode, language) = (functions::mode_word(mode), language_word(language));
        let (name, table_name) = (self.quote(&index.name), self.table(table));
        let asked = format!(
            "mag_fts('{mode}', {language}, {query}, {})",
            quoted(&table.column(column).name)
        );
        // A question that the index cannot narrow is asked of every row.
        Some(format!(
            "{alias}.rowid IN (SELECT rowid FROM {name} WHERE {name} MATCH coalesce({asked}, '\"\"') \
             UNION ALL SELECT rowid FROM {table_name} WHERE {asked} IS NULL)"
        ))
    }
    fn sets(&self, op: SetOp, left: &Piece, right: &Piece) -> Result<String, Error> {
        let op = functions::set_word(op);
        Ok(format!("mag_sets('{op}', {}, {}, {})", left.sql, right.sql, word(&left.ty)))
    }
    fn path(&self, base: &Piece, steps: &[PathStep], bind: &mut Bind<'_>) -> Result<String, Error> {
        let mut way = String::from("[");
        for (i, step) in steps.iter().enumerate() {
            if i > 0 {
                way.push(',');
            }
            match &step.to {
                PathPlace::Key(key) => mag_model::json::write_string(&mut way, key),
                PathPlace::Index(index) => way.push_str(&index.to_string()),
            }
        }
        way.push(']');
        let text = steps.last().is_some_and(|step| step.as_text);
        let way = bind(Value::text(way), Type::Text);
        let function = if text { "mag_path_text" } else { "mag_path" };
        Ok(format!("{function}({}, {}, {way})", base.sql, word(&base.ty)))
    }
    fn cast(&self, piece: &Piece, to: &Type) -> Result<String, Error> {
        if let Type::Other(name) = to.base() {
            return Err(Error::NoType { name: name.to_string() });
        }
        let (from, target) = (piece.ty.base(), to.base());
        if !cast::castable(from, target) {
            return Err(Error::Misfit(BadValue::no_cast(from.plain_name(), target.plain_name())));
        }
        let whole = matches!(from, Type::Int2 | Type::Int4 | Type::Int8 | Type::Oid);
        if matches!(target, Type::Text) && (whole || matches!(from, Type::Uuid | Type::Enum(_))) {
            return Ok(format!("CAST({} AS TEXT)", piece.sql));
        }
        if from == target && plain(from) {
            return Ok(with_t(piece).sql);
        }
        if let Type::Enum(known) = target {
            let labels: Vec<String> = known.labels.iter().map(|label| quoted(label)).collect();
            let labels = labels.join(", ");
            return Ok(format!("CASE WHEN {0} IN ({labels}) THEN {0} END", piece.sql));
        }
        Ok(format!("mag_cast({}, {}, {})", piece.sql, word(&piece.ty), word(to)))
    }
    fn arithmetic(
        &self,
        op: Arithmetic,
        left: &Piece,
        right: &Piece,
        result: &Type,
    ) -> Result<String, Error> {
        let texts = left.ty.is_text() && right.ty.is_text();
        if op == Arithmetic::Concat && texts {
            return Ok(format!("({} || {})", left.sql, right.sql));
        }
        let op = functions::arithmetic_word(op);
        let (a, b) = (&left.sql, &right.sql);
        let words = format!("{}, {}, {}", word(&left.ty), word(&right.ty), word(result));
        Ok(format!("mag_calculate('{op}', {a}, {b}, {words})"))
    }
    fn call(&self, function: Builtin, arguments: &[Piece]) -> Result<String, Error> {
        let common: Vec<String> = arguments.iter().map(|piece| with_t(piece).sql).collect();
        let list: Vec<&str> = common.iter().map(String::as_str).collect();
        let all = list.join(", ");
        let first = arguments.first();
        Ok(match (function, &*list) {
            (Builtin::Coalesce, [only]) => (*only).to_owned(),
            (Builtin::Coalesce, _) => format!("coalesce({all})"),
            (Builtin::NullIf, [a, b]) if first.is_some_and(|p| plain(&p.ty)) => {
                format!("nullif({a}, {b})")
            }
            (Builtin::Length, _) => format!("length({all})"),
            (Builtin::Trim, [text]) => format!("trim({text}, ' ')"),
            (Builtin::InArray, [value, array]) => {
                let ty = first.map_or(&Type::Text, |piece| &piece.ty);
                format!("mag_in_array({value}, {array}, {})", word(ty))
            }
            (Builtin::HasKey, _) => format!("mag_has_key({all})"),
            _ => {
                let ty = arguments.iter().map(|piece| &piece.ty).find(|ty| **ty != Type::Unknown);
                let ty = word(ty.unwrap_or(&Type::Text));
                format!("mag_call('{}', {ty}, {all})", function.name())
            }
        })
    }
    fn aggregate(&self, function: Aggregate, argument: Option<&Piece>) -> Result<String, Error> {
        let Some(piece) = argument else { return Ok("count(*)".into()) };
        if let Some(best) = best_label(function, piece, "") {
            return Ok(best);
        }
        let (name, sql) = (Window::Gathers(function).name(), &piece.sql);
        Ok(match gathers_plainly(function, &piece.ty) {
            true if piece.spaced && function != Aggregate::Count => {
                with_t(&Piece { sql: format!("{name}({sql})"), ..piece.clone() }).sql
            }
            true => format!("{name}({sql})"),
            false => format!("mag_{name}({sql}, {})", word(&piece.ty)),
        })
    }
    fn aggregate_over(
        &self,
        function: Aggregate,
        argument: Option<&Piece>,
        over: &str,
    ) -> Result<String, Error> {
        let over = format!(" OVER ({over})");
        let Some(piece) = argument else { return Ok(format!("count(*){over}")) };
        if let Some(best) = best_label(function, piece, &over) {
            return Ok(best);
        }
        let (name, sql) = (Window::Gathers(function).name(), &with_t(piece).sql);
        Ok(match gathers_plainly(function, &piece.ty) {
            true => format!("{name}({sql}){over}"),
            false => format!("mag_{name}_over({sql}, {}){over}", word(&piece.ty)),
        })
    }
    fn sort_key(&self, piece: &Piece, _: &mut Bind<'_>) -> Result<String, Error> {
        let collate = if piece.ty.is_text() { " COLLATE BINARY" } else { "" };
        Ok(format!("{}{collate}", key(piece)))
    }
    fn groups_by_place(&self) -> bool {
        false
    }
    fn must(&self, condition: &str, table: &str, using: bool) -> Option<String> {
        let side = if using { "using" } else { "check" };
        Some(format!("mag_must({condition}, {}, '{side}')", quoted(table)))
    }
    fn group_key(&self, piece: &Piece) -> String {
        piece.sql.clone()
    }
    fn sent(&self, piece: &Piece) -> (String, Type) {
        (piece.sql.clone(), piece.ty.clone())
    }

    fn one_as_json(&self, names: &[String], columns: &[Piece], rest: &str) -> String {
        let object = object(names, columns);
        format!("SELECT {object} AS j FROM (SELECT {}{rest}) AS r", columns_as(columns))
    }
    fn many_as_json(&self, names: &[String], columns: &[Piece], rest: &str) -> String {
        let object = object(names, columns);
        let inner = columns_as(columns);
        format!("SELECT json_group_array({object}) AS j FROM (SELECT {inner}{rest}) AS r")
    }
    fn lists(&self, names: &[String], columns: &[Piece], rest: &str) -> String {
        let each = names.iter().zip(columns).enumerate();
        let lists = each.map(|(i, (name, piece))| {
            let value = cell_in_json(i, piece);
            format!("json_group_array({value}) AS {}", self.quote(name))
        });
        let lists = lists.collect::<Vec<_>>().join(", ");
        format!("SELECT {lists} FROM (SELECT {}{rest}) AS r", columns_as(columns))
    }

    fn stored(&self, value: Piece, column: &Column) -> String {
        match (value.spaced, column.spaced) {
            (false, true) => with_blank(&value.sql, &column.ty),
            (true, false) => with_t(&value).sql,
            (true, true) | (false, false) => value.sql,
        }
    }
    fn common(&self, value: Piece) -> String {
        with_t(&value).sql
    }

    fn page(&self, limit: Option<&str>, offset: Option<&str>) -> String {
        let limit = limit.map(|n| unseen(n.to_owned()));
        match (limit, offset) {
            (None, None) => String::new(),
            (Some(limit), None) => format!(" LIMIT {limit}"),
            (Some(limit), Some(offset)) => format!(" LIMIT {limit} OFFSET {offset}"),
            (None, Some(offset)) => format!(" LIMIT -1 OFFSET {offset}"),
        }
    }
    fn function(&self, schema: &str, name: &str) -> Result<String, Error> {
        let what = format!("calling the function {schema}.{name} inside a statement");
        Err(Error::Unsupported { engine: self.name(), what })
    }
    fn row(&self, alias: &str, _: Option<&Table>) -> String {
        alias.to_owned()
    }
}
