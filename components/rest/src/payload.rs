//! Bodies: JSON, CSV and forms become rows or arguments; text, XML and bytes stay whole.

use crate::media::Media;
use crate::parse::{is_text, pairs};
use crate::problem::Problem;
use mag_model::json;
use mag_query::call::{Arguments, Body};
use mag_query::{Given, Payload};
use std::borrow::Cow;
use std::sync::Arc;

/// The rows of a write. Only JSON asks which columns are meant: a table of texts has its own heads.
pub fn rows(body: &[u8], media: &Media, columns: Option<&[String]>) -> Result<Payload, Problem> {
    match media {
        Media::Json => {
            let text = json_text(body)?;
            match columns {
                Some(columns) => named_rows(text, columns),
                None => plain_rows(text),
            }
        }
        Media::Csv => csv(utf8(body)?),
        Media::Form => {
            let pairs = form(body)?;
            Ok(Payload::from_pairs(pairs))
        }
        other => Err(Problem::bad_body(format!("Content-Type not acceptable: {other}"))),
    }
}

fn utf8(body: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(body).map_err(|_| unreadable())
}

/// What is nested deeper goes to no engine: some answer it with a mistake of their own.
fn json_text(body: &[u8]) -> Result<&str, Problem> {
    let text = utf8(body)?;
    if is_too_deep(text) {
        let most = json::DEPTH_MAX;
        return Err(Problem::bad_body(format!("The body is nested more than {most} deep")));
    }
    Ok(text)
}

fn is_too_deep(text: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > json::DEPTH_MAX {
            return true;
        }
    }
    false
}

/// The one object that a body of JSON is: its names and values as they are written. Nothing for
/// another body, or for one that is no JSON, which the long way tells.
pub fn one_object(body: &[u8]) -> Option<Vec<(Cow<'_, str>, &str)>> {
    let text = std::str::from_utf8(body).ok()?;
    if !text.starts_with('{') {
        return None;
    }
    let fields = json::fields(text).ok()?;
    let nested = fields.iter().any(|(_, value)| value.starts_with(['{', '[']));
    (!nested || !is_too_deep(text)).then_some(fields)
}

fn unreadable() -> Problem {
    Problem::bad_body("Empty or invalid json".into())
}
fn keys_differ() -> Problem {
    Problem::bad_body("All object keys must match".into())
}

fn plain_rows(text: &str) -> Result<Payload, Problem> {
    match Payload::from_json(text, None) {
        Ok(payload) => Ok(payload),
        // A bare value is as a list of nothing; a list that begins with one is none of rows.
        Err(mag_query::payload::Error::NotRows) if !text.trim_start().starts_with('[') => {
            Ok(Payload::default())
        }
        Err(mag_query::payload::Error::Json(_)) => Err(unreadable()),
        Err(mag_query::payload::Error::TooManyRows { limit }) => {
            Err(Problem::bad_body(format!("The body has more than {limit} rows")))
        }
        Err(_) => Err(keys_differ()),
    }
}

/// With columns named by the client, what is not JSON is found out where the engine would.
fn named_rows(text: &str, columns: &[String]) -> Result<Payload, Problem> {
    match Payload::from_json(text, Some(columns)) {
        Ok(payload) => Ok(payload),
        Err(mag_query::payload::Error::Json(bad)) => Err(Problem::of_bad_value(&bad)),
        Err(mag_query::payload::Error::NotRows) => Err(not_rows(text)),
        Err(other) => Err(Problem::bad_body(other.to_string())),
    }
}

/// As the engine says it, which would be the one to find out.
fn not_rows(text: &str) -> Problem {
    let message = match text.trim_start().starts_with('[') {
        true => "argument of json_to_recordset must be an array of objects",
        false => "cannot call json_to_recordset on a scalar",
    };
    Problem::of_state("22023", message.into())
}

