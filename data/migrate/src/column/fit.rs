//! Whether SQLite's cells are values of a type: SQLite takes anything into any column, so whoever
//! changes a type asks first. What fits keeps its meaning on the way; `007` is no number without
//! losing two signs, and is told instead.
//! Never: a look at a row; conditions come out as SQL.

use mag_model::{Type, declared};

/// A condition over `v` that holds for all values of the declared type; nothing when all are.
pub(crate) fn condition(written: &str, v: &str) -> Option<String> {
    let name = declared::named(written);
    let ty = Type::named(&name)?;
    let by_kind = |whole: &str, real: &str, text: &str, blob: &str| {
        format!(
            "CASE typeof({v}) WHEN 'integer' THEN {whole} WHEN 'real' THEN {real} WHEN 'text' THEN {text} ELSE {blob} END"
        )
    };
    let text = |rule: String| by_kind("0", "0", &rule, "0");
    Some(match ty.base() {
        Type::Int2 => whole(v, Some("-32768 AND 32767")),
        Type::Int4 => whole(v, Some("-2147483648 AND 2147483647")),
        Type::Int8 | Type::Oid => whole(v, None),
        Type::Float4 | Type::Float8 => {
            // Beyond them not every whole number is one of the type.
            let exact = format!("{v} BETWEEN -9007199254740992 AND 9007199254740992");
            let digits = format!("length(replace(ltrim({v}, '-0.'), '.', '')) <= 15");
            by_kind(&exact, "1", &number(v, &digits), "0")
        }
        Type::Numeric(fit) => {
            let size = fit.map_or("1".to_owned(), |(precision, scale)| {
                let left = i32::from(precision) - i32::from(scale);
                let n = format!("CAST({v} AS REAL)");
                format!("(round({n}, {scale}) = {n} AND abs({n}) < 1e{left})")
            });
            by_kind(&size, &size, &number(v, &size), "0")
        }
        Type::Bool => {
            let either = format!("{v} IN (0, 1)");
            by_kind(&either, &either, &format!("{v} IN ('0', '1')"), "0")
        }
        Type::Text | Type::Varchar(None) | Type::Bpchar(None) => as_text(v, None),
        Type::Varchar(Some(most)) | Type::Bpchar(Some(most)) => as_text(v, Some(*most)),
        Type::Bytea => by_kind("0", "0", "0", "1"),
        Type::Uuid => {
            let digits = "[0-9a-fA-F]";
            let four = digits.repeat(4);
            let groups = [four.repeat(2), four.clone(), four.clone(), four.clone(), four.repeat(3)];
            let rule = format!("{v} GLOB '{}'", groups.join("-"));
            by_kind("0", "0", &rule, &format!("length({v}) = 16"))
        }
        Type::Date => text(format!("ifnull(date({v}) = {v}, 0)")),
        Type::Time | Type::TimeTz => {
            text(format!("({v} GLOB '[0-9][0-9]:[0-9][0-9]*' AND time({v}) IS NOT NULL)"))
        }
        Type::Timestamp | Type::TimestampTz => text(format!(
            "({v} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' AND datetime({v}) IS NOT NULL)"
        )),
        Type::Json | Type::Jsonb => by_kind("1", "1", &format!("json_valid({v})"), "0"),
        _ => return None,
    })
}

fn whole(v: &str, between: Option<&str>) -> String {
    let same = format!("CAST({v} AS INTEGER) = {v} AND abs({v}) < 9e18");
    let spelt = format!("CAST(CAST({v} AS INTEGER) AS TEXT) = {v}");
    let kind = format!(
        "CASE typeof({v}) WHEN 'integer' THEN 1 WHEN 'real' THEN {same} WHEN 'text' THEN {spelt} ELSE 0 END"
    );
    match between {
        Some(between) => format!("({kind} AND CAST({v} AS INTEGER) BETWEEN {between})"),
        None => kind,
    }
}

/// A text that is a number as JSON writes one, and holds to the rule.
fn number(v: &str, rule: &str) -> String {
    format!("CASE WHEN {v} GLOB '*[^-+0-9.eE]*' THEN 0 WHEN json_valid({v}) THEN {rule} ELSE 0 END")
}

fn as_text(v: &str, most: Option<u32>) -> String {
    let short = most.map_or("1".to_owned(), |most| format!("length(CAST({v} AS TEXT)) <= {most}"));
    // SQLite writes fifteen digits of a real.
    let exact = format!("(CAST(CAST({v} AS TEXT) AS REAL) = {v} AND {short})");
    format!(
        "CASE typeof({v}) WHEN 'integer' THEN {short} WHEN 'real' THEN {exact} WHEN 'text' THEN {short} ELSE 0 END"
    )
}

/// How one would usually say what becomes of such values.
pub(crate) fn conversion(written: &str, column: &str) -> String {
    match Type::named(&declared::named(written)).as_ref().map(Type::base) {
        Some(Type::Bool) => {
            format!("CASE lower({column}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END")
        }
        Some(Type::Date) => format!("date({column})"),
        Some(Type::Timestamp | Type::TimestampTz) => format!("datetime({column}, 'unixepoch')"),
        Some(Type::Numeric(Some((_, scale)))) => format!("round({column}, {scale})"),
        Some(Type::Varchar(Some(most)) | Type::Bpchar(Some(most))) => {
            format!("substr({column}, 1, {most})")
        }
        Some(ty) if ty.is_integer() => format!("CAST({column} AS INTEGER)"),
        Some(Type::Float4 | Type::Float8 | Type::Numeric(None)) => {
            format!("CAST({column} AS REAL)")
        }
        Some(Type::Bytea) => format!("CAST({column} AS BLOB)"),
        _ => format!("CAST({column} AS TEXT)"),
    }
}

/// What a STRICT table takes.
pub(crate) fn is_strict(written: &str) -> bool {
    ["INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"]
        .iter()
        .any(|t| written.eq_ignore_ascii_case(t))
}
