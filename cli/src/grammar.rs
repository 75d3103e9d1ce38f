//! An operation's input as flags: from its JSON schema come the flags, from the flags its input,
//! from an example the command that a person would type. Pure.

use crate::trouble::misspelt;
use clap::builder::PossibleValuesParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};
use mag_contract::operation::Spec;
use mag_contract::{Effect, Fault, names};
use serde_json::{Map, Value as Json};

/// What a field of the input looks like on a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Flag,
    Integer,
    Number,
    Text,
    Words(Vec<String>),
    List(Box<Shape>),
    /// Anything deeper is given as JSON.
    Json,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) about: String,
    pub(crate) default: Option<Json>,
    pub(crate) required: bool,
    pub(crate) positional: bool,
}

impl Field {
    pub(crate) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }
    pub(crate) fn value_name(&self) -> String {
        self.flag().to_uppercase()
    }
}

/// The fields of an operation, the positional ones first and in their order.
pub(crate) fn fields(spec: &Spec) -> Vec<Field> {
    let required: Vec<&str> = spec
        .input
        .get("required")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let Some(properties) = spec.input.get("properties").and_then(Json::as_object) else {
        return vec![];
    };
    let field = |(name, schema): (&String, &Json)| Field {
        name: name.clone(),
        shape: shape(schema, &spec.input),
        about: schema.get("description").and_then(Json::as_str).unwrap_or_default().to_owned(),
        default: schema.get("default").filter(|d| !d.is_null()).cloned(),
        required: required.contains(&name.as_str()),
        positional: spec.positional.contains(&name.as_str()),
    };
    let mut fields: Vec<Field> = properties.iter().map(field).collect();
    let place = |f: &Field| spec.positional.iter().position(|p| *p == f.name).unwrap_or(usize::MAX);
    fields.sort_by_key(place);
    fields
}

/// A schema that refers to itself ends here.
const DEPTH_MAX: usize = 8;

fn shape(schema: &Json, root: &Json) -> Shape {
    let schema = resolved(schema, root);
    if let Some(words) = words(schema, root) {
        return Shape::Words(words);
    }
    let kind = match schema.get("type") {
        Some(Json::String(kind)) => kind.as_str(),
        Some(Json::Array(kinds)) => {
            kinds.iter().filter_map(Json::as_str).find(|k| *k != "null").unwrap_or("object")
        }
        _ => "object",
    };
    match kind {
        "boolean" => Shape::Flag,
        "integer" => Shape::Integer,
        "number" => Shape::Number,
        "string" => Shape::Text,
        "array" => match schema.get("items").map(|items| shape(items, root)) {
            Some(Shape::List(_) | Shape::Json | Shape::Flag) | None => Shape::Json,
            Some(item) => Shape::List(Box::new(item)),
        },
        _ => Shape::Json,
    }
}

/// Follows references, and looks through "this or null".
fn resolved<'a>(mut schema: &'a Json, root: &'a Json) -> &'a Json {
    for _ in 0..DEPTH_MAX {
        if let Some(path) = schema.get("$ref").and_then(Json::as_str) {
            match root.pointer(path.trim_start_matches('#')) {
                Some(found) => schema = found,
                None => break,
            }
            continue;
        }
        let choices = ["anyOf", "oneOf", "allOf"].iter().find_map(|k| schema.get(k)?.as_array());
        let is_null = |s: &&Json| s.get("type").and_then(Json::as_str) == Some("null");
        let mut others = choices.into_iter().flatten().filter(|s| !is_null(s));
        match (others.next(), others.next()) {
            (Some(only), None) => schema = only,
            _ => break,
        }
    }
    schema
}

fn words(schema: &Json, root: &Json) -> Option<Vec<String>> {
    let text = |v: &Json| v.as_str().map(str::to_owned);
    if let Some(values) = schema.get("enum").and_then(Json::as_array) {
        return values.iter().filter(|v| !v.is_null()).map(text).collect();
    }
    if let Some(value) = schema.get("const") {
        return text(value).map(|word| vec![word]);
    }
    let choices = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    let mut all = vec![];
    for choice in choices {
        all.extend(words(resolved(choice, root), root)?);
    }
    Some(all)
}

/// The command for one operation. `flags` of everybody have been taken out before.
pub(crate) fn command(spec: &Spec) -> Command {
    let mut command = Command::new(spec.name)
        .about(spec.summary)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .no_binary_name(true);
    for field in fields(spec) {
        command = command.arg(argument(&field));
    }
    command.arg(
        Arg::new(INPUT)
            .long(INPUT)
            .value_name("JSON")
            .allow_hyphen_values(true)
            .help("The whole input as JSON; `-` reads it from standard input"),
    )
}

