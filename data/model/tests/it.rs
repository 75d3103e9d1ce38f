//! Whatever the text, reading it is a value or an error in words, and what was read reads back.
#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use mag_model::{Type, Value, json, literal};

/// SplitMix64: the same texts on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(n).unwrap()).unwrap()
    }
}

const TYPES: &[&str] = &[
    "boolean",
    "smallint",
    "integer",
    "bigint",
    "oid",
    "real",
    "double precision",
    "numeric",
    "numeric(5,2)",
    "text",
    "varchar(3)",
    "char(3)",
    "bytea",
    "uuid",
    "date",
    "time",
    "timetz",
    "timestamp",
    "timestamptz",
    "interval",
    "json",
    "jsonb",
    "tsvector",
    "integer[]",
    "text[]",
    "numeric[]",
    "int4range",
    "numrange",
    "daterange",
    "tstzrange",
    "xml",
];

const PIECES: &[&str] = &[
    "1",
    "0",
    "-",
    "+",
    ".",
    "e",
    "9223372036854775807",
    "2024",
    "-02-",
    "29",
    "T",
    ":",
    "12:30",
    "+05",
    "é",
    "日本",
    "\u{0}",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    "\"",
    "\\",
    "null",
    "NULL",
    "true",
    "infinity",
    "nan",
    "\\x",
    "ff",
    " ",
    "day",
    "mon",
    "P",
    "1Y",
    "ago",
    "empty",
    "'",
    "BC",
    "a",
    "\u{10ffff}",
    "1e5000",
    "1e99999",
    "294276-01-01",
    "-4713",
    "24:00:00",
    "60",
    "Z",
    "UTC",
];

fn text(chance: &mut Chance) -> String {
    let pieces = chance.below(8);
    (0..pieces).map(|_| PIECES[chance.below(PIECES.len())]).collect()
}

#[test]
fn any_text_is_a_value_or_an_error_and_never_a_panic() {
    let mut chance = Chance(7);
    let types: Vec<Type> = TYPES.iter().map(|name| Type::named(name).unwrap()).collect();
    let (mut read, mut refused) = (0, 0);
    for _ in 0..200_000 {
        let ty = &types[chance.below(types.len())];
        let given = text(&mut chance);
        match literal::parse(&given, ty) {
            Ok(value) => {
                read += 1;
                let shown = literal::text(&value);
                let again = literal::parse(&shown, ty);
                let same = again.as_ref() == Ok(&value) || shown.contains("NaN");
                assert!(same, "{ty} {given:?} → {shown:?} → {again:?}");
                let form = json::text(&value, ty);
                json::check(&form).unwrap_or_else(|e| panic!("{ty} {given:?} → {form:?}: {e}"));
            }
            Err(bad) => {
                refused += 1;
                assert_eq!(bad.state.len(), 5, "{bad}");
            }
        }
        let _ = json::read_as(&given, ty);
    }
    assert!(read > 20_000 && refused > 20_000, "{read} read, {refused} refused");
}

#[test]
fn the_json_form_of_a_value_reads_back_as_the_value() {
    for (ty, given) in [
        ("bigint", "-9223372036854775808"),
        ("numeric", "-0.000000000000000000000000000001"),
        ("double precision", "4.9406564584124654e-324"),
        ("real", "1.17549435e-38"),
        ("timestamptz", "0001-01-01 00:00:00+00"),
        ("timestamptz", "infinity"),
        ("date", "5874-12-31"),
        ("interval", "-1 years -2 mons +3 days -04:05:06.000007"),
        ("text[]", "{\"{}\",NULL,\"\\\\\",\"\"}"),
        ("integer[]", "{{1,2},{3,NULL}}"),
        ("numrange", "(-1.5,]"),
        ("bytea", "\\x0001"),
    ] {
        let ty = Type::named(ty).unwrap();
        let value = literal::parse(given, &ty).unwrap();
        let form = json::text(&value, &ty);
        assert_eq!(json::read_as(&form, &ty).unwrap(), value, "{given} {form}");
    }
    assert_eq!(json::read_as("null", &Type::Int4).unwrap(), Value::Null);
}
