//! Names of types as PostgreSQL writes them where nothing is searched: with the schema, quoted where
//! they must be.

use mag_model::catalog::{Argument, Catalog, Function};
use mag_model::{ColumnId, TableId, Type};

/// The type of a column: what values of it are. A domain is named by what it is made of, unless that
/// is a type that someone has made as well.
pub(crate) fn of_column(ty: &Type) -> String {
    match ty {
        Type::Domain(domain) => match system_base(ty) {
            Some(base) => of_type(base, &[]),
            None => qualified(&domain.schema, &domain.name, &[]),
        },
        other => of_type(other, &[]),
    }
}

fn system_base(ty: &Type) -> Option<&Type> {
    let base = ty.base();
    let made = match base {
        Type::Enum(_) | Type::Composite(_) | Type::Domain(_) => true,
        Type::Other(name) => name.contains('.'),
        _ => false,
    };
    (!made).then_some(base)
}

pub(crate) fn of_argument(catalog: &Catalog, argument: &Argument, searched: &[&str]) -> String {
    match argument.row_of {
        Some(id) => {
            let table = catalog.table(id);
            qualified(&table.schema, &table.name, searched)
        }
        None => of_type(&argument.ty, searched),
    }
}

/// Without length and precision, which are no part of a type of the system's own.
pub(crate) fn of_type(ty: &Type, searched: &[&str]) -> String {
    match ty {
        Type::Enum(made) => qualified(&made.schema, &made.name, searched),
        Type::Domain(made) => qualified(&made.schema, &made.name, searched),
        Type::Composite(made) => qualified(&made.schema, &made.name, searched),
        Type::Array(element) => format!("{}[]", of_type(element, searched)),
        Type::Other(name) => other(name, searched),
        system => system.plain_name(),
    }
}

fn other(name: &str, searched: &[&str]) -> String {
    match name.split_once('.') {
        Some((schema, rest)) if searched.contains(&schema) => rest.to_owned(),
        // Its modifiers are what it is: `geometry(Point,4326)`.
        Some(_) => name.to_owned(),
        None => match (name.find('('), name.rfind(')')) {
            (Some(open), Some(close)) if open < close => {
                format!("{}{}", name[..open].trim_end(), &name[close + 1..])
            }
            _ => name.to_owned(),
        },
    }
}

fn qualified(schema: &str, name: &str, searched: &[&str]) -> String {
    if searched.contains(&schema) {
        return quoted(name);
    }
    let schema = if schema.is_empty() { "public" } else { schema };
    format!("{}.{}", quoted(schema), quoted(name))
}

fn quoted(name: &str) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty();
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Whether a function can be called by the names of its arguments, or with a whole body as its only
/// one. All others are for the use of columns, relations and triggers.
pub(crate) fn takes_call(function: &Function) -> bool {
    match &*function.arguments {
        [only] if only.name.is_empty() => {
            matches!(only.ty, Type::Bytea | Type::Json | Type::Jsonb | Type::Text | Type::Xml)
        }
        all => all.iter().all(|argument| !argument.name.is_empty()),
    }
}

/// Whether the column is of a primary key. A view has those of all tables that it shows.
pub(crate) fn is_of_key(catalog: &Catalog, table: TableId, id: ColumnId) -> bool {
    let known = catalog.table(table);
    if !known.is_view() {
        return known.primary_columns().contains(&id);
    }
    let Some((of, column)) = known.column(id).origin else { return false };
    let key = catalog.table(of).primary_columns();
    let first = |column: ColumnId| {
        known.ids().find(|shown| known.column(*shown).origin == Some((of, column)))
    };
    key.contains(&column) && first(column) == Some(id) && key.iter().all(|c| first(*c).is_some())
}

/// How many letters a value has at most.
pub(crate) fn length_max(ty: &Type) -> Option<u32> {
    match ty.base() {
        Type::Varchar(length) | Type::Bpchar(length) => *length,
        Type::Other(name) => {
            let (_, rest) = name.strip_prefix("bit")?.split_once('(')?;
            rest.strip_suffix(')')?.parse().ok()
        }
        _ => None,
    }
}

/// The expression that fills a column which nobody gives a value for.
pub(crate) fn default_of(column: &mag_model::catalog::Column) -> Option<&str> {
    match (&column.default, &column.ty) {
        (Some(default), _) => Some(default),
        (None, Type::Domain(domain)) => domain.default.as_deref(),
        (None, _) => None,
    }
}

/// What a default of a boolean column is, in the words of either engine.
pub(crate) fn truth(expression: &str) -> Option<bool> {
    match expression.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// The text of a default that is one literal and nothing else.
pub(crate) fn literal(expression: &str) -> Option<String> {
    let within = expression.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    let text = within.replace("''", "\u{0}");
    (!text.contains('\'')).then(|| text.replace('\u{0}', "'"))
}

/// The first line of a comment, and what follows it.
pub(crate) fn title_and_text(comment: Option<&str>) -> (Option<&str>, Option<&str>) {
    let Some(comment) = comment else { return (None, None) };
    match comment.split_once('\n') {
        Some((title, text)) => {
            let text = text.trim_start_matches('\n');
            (Some(title), (!text.is_empty()).then_some(text))
        }
        None => (Some(comment), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mag_model::types::DomainType;
    use std::sync::Arc;

    fn domain(base: Type) -> Type {
        let name = Arc::from("text/csv");
        let schema = Arc::from("api");
        Type::Domain(Arc::new(DomainType {
            schema,
            name,
            base,
            not_null: false,
            default: None,
            check: None,
        }))
    }

    #[test]
    fn a_type_is_named_as_the_server_would() {
        let other = |name: &str| Type::Other(Arc::from(name));
        for (ty, column) in [
            (Type::Varchar(Some(5)), "character varying"),
            (Type::Bpchar(None), "character"),
            (Type::array_of(Type::Int4), "integer[]"),
            (other("bit varying(3)"), "bit varying"),
            (other("gis.geometry(Point,4326)"), "gis.geometry(Point,4326)"),
            (domain(Type::Text), "text"),
            (domain(other("gis.geometry")), "api.\"text/csv\""),
        ] {
            assert_eq!(of_column(&ty), column);
        }
        assert_eq!(of_type(&domain(Type::Text), &["api"]), "\"text/csv\"");
        assert_eq!(length_max(&other("bit(4)")), Some(4));
        assert_eq!(length_max(&domain(Type::Varchar(Some(9)))), Some(9));
    }

    #[test]
    fn the_first_line_of_a_comment_is_its_title() {
        assert_eq!(
            title_and_text(Some("Posts\n\nof all\npeople")),
            (Some("Posts"), Some("of all\npeople"))
        );
        assert_eq!(title_and_text(Some("Posts\n")), (Some("Posts"), None));
        assert_eq!(title_and_text(None), (None, None));
    }
}