const INPUT: &str = "input";

fn argument(field: &Field) -> Arg {
    let mut about = field.about.clone();
    if let Some(default) = &field.default
        && *default != Json::Bool(false)
    {
        about = format!("{about} [default: {}]", shown(default));
    }
    let arg = Arg::new(field.name.clone()).help(about.trim().to_owned());
    let arg = match field.positional {
        true => arg,
        false => arg.long(field.flag()),
    };
    let arg = arg.value_name(field.value_name());
    let arg = match field.required {
        true => arg.required_unless_present(INPUT),
        false => arg,
    };
    typed(arg, &field.shape)
}

fn typed(arg: Arg, shape: &Shape) -> Arg {
    match shape {
        Shape::Flag => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(clap::value_parser!(bool)),
        Shape::Integer => arg.allow_negative_numbers(true).value_parser(clap::value_parser!(i64)),
        Shape::Number => arg.allow_negative_numbers(true).value_parser(clap::value_parser!(f64)),
        Shape::Text | Shape::Json => arg.allow_hyphen_values(false),
        Shape::Words(words) => arg.value_parser(PossibleValuesParser::new(words.clone())),
        Shape::List(item) => typed(arg, item).action(ArgAction::Append),
    }
}

/// A value as one would type it.
pub(crate) fn shown(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The input that the words mean. `stdin` is read when it is asked for.
pub(crate) fn input(
    spec: &Spec,
    words: &[String],
    stdin: impl FnOnce() -> Result<String, Fault>,
) -> Result<Json, Fault> {
    let matches = command(spec).try_get_matches_from(words).map_err(|e| refused(spec, &e))?;
    let mut input = match matches.get_one::<String>(INPUT) {
        None => Map::new(),
        Some(text) => whole(if text == "-" { stdin()? } else { text.clone() })?,
    };
    for field in fields(spec) {
        if let Some(value) = value(&field, &field.shape, &matches)? {
            input.insert(field.name, value);
        }
    }
    Ok(Json::Object(input))
}

fn whole(text: String) -> Result<Map<String, Json>, Fault> {
    match serde_json::from_str(&text) {
        Ok(Json::Object(input)) => Ok(input),
        Ok(_) => {
            Err(misspelt("the input is not a JSON object")
                .hint("such as `--input '{\"limit\": 5}'`"))
        }
        Err(e) => Err(misspelt(format!("the input is not JSON: {e}"))),
    }
}

fn value(field: &Field, shape: &Shape, matches: &ArgMatches) -> Result<Option<Json>, Fault> {
    let name = field.name.as_str();
    let text = || matches.get_one::<String>(name).cloned();
    Ok(match shape {
        Shape::Flag => matches.get_one::<bool>(name).map(|v| Json::from(*v)),
        Shape::Integer => matches.get_one::<i64>(name).map(|v| Json::from(*v)),
        Shape::Number => matches.get_one::<f64>(name).map(|v| Json::from(*v)),
        Shape::Text | Shape::Words(_) => text().map(Json::from),
        Shape::Json => match text() {
            None => None,
            Some(text) => Some(
                serde_json::from_str(&text)
                    .map_err(|e| misspelt(format!("`{}` is not JSON: {e}", field.flag())))?,
            ),
        },
        Shape::List(item) => match &**item {
            Shape::Integer => list::<i64>(name, matches),
            Shape::Number => list::<f64>(name, matches),
            _ => list::<String>(name, matches),
        },
    })
}

fn list<T: Clone + Into<Json> + Send + Sync + 'static>(
    name: &str,
    matches: &ArgMatches,
) -> Option<Json> {
    let given = matches.get_many::<T>(name)?;
    Some(Json::Array(given.cloned().map(Into::into).collect()))
}

/// What clap found wrong, in our words.
fn refused(spec: &Spec, error: &clap::Error) -> Fault {
    let fields = fields(spec);
    let flags = || fields.iter().filter(|f| !f.positional).map(|f| format!("--{}", f.flag()));
    complaint(spec.name, flags().collect(), error)
}

