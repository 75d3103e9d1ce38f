//! Whether SQLite's cells are values of a type: SQLite takes anything into any column, so whoever
//! changes a type asks first. What fits keeps its meaning on the way; `007` is no number without
//! losing two signs, and is told instead.
//! Never: a look at a row; conditions come out as SQL.

use super::clause::bare;
use crate::dialect::sqlite;
use mag_model::{Type, declared};

/// Digits that come through a real unharmed.
const DIGITS: u16 = 15;

/// What SQLite makes of what is stored in a column, by the words of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Affinity {
    /// All stays as it is.
    Blob,
    /// Numbers become texts.
    Text,
    /// Texts that look like numbers become numbers.
    Number,
}

impl Affinity {
    /// SQLite's own rules, in their order.
    fn of(written: &str) -> Self {
        let lower = bare(written).to_ascii_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
        if has(&["int"]) {
            Self::Number
        } else if has(&["char", "clob", "text"]) {
            Self::Text
        } else if lower.is_empty() || has(&["blob"]) {
            Self::Blob
        } else {
            Self::Number
        }
    }
}

/// As it is declared where it would lose digits otherwise; all else as it is said. Numbers that few
/// digits hold stay numbers: as texts, checks and views would compare them by their letters.
pub(crate) fn spelt(said: &str, there: &str) -> String {
    let name = bare(said);
    let words = name.split('(').next().unwrap_or_default().trim();
    let ty = match words.eq_ignore_ascii_case("number") {
        true => Type::named(&declared::named(&name)),
        false => Type::named(&name),
    };
    let number = || {
        let before = Type::named(&declared::named(&bare(there)));
        Affinity::of(there) == Affinity::Number && before.is_some_and(|ty| ty.is_number())
    };
    match ty {
        Some(Type::Numeric(Some((1..=DIGITS, 0..)))) if number() => said.to_owned(),
        Some(ty @ (Type::Numeric(_) | Type::Json | Type::Jsonb)) => {
            sqlite::type_name(&ty.to_string())
        }
        _ => said.to_owned(),
    }
}

/// A condition over `v` that holds for all values of the declared type; nothing when all are.
/// A STRICT table keeps what its types take.
pub(crate) fn condition(written: &str, strict: bool, v: &str) -> Option<String> {
    let affinity = Affinity::of(written);
    let name = declared::named(&bare(written));
    let Some(ty) = Type::named(&name) else { return kept(affinity, v).filter(|_| !strict) };
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
            by_kind(&exact, "1", &number(v, &few_digits(v)), "0")
        }
        Type::Numeric(fit) => numeric(affinity, *fit, v),
        Type::Bool => {
            let either = format!("{v} IN (0, 1)");
            by_kind(&either, &either, &format!("{v} IN ('0', '1')"), "0")
        }
        Type::Text | Type::Varchar(None) | Type::Bpchar(None) => as_text(affinity, v, None),
        Type::Varchar(Some(most)) | Type::Bpchar(Some(most)) => as_text(affinity, v, Some(*most)),
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
        Type::Json | Type::Jsonb => {
            let kept = kept(affinity, v).unwrap_or_else(|| "1".into());
            let text = format!("(json_valid({v}) AND {kept})");
            by_kind("1", &kept, &text, "0")
        }
        _ => return kept(affinity, v),
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

/// So few digits that none is lost, where a real reaches so far.
fn few_digits(v: &str) -> String {
    format!(
        "(length(replace(ltrim({v}, '-0.'), '.', '')) <= {DIGITS} AND abs(CAST({v} AS REAL)) < 1.7e308)"
    )
}

/// SQLite writes fifteen digits of a real.
fn exact_real(v: &str) -> String {
    format!("CAST(CAST({v} AS TEXT) AS REAL) = {v}")
}

/// A text that SQLite would take for a number must read the same when it is one. That it would is
/// asked of SQLite itself: beside a number it compares such a text as one, and no other is less.
fn same_text(v: &str) -> String {
    format!(
        "CASE WHEN +{v} <= CAST(9e999 AS REAL) THEN CAST(CAST({v} AS NUMERIC) AS TEXT) = {v} ELSE 1 END"
    )
}

/// That nothing of a value is lost, whatever it is; nothing when no column of that kind loses any.
fn kept(affinity: Affinity, v: &str) -> Option<String> {
    let (kind, rule) = match affinity {
        Affinity::Blob => return None,
        Affinity::Text => ("real", exact_real(v)),
        Affinity::Number => ("text", same_text(v)),
    };
    Some(format!("CASE typeof({v}) WHEN '{kind}' THEN {rule} ELSE 1 END"))
}

/// A number whose digits have room, all of them counted: as a real it has lost some already.
fn numeric(affinity: Affinity, fit: Option<(u16, i16)>, v: &str) -> String {
    let (mut digits, mut real) = ("1".to_owned(), "1".to_owned());
    if let Some((precision, scale)) = fit {
        let left = i32::from(precision) - i32::from(scale);
        let n = format!("CAST({v} AS REAL)");
        let about = format!("abs({n}) < 1e{left}");
        real = format!("(round({n}, {scale}) = {n} AND {about})");
        let written = format!("CAST({v} AS TEXT)");
        let bare = format!("ltrim({written}, '-0')");
        let before = format!("ifnull(nullif(instr({bare}, '.'), 0) - 1, length({bare}))");
        let behind = format!(
            "CASE instr({bare}, '.') WHEN 0 THEN '' ELSE substr({bare}, instr({bare}, '.') + 1) END"
        );
        digits = format!(
            "({before} <= {} AND length(rtrim({behind}, '0')) <= {})",
            left.max(0),
            scale.max(0)
        );
        if left < 0 {
            digits = format!("({digits} AND {about})");
        }
    }
    let text = match affinity {
        Affinity::Number => format!("({digits} AND ({} OR {}))", few_digits(v), same_text(v)),
        Affinity::Text | Affinity::Blob => digits.clone(),
    };
    // With an exponent the digits cannot be counted where they stand.
    let text =
        format!("CASE WHEN {v} GLOB '*[eE]*' THEN ({real} AND {}) ELSE {text} END", few_digits(v));
    let text = number(v, &text);
    let real = match affinity {
        Affinity::Text => format!("({real} AND {})", exact_real(v)),
        Affinity::Number | Affinity::Blob => real,
    };
    format!(
        "CASE typeof({v}) WHEN 'integer' THEN {digits} WHEN 'real' THEN {real} WHEN 'text' THEN {text} ELSE 0 END"
    )
}

fn as_text(affinity: Affinity, v: &str, most: Option<u32>) -> String {
    let short = most.map_or("1".to_owned(), |most| format!("length(CAST({v} AS TEXT)) <= {most}"));
    let exact = format!("({} AND {short})", exact_real(v));
    // `STRING` and its like are numbers to SQLite.
    let text = match affinity {
        Affinity::Number => format!("({short} AND {})", same_text(v)),
        Affinity::Text | Affinity::Blob => short.clone(),
    };
    format!(
        "CASE typeof({v}) WHEN 'integer' THEN {short} WHEN 'real' THEN {exact} WHEN 'text' THEN {text} ELSE 0 END"
    )
}

/// How one would usually say what becomes of such values.
pub(crate) fn conversion(written: &str, column: &str) -> String {
    match Type::named(&declared::named(&bare(written))).as_ref().map(Type::base) {
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
        Some(Type::Float4 | Type::Float8) => format!("CAST({column} AS REAL)"),
        // So that a real keeps more than the fifteen digits that SQLite writes of it.
        Some(Type::Numeric(None)) => format!("printf('%!.17g', {column})"),
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
