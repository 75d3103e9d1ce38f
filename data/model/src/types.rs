//! The types of values, under PostgreSQL's own names: the names an error says, a catalog lists and
//! a client reads. An engine maps its own types to these once, in its catalog.

use std::fmt;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    /// Precision and scale, when the column states them.
    Numeric(Option<(u16, i16)>),
    Text,
    Varchar(Option<u32>),
    /// `character(n)`: padded with blanks that do not count when compared.
    Bpchar(Option<u32>),
    Name,
    Bytea,
    Uuid,
    Date,
    Time,
    TimeTz,
    Timestamp,
    TimestampTz,
    Interval,
    Json,
    Jsonb,
    TsVector,
    TsQuery,
    Xml,
    Void,
    /// What a literal is before anything says otherwise.
    Unknown,
    Array(Arc<Type>),
    Range(RangeKind),
    Multirange(RangeKind),
    Enum(Arc<EnumType>),
    Domain(Arc<DomainType>),
    Composite(Arc<CompositeType>),
    /// A type that only its engine understands; its values travel as text.
    Other(Arc<str>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RangeKind {
    Int4,
    Int8,
    Num,
    Date,
    Ts,
    TsTz,
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub struct EnumType {
    pub schema: Arc<str>,
    pub name: Arc<str>,
    /// In their order, which is how they compare.
    pub labels: Box<[Arc<str>]>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub struct DomainType {
    pub schema: Arc<str>,
    pub name: Arc<str>,
    pub base: Type,
    pub not_null: bool,
    /// What a column of the type has when it names no default of its own.
    pub default: Option<Arc<str>>,
    pub check: Option<Arc<str>>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub struct CompositeType {
    pub schema: Arc<str>,
    pub name: Arc<str>,
    pub fields: Box<[(Arc<str>, Type)]>,
}

impl RangeKind {
    pub const ALL: [Self; 6] =
        [Self::Int4, Self::Int8, Self::Num, Self::Date, Self::Ts, Self::TsTz];

    pub fn name(self) -> &'static str {
        match self {
            Self::Int4 => "int4range",
            Self::Int8 => "int8range",
            Self::Num => "numrange",
            Self::Date => "daterange",
            Self::Ts => "tsrange",
            Self::TsTz => "tstzrange",
        }
    }
    pub fn multirange_name(self) -> &'static str {
        match self {
            Self::Int4 => "int4multirange",
            Self::Int8 => "int8multirange",
            Self::Num => "nummultirange",
            Self::Date => "datemultirange",
            Self::Ts => "tsmultirange",
            Self::TsTz => "tstzmultirange",
        }
    }
    pub fn element(self) -> Type {
        match self {
            Self::Int4 => Type::Int4,
            Self::Int8 => Type::Int8,
            Self::Num => Type::Numeric(None),
            Self::Date => Type::Date,
            Self::Ts => Type::Timestamp,
            Self::TsTz => Type::TimestampTz,
        }
    }
    /// Whether `(1,3]` and `[2,4)` are the same range.
    pub fn discrete(self) -> bool {
        match self {
            Self::Int4 | Self::Int8 | Self::Date => true,
            Self::Num | Self::Ts | Self::TsTz => false,
        }
    }
}

impl Type {
    pub fn array_of(element: Self) -> Self {
        Self::Array(Arc::new(element))
    }

    /// The type below all domains.
    pub fn base(&self) -> &Self {
        match self {
            Self::Domain(domain) => domain.base.base(),
            other => other,
        }
    }
    pub fn element(&self) -> Option<&Self> {
        match self.base() {
            Self::Array(element) => Some(element),
            _ => None,
        }
    }
    pub fn is_text(&self) -> bool {
        matches!(
            self.base(),
            Self::Text | Self::Varchar(_) | Self::Bpchar(_) | Self::Name | Self::Unknown
        )
    }
    pub fn is_integer(&self) -> bool {
        matches!(self.base(), Self::Int2 | Self::Int4 | Self::Int8 | Self::Oid)
    }
    pub fn is_number(&self) -> bool {
        self.is_integer() || matches!(self.base(), Self::Float4 | Self::Float8 | Self::Numeric(_))
    }
    pub fn is_json(&self) -> bool {
        matches!(self.base(), Self::Json | Self::Jsonb)
    }
    /// A type whose values travel as text, and are compared by their engine alone.
    pub fn is_foreign(&self) -> bool {
        matches!(self.base(), Self::Other(_))
    }

    /// The built-in type of that name, with modifiers and brackets, in any of the spellings that
    /// PostgreSQL takes. User types are found in a catalog.
    pub fn named(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(element) = text.strip_suffix("[]") {
            return Self::named(element).map(|element| match element {
                // Every further dimension is the same type to PostgreSQL.
                Self::Array(_) => element,
                plain => Self::array_of(plain),
            });
        }
        let (name, modifiers) = split_modifiers(text);
        let length = || modifiers.first().and_then(|n| u32::try_from(*n).ok());
        let ty = match name.as_str() {
            "boolean" | "bool" => Self::Bool,
            "smallint" | "int2" | "smallserial" | "serial2" => Self::Int2,
            "integer" | "int" | "int4" | "serial" | "serial4" => Self::Int4,
            "bigint" | "int8" | "bigserial" | "serial8" => Self::Int8,
            "oid" => Self::Oid,
            "real" | "float4" => Self::Float4,
            "double precision" | "float8" | "float" => Self::Float8,
            "numeric" | "decimal" => Self::Numeric(modifiers.first().map(|precision| {
                let scale = modifiers.get(1).copied().unwrap_or(0);
                (u16::try_from(*precision).unwrap_or(1000), i16::try_from(scale).unwrap_or(0))
            })),
            "text" => Self::Text,
            "character varying" | "varchar" => Self::Varchar(length()),
            "character" | "char" => Self::Bpchar(Some(length().unwrap_or(1))),
            "bpchar" => Self::Bpchar(length()),
            "name" => Self::Name,
            "bytea" => Self::Bytea,
            "uuid" => Self::Uuid,
            "date" => Self::Date,
            "time" | "time without time zone" => Self::Time,
            "timetz" | "time with time zone" => Self::TimeTz,
            "timestamp" | "timestamp without time zone" => Self::Timestamp,
            "timestamptz" | "timestamp with time zone" => Self::TimestampTz,
            "interval" => Self::Interval,
            "json" => Self::Json,
            "jsonb" => Self::Jsonb,
            "tsvector" => Self::TsVector,
            "tsquery" => Self::TsQuery,
            "xml" => Self::Xml,
            "void" => Self::Void,
            "unknown" => Self::Unknown,
            other => {
                for kind in RangeKind::ALL {
                    if other == kind.name() {
                        return Some(Self::Range(kind));
                    }
                    if other == kind.multirange_name() {
                        return Some(Self::Multirange(kind));
                    }
                }
                // `_int4` is how PostgreSQL's own tables call `integer[]`.
                return other.strip_prefix('_').and_then(Self::named).map(Self::array_of);
            }
        };
        Some(ty)
    }

    /// The name without length, precision or schema, as errors say it.
    pub fn plain_name(&self) -> String {
        match self {
            Self::Numeric(_) => "numeric".into(),
            Self::Varchar(_) => "character varying".into(),
            Self::Bpchar(_) => "character".into(),
            Self::Array(element) => format!("{}[]", element.plain_name()),
            Self::Enum(e) => e.name.to_string(),
            Self::Domain(d) => d.name.to_string(),
            Self::Composite(c) => c.name.to_string(),
            other => other.to_string(),
        }
    }

    /// The short name that PostgreSQL's tables use: `int4`, `timestamptz`, `_text`.
    pub fn short_name(&self) -> String {
        let fixed = match self {
            Self::Bool => "bool",
            Self::Int2 => "int2",
            Self::Int4 => "int4",
            Self::Int8 => "int8",
            Self::Float4 => "float4",
            Self::Float8 => "float8",
            Self::Numeric(_) => "numeric",
            Self::Varchar(_) => "varchar",
            Self::Bpchar(_) => "bpchar",
            Self::Time => "time",
            Self::TimeTz => "timetz",
            Self::Timestamp => "timestamp",
            Self::TimestampTz => "timestamptz",
            Self::Array(element) => return format!("_{}", element.short_name()),
            other => return other.to_string(),
        };
        fixed.into()
    }
}

/// `Numeric( 10 , 2 )` → `numeric`, [10, 2]; `timestamp(3) with time zone` keeps its words.
fn split_modifiers(text: &str) -> (String, Vec<i64>) {
    let lower = text.to_ascii_lowercase();
    match (lower.find('('), lower.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            let modifiers = lower.get(open + 1..close).unwrap_or("").split(',');
            let modifiers = modifiers.filter_map(|m| m.trim().parse().ok()).collect();
            let (before, after) = (&lower[..open], &lower[close + 1..]);
            (format!("{} {}", before.trim(), after.trim()).trim().to_owned(), modifiers)
        }
        _ => (lower.split_whitespace().collect::<Vec<_>>().join(" "), Vec::new()),
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixed = match self {
            Self::Bool => "boolean",
            Self::Int2 => "smallint",
            Self::Int4 => "integer",
            Self::Int8 => "bigint",
            Self::Oid => "oid",
            Self::Float4 => "real",
            Self::Float8 => "double precision",
            Self::Numeric(None) => "numeric",
            Self::Numeric(Some((precision, scale))) => {
                return write!(f, "numeric({precision},{scale})");
            }
            Self::Text => "text",
            Self::Varchar(None) => "character varying",
            Self::Varchar(Some(n)) => return write!(f, "character varying({n})"),
            Self::Bpchar(None) => "bpchar",
            Self::Bpchar(Some(n)) => return write!(f, "character({n})"),
            Self::Name => "name",
            Self::Bytea => "bytea",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::Time => "time without time zone",
            Self::TimeTz => "time with time zone",
            Self::Timestamp => "timestamp without time zone",
            Self::TimestampTz => "timestamp with time zone",
            Self::Interval => "interval",
            Self::Json => "json",
            Self::Jsonb => "jsonb",
            Self::TsVector => "tsvector",
            Self::TsQuery => "tsquery",
            Self::Xml => "xml",
            Self::Void => "void",
            Self::Unknown => "unknown",
            Self::Array(element) => return write!(f, "{element}[]"),
            Self::Range(kind) => kind.name(),
            Self::Multirange(kind) => kind.multirange_name(),
            Self::Enum(e) => return qualified(f, &e.schema, &e.name),
            Self::Domain(d) => return qualified(f, &d.schema, &d.name),
            Self::Composite(c) => return qualified(f, &c.schema, &c.name),
            Self::Other(name) => name,
        };
        f.write_str(fixed)
    }
}

/// PostgreSQL leaves out the schema that everyone searches.
fn qualified(f: &mut fmt::Formatter<'_>, schema: &str, name: &str) -> fmt::Result {
    match schema {
        "public" | "" => f.write_str(name),
        _ => write!(f, "{schema}.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Type;

    #[test]
    fn a_type_is_found_by_every_spelling_and_shown_by_one() {
        for (given, shown) in [
            ("int", "integer"),
            ("INT8", "bigint"),
            ("varchar(20)", "character varying(20)"),
            ("character varying", "character varying"),
            ("char(5)", "character(5)"),
            ("Numeric( 10 , 2 )", "numeric(10,2)"),
            ("decimal", "numeric"),
            ("timestamptz", "timestamp with time zone"),
            ("timestamp(3) with time zone", "timestamp with time zone"),
            ("int4[]", "integer[]"),
            ("text[][]", "text[]"),
            ("_text", "text[]"),
            ("tstzrange", "tstzrange"),
            ("int4multirange", "int4multirange"),
        ] {
            let ty = Type::named(given).unwrap_or_else(|| panic!("{given} is a type"));
            assert_eq!(ty.to_string(), shown, "{given}");
        }
        assert_eq!(Type::named("geometry"), None);
        assert_eq!(Type::named("(("), None);
    }
}