fn csv(text: &str) -> Result<Payload, Problem> {
    // A head is a line, which ends.
    if text.trim().is_empty() || !text.contains('\n') {
        return Err(Problem::bad_body("parse error (not enough input) at \"\"".into()));
    }
    let mut payload = Payload::from_csv(text).map_err(|error| {
        Problem::bad_body(match error {
            mag_query::payload::Error::Ragged { .. } => {
                "All lines must have same number of fields".into()
            }
            other => other.to_string(),
        })
    })?;
    for cell in payload.rows.iter_mut().flatten() {
        if matches!(cell, Given::Text(text) if &**text == "NULL") {
            *cell = Given::Null;
        }
    }
    Ok(payload)
}

fn form(body: &[u8]) -> Result<Vec<(String, String)>, Problem> {
    let text = utf8(body)?;
    if !is_text(text) {
        return Err(Problem::bad_body("The form is not UTF-8".into()));
    }
    let pairs = pairs(text).into_iter();
    Ok(pairs.map(|(name, value)| (name, value.unwrap_or_default())).collect())
}

/// The arguments of a function that is called by POST.
pub fn arguments(
    body: &[u8],
    media: &Media,
    columns: Option<&[String]>,
) -> Result<Arguments, Problem> {
    let text = || utf8(body).map(Arc::from);
    Ok(match media {
        Media::Json => json_arguments(json_text(body)?, columns)?,
        Media::Form => {
            let pairs = form(body)?.into_iter();
            Arguments::Named(pairs.map(|(n, v)| (n, Given::Text(Arc::from(v)))).collect())
        }
        Media::Csv => {
            let payload = csv(utf8(body)?)?;
            let first = payload.rows.into_iter().next().unwrap_or_default();
            Arguments::Named(payload.columns.into_iter().zip(first).collect())
        }
        Media::Text => Arguments::Body(Body::Text(text()?)),
        Media::Xml => Arguments::Body(Body::Xml(text()?)),
        Media::Octets => Arguments::Body(Body::Bytes(Arc::from(body))),
        other => {
            return Err(Problem::bad_body(format!("Content-Type not acceptable: {other}")));
        }
    })
}

fn json_arguments(text: &str, columns: Option<&[String]>) -> Result<Arguments, Problem> {
    if text.trim().is_empty() && columns.is_none() {
        return Ok(Arguments::Body(Body::Json(Arc::from("{}"))));
    }
    if let Some(columns) = columns {
        let bad = |bad| Problem::of_bad_value(&bad);
        json::check(text).map_err(bad)?;
        let mut members = match text.trim_start().as_bytes().first() {
            Some(b'{') => json::members(text).map_err(bad)?,
            // Of a list the first object counts.
            Some(b'[') => {
                let items = json::items(text).map_err(bad)?;
                if items.iter().any(|item| !item.trim_start().starts_with('{')) {
                    return Err(not_rows(text));
                }
                let Some(first) = items.first() else {
                    let why = "an empty list gives a function nothing to be called with";
                    return Err(Problem::bad_body(why.into()));
                };
                json::members(first).map_err(bad)?
            }
            _ => return Err(not_rows(text)),
        };
        members.retain(|(name, _)| columns.contains(name));
        let mut named: Vec<(String, Given)> =
            members.into_iter().map(|(name, json)| (name, Given::Json(json))).collect();
        for column in columns {
            if named.iter().all(|(name, _)| name != column) {
                named.push((column.clone(), Given::Null));
            }
        }
        return Ok(Arguments::Named(named));
    }
    json::check(text).map_err(|_| unreadable())?;
    if text.trim_start().starts_with('[') {
        // The keys of a list must agree; its first object is the one that counts.
        let items = json::items(text).map_err(|_| unreadable())?;
        if !items.is_empty() && Payload::from_json(text, None).is_err() {
            return Err(keys_differ());
        }
    }
    Ok(Arguments::Body(Body::Json(Arc::from(text))))
}
