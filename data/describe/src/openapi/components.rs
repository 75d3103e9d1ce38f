//! What all paths share: parameters, headers, answers, errors, ways to say who asks.

use super::{Settings, filters, reference};
use serde_json::{Map, Value as Json, json};

pub(super) fn schemas() -> Map<String, Json> {
    let mut schemas = filters::schemas();
    let error = json!({
        "type": "object",
        "description": "Why the request was not done.",
        "required": ["code", "details", "hint", "message"],
        "properties": {
            "code": {
                "type": "string",
                "description": "`PGRST…` when the door refused it, else the SQLSTATE.",
                "examples": ["PGRST204", "23505"],
            },
            "details": {},
            "hint": { "type": ["string", "null"] },
            "message": { "type": "string" },
        },
    });
    schemas.insert("Error".into(), error);
    schemas
}

fn query(name: &str, about: &str, schema: Json) -> (String, Json) {
    let parameter = json!({ "name": name, "in": "query", "description": about, "schema": schema });
    (name.to_owned(), parameter)
}

fn header(label: &str, name: &str, about: &str, schema: Json) -> (String, Json) {
    let parameter = json!({ "name": name, "in": "header", "description": about, "schema": schema });
    (label.to_owned(), parameter)
}

/// Preferences are said in one header, parted by commas.
fn prefer(label: &str, about: &str, words: &[&str]) -> (String, Json) {
    let word = words.join("|");
    let pattern = format!("^({word})(\\s*,\\s*({word}))*$");
    let about = format!("{about} One of them, or several parted by commas: {}.", told(words));
    header(label, "Prefer", &about, json!({ "type": "string", "pattern": pattern }))
}

/// The pattern's words, for people.
fn told(words: &[&str]) -> String {
    let plain = |word: &&str| {
        let name = word.split('=').next().unwrap_or(word);
        let values = word.split_once('=').map_or("", |(_, values)| values);
        format!("`{name}={}`", values.trim_matches(['(', ')']).replace('|', "` or `"))
    };
    words.iter().map(plain).collect::<Vec<_>>().join(", ")
}

const COUNT: &str = "count=(exact|planned|estimated)";
const RETURN: &str = "return=(representation|minimal|headers-only)";
const RESOLUTION: &str = "resolution=(merge-duplicates|ignore-duplicates)";
const MISSING: &str = "missing=(default|null)";
const TX: &str = "tx=(commit|rollback)";
const HANDLING: &str = "handling=(strict|lenient)";
const TIMEZONE: &str = "timezone=[A-Za-z0-9_+/-]+";
const AFFECTED: &str = "max-affected=[0-9]+";