/// The same for any command.
pub(crate) fn complaint(name: &str, flags: Vec<String>, error: &clap::Error) -> Fault {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let arg = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    let help = format!("`mobo help {name}` shows what it takes");
    match error.kind() {
        ErrorKind::UnknownArgument if arg.starts_with('-') => {
            let fault = misspelt(format!("`{name}` has no flag `{arg}`"));
            let known = crate::options::GLOBAL.iter().map(|(flag, _, _)| format!("--{flag}"));
            let known: Vec<String> = flags.into_iter().chain(known).collect();
            match names::nearest(&arg, known.iter().map(String::as_str)) {
                Some(flag) => fault.hint(format!("did you mean `{flag}`? {help}")),
                None => fault.hint(help),
            }
        }
        ErrorKind::UnknownArgument => {
            misspelt(format!("`{name}` does not take `{arg}`")).hint(help)
        }
        ErrorKind::MissingRequiredArgument => {
            misspelt(format!("`{name}` needs {}", arg.replace(", ", " and "))).hint(help)
        }
        ErrorKind::InvalidValue => {
            let words = context(ContextKind::ValidValue);
            if value.is_empty() {
                return misspelt(format!("`{arg}` needs a value")).hint(match words.is_empty() {
                    true => help,
                    false => format!("say one of {words}"),
                });
            }
            let near = names::nearest(&value, words.split(", "));
            misspelt(format!("`{value}` is not a value of `{arg}`")).hint(match near {
                Some(word) => format!("did you mean `{word}`? it takes {words}"),
                None => format!("it takes {words}"),
            })
        }
        ErrorKind::ValueValidation => {
            misspelt(format!("`{value}` is not a value of `{arg}`")).hint(help)
        }
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            misspelt(line.strip_prefix("error: ").unwrap_or(line).to_owned()).hint(help)
        }
    }
}

/// What a person would type for this input, without the program's name.
pub(crate) fn typed_out(spec: &Spec, input: &Json) -> Vec<String> {
    let mut words = vec![spec.name.to_owned()];
    let empty = Map::new();
    let given = input.as_object().unwrap_or(&empty);
    let fields = fields(spec);
    let deep = |v: &Json| match v {
        Json::Array(items) => items.iter().any(|i| i.is_array() || i.is_object()),
        Json::Object(_) => true,
        _ => false,
    };
    let mut gap = false;
    for field in fields.iter().filter(|f| f.positional) {
        gap |= !given.contains_key(&field.name);
    }
    let unknown = given.keys().any(|k| !fields.iter().any(|f| f.name == *k));
    // A hole among the positional ones, or a thing that no flag can say: the whole as JSON.
    let later = fields.iter().filter(|f| f.positional).skip_while(|f| given.contains_key(&f.name));
    let hole = gap && later.into_iter().any(|f| given.contains_key(&f.name));
    if hole || unknown || given.values().any(deep) {
        words.extend(["--input".to_owned(), input.to_string()]);
        return words;
    }
    for field in &fields {
        match (given.get(&field.name), field.positional) {
            (None | Some(Json::Null), _) => {}
            (Some(value), true) => words.push(shown(value)),
            (Some(Json::Bool(true)), false) => words.push(format!("--{}", field.flag())),
            (Some(Json::Bool(false)), false) => words.push(format!("--{}=false", field.flag())),
            (Some(Json::Array(items)), false) => {
                for item in items {
                    words.extend([format!("--{}", field.flag()), shown(item)]);
                }
            }
            (Some(value), false) => words.extend([format!("--{}", field.flag()), shown(value)]),
        }
    }
    words
}

/// The words as one line that a shell reads back the same.
pub(crate) fn quoted(words: &[String]) -> String {
    let plain = |w: &str| {
        !w.is_empty() && w.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c))
    };
    let word = |w: &String| match plain(w) {
        true => w.clone(),
        false => format!("'{}'", w.replace('\'', "'\\''")),
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// How a field stands in a page of help.
pub(crate) fn shown_field(field: &Field) -> String {
    let name = field.value_name();
    match (field.positional, &field.shape) {
        (true, _) if field.required => format!("<{name}>"),
        (true, _) => format!("[{name}]"),
        (false, Shape::Flag) => format!("--{}", field.flag()),
        (false, _) => format!("--{} {name}", field.flag()),
    }
}

pub(crate) fn about_field(field: &Field) -> String {
    let mut about = field.about.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Shape::Words(words) = &field.shape {
        about.push_str(&format!(" ({})", words.join(", ")));
    }
    if let Shape::List(_) = field.shape {
        about.push_str(" May be given again.");
    }
    match &field.default {
        Some(default) if *default != Json::Bool(false) => {
            about.push_str(&format!(" [default: {}]", shown(default)));
        }
        _ => {}
    }
    about
}

pub(crate) fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read: it changes nothing",
        Effect::Write => "write",
        Effect::Admin => "admin",
        Effect::Destructive => {
            "destructive: it cannot be taken back; it takes --dangerously-allow-delete"
        }
    }
}

#[cfg(test)]
#[path = "grammar_tests.rs"]
mod tests;
