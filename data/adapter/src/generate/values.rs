//! Types with literals that are likely to meet one another: equal ones written differently, the ends
//! of what a type holds, texts that a pattern or a search finds.

/// Each type with its literals; the first of them is harmless as a default.
pub(super) const TYPES: &[(&str, &[&str])] = &[
    ("integer", &["0", "1", "2", "-7", "10", "2147483647"]),
    ("bigint", &["0", "1", "9007199254740993", "-5"]),
    ("smallint", &["3", "-3", "32767", "0"]),
    ("numeric", &["0", "1.5", "1.50", "-2.25", "10", "123456789012345678.9"]),
    ("numeric(8,2)", &["1.25", "-0.5", "100", "99999.99"]),
    ("double precision", &["0", "1.5", "-0.25", "1e10", "0.1"]),
    ("boolean", &["true", "false"]),
    ("text", &["", "a", "A", "ab", "Abc", "a%b", "ä", "null", "x,y", "\"q\""]),
    ("text", &["a fat cat", "The cat sat", "cat, fat", "dogs and cats", "Fat dogs", "sat"]),
    ("character varying(20)", &["a", "B", "aa", "a b", ""]),
    ("character(4)", &["ab", "abcd", "a", "AB  "]),
    (
        "timestamp with time zone",
        &["2024-01-01 00:00:00+00", "2024-06-01 12:30:00.5+00", "1999-12-31 23:59:59+00"],
    ),
    ("timestamp without time zone", &["2024-01-01 00:00:00", "2024-06-01 12:30:00.25"]),
    ("time without time zone", &["00:00:00", "12:30:00.5", "23:59:59"]),
    ("date", &["2024-01-01", "2024-02-29", "1970-01-01"]),
    ("interval", &["1 day", "10:00:00", "2 mons", "-00:30:00", "3 days 04:05:06"]),
    ("uuid", &["00000000-0000-4000-8000-000000000001", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("bytea", &["\\x", "\\x00ff", "\\x61"]),
    (
        "jsonb",
        &[
            "{\"a\": 1, \"b\": \"x\"}",
            "[1, 2]",
            "\"s\"",
            "5",
            "{}",
            "{\"a\": {\"c\": [true]}}",
            "{\"a\": 10, \"b\": null}",
            "{\"a\": \"1\"}",
        ],
    ),
    ("json", &["{\"a\": 1, \"b\": \"x\"}", "[1, 2]", "null", "{\"b\" :2,\"a\":3}"]),
    ("integer[]", &["{}", "{1}", "{1,2}", "{2,1}", "{NULL,3}"]),
    ("text[]", &["{}", "{a}", "{a,\"b c\"}", "{\"\"}"]),
    ("uuid[]", &["{}", "{00000000-0000-4000-8000-000000000001}"]),
    ("int4range", &["empty", "[1,5)", "[5,9)", "(,3)", "[2,)"]),
    ("numrange", &["empty", "[1.5,2]", "(1.50,2.0]", "[3,)"]),
    ("daterange", &["[2024-01-01,2024-02-01)", "[2024-01-15,)", "empty"]),
    ("tstzrange", &["[2024-01-01 00:00:00+00,2024-02-01 00:00:00+00)", "(,)"]),
    ("mood", &["sad", "ok", "happy"]),
];

/// What rows are owned by.
pub(super) const OWNERS: &[&str] = &["ana", "bob", "eve"];

pub(super) fn literals(name: &str, ty: &str) -> &'static [&'static str] {
    if name == "owner" {
        return OWNERS;
    }
    // Words for a search are in columns of their own.
    if name.starts_with('w') {
        return TYPES[8].1;
    }
    TYPES.iter().find(|(known, _)| *known == ty).map_or(&["1"][..], |(_, literals)| literals)
}

/// What a value may be cast to without a value that could not follow.
pub(super) fn casts(ty: &str) -> &'static [&'static str] {
    match ty {
        "integer" => &["text", "bigint", "numeric", "double precision", "boolean"],
        "smallint" => &["text", "integer", "bigint", "numeric"],
        "bigint" => &["text", "numeric"],
        "numeric" => &["text", "double precision"],
        "numeric(8,2)" => &["text", "integer", "bigint"],
        "boolean" => &["text", "integer"],
        "date" => &["text", "timestamp without time zone"],
        "timestamp without time zone" => &["text", "date", "time without time zone"],
        "timestamp with time zone" => &["text"],
        "text" | "character varying(20)" => &["text", "character varying"],
        "double precision"
        | "uuid"
        | "bytea"
        | "interval"
        | "jsonb"
        | "integer[]"
        | "text[]"
        | "int4range"
        | "numrange"
        | "daterange"
        | "mood"
        | "time without time zone" => &["text"],
        _ => &[],
    }
}

/// Types that PostgreSQL has no equality for.
pub(super) fn incomparable(ty: &str) -> bool {
    ty == "json"
}
