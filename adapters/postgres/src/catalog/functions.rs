//! Functions: what they take and what they give, as a caller by name sees it.

use super::names::{Names, number};
use crate::wire::Reply;
use mag_model::catalog::Volatility;
use mag_model::catalog::draft::{
    AggregateDraft, ArgumentDraft, FunctionDraft, RepresentationDraft, ReturnsDraft,
};

pub(super) fn read(functions: &Reply, names: &Names) -> Vec<FunctionDraft> {
    functions.texts().filter_map(|row| one(&row, names)).collect()
}

fn one(row: &[Option<&str>], names: &Names) -> Option<FunctionDraft> {
    let [
        Some(schema),
        Some(name),
        taken,
        with_default,
        set,
        one_row,
        volatility,
        definer,
        comment,
        returns,
        returns_written,
        argument_names,
        modes,
        types,
        types_written,
        settings,
        media,
        of_bytes,
    ] = row
    else {
        return None;
    };
    let list = |json: &Option<&str>| -> Vec<String> {
        json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    };
    let (argument_names, modes) = (list(argument_names), list(modes));
    let (types, written) = (list(types), list(types_written));
    let taken: usize = taken.and_then(|n| n.parse().ok())?;
    let with_default: usize = with_default.and_then(|n| n.parse().ok())?;

    let mut arguments = Vec::new();
    let mut columns = Vec::new();
    for (at, (ty, written)) in types.iter().zip(&written).enumerate() {
        let mode = modes.get(at).map_or("i", String::as_str);
        let name = argument_names.get(at).cloned().unwrap_or_default();
        let oid = number(Some(ty));
        let ty = match names.row_of(oid) {
            Some((schema, table)) => format!("{schema}.{table}"),
            None => names.of(oid, Some(written)),
        };
        if matches!(mode, "o" | "b" | "t") {
            // A result without a name is named by its place, as the server does.
            let name =
                if name.is_empty() { format!("column{}", columns.len() + 1) } else { name.clone() };
            columns.push((name, ty.clone()));
        }
        if matches!(mode, "i" | "b" | "v") {
            let variadic = mode == "v";
            let required = arguments.len() + with_default < taken;
            arguments.push(ArgumentDraft { name, ty, required, variadic });
        }
    }
    let returns = match names.row_behind(number(*returns)) {
        _ if !columns.is_empty() => ReturnsDraft::Columns(columns),
        Some((schema, table)) => {
            ReturnsDraft::Rows { schema: schema.clone(), table: table.clone() }
        }
        None => ReturnsDraft::Scalar(names.of(number(*returns), *returns_written)),
    };
    Some(FunctionDraft {
        schema: (*schema).to_owned(),
        name: (*name).to_owned(),
        arguments,
        returns,
        set: *set == Some("t"),
        one_row: *set == Some("t") && *one_row == Some("t"),
        volatility: match *volatility {
            Some("i") => Volatility::Immutable,
            Some("s") => Volatility::Stable,
            _ => Volatility::Volatile,
        },
        security_definer: *definer == Some("t"),
        media: media.map(|name| (name.to_owned(), *of_bytes == Some("t"))),
        settings: list(settings)
            .into_iter()
            .filter_map(|line| line.split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned())))
            .collect(),
        comment: comment.map(str::to_owned),
        kept: false,
    })
}

pub(super) fn aggregates(reply: &Reply) -> Vec<AggregateDraft> {
    let rows = reply.texts().filter_map(|row| {
        let [Some(schema), Some(name), of_schema, of_table, Some(media), bytes] = row.as_slice()
        else {
            return None;
        };
        let of = match (*of_schema, *of_table) {
            (Some(schema), Some(table)) => Some((schema.to_owned(), table.to_owned())),
            _ => None,
        };
        Some(AggregateDraft {
            schema: (*schema).to_owned(),
            name: (*name).to_owned(),
            of,
            media: (*media).to_owned(),
            bytes: *bytes == Some("t"),
        })
    });
    rows.collect()
}

pub(super) fn representations(reply: &Reply) -> Vec<RepresentationDraft> {
    let rows = reply.texts().filter_map(|row| {
        let [Some(from), Some(to), Some(schema), Some(function)] = row.as_slice() else {
            return None;
        };
        let owned = |text: &&str| (*text).to_owned();
        Some(RepresentationDraft {
            from: owned(from),
            to: owned(to),
            schema: owned(schema),
            function: owned(function),
        })
    });
    rows.collect()
}