pub(super) fn parameters(settings: &Settings<'_>) -> Json {
    let text = || json!({ "type": "string" });
    let number = || json!({ "type": "integer", "minimum": 0 });
    let mut all = vec![
        query(
            "select",
            "Columns, related tables and aggregates to answer with: `id,name,author(name)`.",
            json!({ "type": "string", "examples": ["*", "id,title", "id,author:people(name)"] }),
        ),
        query(
            "order",
            "Columns to sort by: `created_at.desc.nullslast,id`.",
            json!({ "type": "string", "examples": ["id.desc"] }),
        ),
        query("limit", "Rows at most.", number()),
        query("offset", "Rows to leave out before the first.", number()),
        query(
            "cursor",
            "A page by its place: `first`, or `after.` and what `X-Next-Cursor` said.",
            json!({ "type": "string", "pattern": "^(first|after\\..+)$" }),
        ),
        query("and", "Conditions that all hold: `(a.gt.1,b.is.null)`.", text()),
        query("or", "Conditions of which one holds: `(a.gt.1,b.is.null)`.", text()),
        query(
            "columns",
            "Columns that are written; all others in the body are left out.",
            json!({ "type": "string", "examples": ["id,title"] }),
        ),
        query(
            "on_conflict",
            "Columns of the key by which a row counts as there already.",
            json!({ "type": "string", "examples": ["id"] }),
        ),
        header(
            "range",
            "Range",
            "The rows to answer with, counted from 0: `0-24`.",
            json!({ "type": "string", "pattern": "^[0-9]+-[0-9]*$" }),
        ),
        header(
            "rangeUnit",
            "Range-Unit",
            "What is counted.",
            json!({ "type": "string", "enum": ["items"], "default": "items" }),
        ),
        prefer("preferRead", "How rows are read.", &[COUNT, HANDLING, TIMEZONE, TX]),
        prefer(
            "preferInsert",
            "What is answered, and what happens with rows that are there already.",
            &[RETURN, COUNT, RESOLUTION, MISSING, HANDLING, TIMEZONE, TX],
        ),
        prefer(
            "preferChange",
            "What is answered, and how much may be changed.",
            &[RETURN, COUNT, MISSING, HANDLING, TIMEZONE, AFFECTED, TX],
        ),
        prefer("preferBatch", "How the whole is done.", &[HANDLING, TIMEZONE, TX]),
        prefer(
            "preferCall",
            "How the function is called.",
            &[COUNT, HANDLING, TIMEZONE, AFFECTED, TX],
        ),
    ];
    if settings.schemas.len() > 1 {
        let schema = || {
            json!({
                "type": "string", "enum": settings.schemas, "default": settings.schemas.first(),
            })
        };
        all.push(header("acceptProfile", "Accept-Profile", "The schema to read.", schema()));
        all.push(header("contentProfile", "Content-Profile", "The schema to write.", schema()));
    }
    Json::Object(all.into_iter().collect())
}

/// The header that names the schema, where there is a choice.
pub(super) fn profile(settings: &Settings<'_>, reads: bool) -> Option<Json> {
    let name = if reads { "acceptProfile" } else { "contentProfile" };
    (settings.schemas.len() > 1).then(|| reference("parameters", name))
}

pub(super) fn headers() -> Json {
    let text = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    json!({
        "Content-Range": text("The rows that are answered and, when it was asked for, how many there are: `0-24/573`."),
        "Content-Location": text("The request, put in order, that gives this answer again."),
        "Location": text("Where the new row is, with `Prefer: return=headers-only`."),
        "Link": text("With a cursor: the next page, where there is one."),
        "X-Next-Cursor": text("With a cursor: what the next page begins behind, where there is one."),
        "Preference-Applied": text("The preferences that were followed."),
    })
}

pub(super) fn responses() -> Json {
    let error = |about: &str| {
        json!({
            "description": about,
            "content": { "application/json": { "schema": reference("schemas", "Error") } },
        })
    };
    json!({
        "Invalid": error("The request cannot be read, or names what does not exist."),
        "Unauthorized": error("Nobody is known by these credentials, or credentials are needed."),
        "Forbidden": error("The role may not do this."),
        "Conflict": error("A key or a reference stands in the way."),
        "NotAcceptable": error("One row was asked for and there is not exactly one, or the media type is none."),
        "OutOfRange": error("The range begins behind the last row."),
        "Failed": error("Any other error."),
    })
}

pub(super) fn security_schemes() -> Json {
    json!({
        "apikey": {
            "type": "apiKey", "in": "header", "name": "apikey",
            "description": "A key of the project. It says which role asks.",
        },
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The token of a user.",
        },
    })
}

/// The errors of a path, beside its answers.
pub(super) fn with_errors(mut responses: Map<String, Json>, reads: bool) -> Json {
    let mut errors = vec![
        ("400", "Invalid"),
        ("401", "Unauthorized"),
        ("403", "Forbidden"),
        ("406", "NotAcceptable"),
    ];
    if reads {
        errors.push(("416", "OutOfRange"));
    } else {
        errors.push(("409", "Conflict"));
    }
    errors.push(("default", "Failed"));
    for (status, name) in errors {
        responses.insert(status.into(), reference("responses", name));
    }
    Json::Object(responses)
}

pub(super) fn header_references(names: &[&str]) -> Json {
    Json::Object(names.iter().map(|n| ((*n).to_owned(), reference("headers", n))).collect())
}
