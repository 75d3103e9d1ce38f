//! Filters by a column: which operators its type takes, as a pattern that a program can check and a
//! sentence that a person can read.

use mag_model::Type;
use serde_json::{Map, Value as Json, json};

/// Names that mean something else in a query.
const RESERVED: [&str; 10] = [
    "select",
    "order",
    "limit",
    "offset",
    "on_conflict",
    "columns",
    "and",
    "or",
    "not.and",
    "not.or",
];

pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Text,
    Ordered,
    Boolean,
    Array,
    Range,
    Search,
    Json,
    Other,
}

impl Family {
    const ALL: [Self; 8] = [
        Self::Text,
        Self::Ordered,
        Self::Boolean,
        Self::Array,
        Self::Range,
        Self::Search,
        Self::Json,
        Self::Other,
    ];

    pub(super) fn of(ty: &Type) -> Self {
        match ty.base() {
            Type::Bool => Self::Boolean,
            Type::Array(_) => Self::Array,
            Type::Range(_) | Type::Multirange(_) => Self::Range,
            Type::TsVector => Self::Search,
            Type::Json | Type::Jsonb => Self::Json,
            Type::Composite(_) | Type::Other(_) | Type::Xml | Type::TsQuery | Type::Void => {
                Self::Other
            }
            base if base.is_text() => Self::Text,
            _ => Self::Ordered,
        }
    }

    /// The name of its schema in the document.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Text => "filter.text",
            Self::Ordered => "filter.ordered",
            Self::Boolean => "filter.boolean",
            Self::Array => "filter.array",
            Self::Range => "filter.range",
            Self::Search => "filter.search",
            Self::Json => "filter.json",
            Self::Other => "filter.other",
        }
    }

    fn operators(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["like", "ilike", "match", "imatch", "fts", "plfts", "phfts", "wfts"],
            Self::Ordered | Self::Boolean | Self::Other => &[],
            Self::Array => &["cs", "cd", "ov"],
            Self::Range => &["cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj"],
            Self::Search => &["fts", "plfts", "phfts", "wfts"],
            Self::Json => &["cs", "cd", "fts", "plfts", "phfts", "wfts"],
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Text => "ilike.*word*",
            Self::Ordered => "gte.10",
            Self::Boolean => "is.true",
            Self::Array => "cs.{a,b}",
            Self::Range => "ov.[1,10)",
            Self::Search => "wfts(english).cats and dogs",
            Self::Json => "cs.{\"a\":1}",
            Self::Other => "not.is.null",
        }
    }
}

/// Those that every type takes; of them some may be said for any or all of a list.
const COMPARED: [&str; 6] = ["eq", "neq", "gt", "gte", "lt", "lte"];
const LISTED: [&str; 8] = ["eq", "gt", "gte", "lt", "lte", "like", "ilike", "match"];

pub(super) fn schemas() -> Map<String, Json> {
    Family::ALL
        .into_iter()
        .map(|family| {
            let own = family.operators();
            let all: Vec<&str> = COMPARED.iter().chain(own).copied().collect();
            let words: Vec<String> = all
                .iter()
                .map(|operator| match *operator {
                    listed if LISTED.contains(&listed) || listed == "imatch" => {
                        format!("{listed}(\\((any|all)\\))?")
                    }
                    search if search.ends_with("fts") => format!("{search}(\\([^)]*\\))?"),
                    plain => plain.to_owned(),
                })
                .collect();
            let pattern = format!(
                "^(not\\.)?(({})\\.|in\\.\\(|is\\.(null|not_null|true|false|unknown)$|isdistinct\\.)",
                words.join("|")
            );
            let about = format!(
                "`operator.value`, with `not.` before it for the opposite. Operators: {}, in, is, \
                 isdistinct.",
                all.join(", ")
            );
            let schema = json!({
                "type": "string",
                "description": about,
                "pattern": pattern,
                "examples": [family.example()],
            });
            (family.label().to_owned(), schema)
        })
        .collect()
}
