//! Calls in four languages, each of which does the same.

use serde_json::{Map, Value as Json, json};

pub(super) struct Example {
    pub(super) url: String,
    pub(super) texts: [String; 4],
}

/// The API's address; without a host one that a person will recognise as theirs to replace.
fn server(openapi: &Json) -> String {
    let url = openapi["servers"][0]["url"].as_str().unwrap_or("/rest/v1");
    let url = url.trim_end_matches('/');
    if url.starts_with('/') { format!("http://127.0.0.1:8000{url}") } else { url.to_owned() }
}

/// The schema, where a request must name it.
pub(super) fn profile(openapi: &Json) -> Option<&str> {
    let schema = openapi["x-schema"].as_str()?;
    let default =
        openapi["components"]["parameters"]["acceptProfile"]["schema"]["default"].as_str()?;
    (schema != default).then_some(schema)
}

pub(super) fn begin(openapi: &Json) -> [String; 4] {
    let server = server(openapi);
    let origin = server.strip_suffix("/rest/v1").unwrap_or(&server);
    let schema = profile(openapi);
    let js = schema.map_or(String::new(), |s| format!(", {{ db: {{ schema: {} }} }}", json!(s)));
    let python = schema.map_or(String::new(), |s| format!(", schema={}", json!(s)));
    let dart = schema.map_or(String::new(), |s| format!(", schema: {}", dart(&json!(s))));
    [
        format!("export KEY='your key'\ncurl '{server}/' -H \"apikey: $KEY\""),
        format!(
            "import {{ createClient }} from '@supabase/supabase-js'\n\n\
             const supabase = createClient('{origin}', '$KEY'{js})"
        ),
        format!(
            "from postgrest import SyncPostgrestClient\n\n\
             headers = {{\"apikey\": \"$KEY\", \"Authorization\": \"Bearer $KEY\"}}\n\
             client = SyncPostgrestClient(\"{server}\"{python}, headers=headers)"
        ),
        format!(
            "import 'package:postgrest/postgrest.dart';\n\n\
             final client = PostgrestClient('{server}'{dart}, headers: {{'apikey': r'$KEY'}});"
        ),
    ]
}

pub(super) fn of(openapi: &Json, path: &str, name: &str, verb: &str, operation: &Json) -> Example {
    let function = path.starts_with("/rpc/");
    let body = body(openapi, operation);
    let filter = filter(openapi, operation);
    let mut url = format!("{}{path}", server(openapi));
    let mut query: Vec<String> = Vec::new();
    if function && verb == "get" {
        query.extend(
            asked(operation)
                .iter()
                .map(|(name, value)| format!("{}={}", encoded(name), encoded(&plain(value)))),
        );
    } else if !function {
        match verb {
            "get" => query.extend(["select=*".into(), "limit=10".into()]),
            "patch" | "delete" | "put" => query.extend(
                filter.iter().map(|(c, v)| format!("{}=eq.{}", encoded(c), encoded(&plain(v)))),
            ),
            _ => {}
        }
    }
    if !query.is_empty() {
        url = format!("{url}?{}", query.join("&"));
    }
    let curl = curl(openapi, verb, &url, &body);
    let clients = if function {
        let arguments =
            if verb == "get" { Json::Object(asked(operation)) } else { body.unwrap_or(json!({})) };
        calls(name, &arguments, verb == "get")
    } else {
        rows(name, verb, body.as_ref().unwrap_or(&Json::Null), filter.as_ref())
    };
    let [js, python, dart] = clients;
    Example { url, texts: [curl, js, python, dart] }
}

fn curl(openapi: &Json, verb: &str, url: &str, body: &Option<Json>) -> String {
    let method = if verb == "get" { String::new() } else { format!(" -X {}", verb.to_uppercase()) };
    let mut text = format!("curl{method} {} \\\n  -H \"apikey: $KEY\"", shell(url));
    if let Some(schema) = profile(openapi) {
        let header = if verb == "get" { "Accept-Profile" } else { "Content-Profile" };
        text.push_str(&format!(" \\\n  -H {}", shell(&format!("{header}: {schema}"))));
    }
    if let Some(body) = body {
        text.push_str(" \\\n  -H 'Content-Type: application/json'");
        if verb != "get" && !url.contains("/rpc/") {
            text.push_str(" \\\n  -H 'Prefer: return=representation'");
        }
        text.push_str(&format!(" \\\n  -d {}", shell(&body.to_string())));
    }
    text
}

fn calls(name: &str, arguments: &Json, looks: bool) -> [String; 3] {
    let name = json!(name);
    let bare = arguments.as_object().is_some_and(Map::is_empty);
    let (js, python, darts) = if bare {
        (String::new(), ", {}".into(), String::new())
    } else {
        (
            format!(", {arguments}"),
            format!(", {}", python(arguments)),
            format!(", params: {}", dart(arguments)),
        )
    };
    let js = match (looks, bare) {
        (true, true) => format!("await supabase.rpc({name}, {{}}, {{ get: true }})"),
        (true, false) => format!("await supabase.rpc({name}{js}, {{ get: true }})"),
        (false, _) => format!("await supabase.rpc({name}{js})"),
    };
    let get = if looks { ", get=True" } else { "" };
    let get_dart = if looks { ", get: true" } else { "" };
    [
        format!("const {{ data, error }} = {js}"),
        format!("data = client.rpc({name}{python}{get}).execute().data"),
        format!("final data = await client.rpc({}{darts}{get_dart});", dart(&name)),
    ]
}

fn rows(name: &str, verb: &str, body: &Json, filter: Option<&(String, Json)>) -> [String; 3] {
    let name = json!(name);
    let (js_from, python_from, dart_from) = (
        format!("const {{ data, error }} = await supabase.from({name})"),
        format!("rows = client.from_({name})"),
        format!("final rows = await client.from({})", dart(&name)),
    );
    let (js_where, python_where, dart_where) = match filter {
        Some((column, value)) => (
            format!(".eq({}, {value})", json!(column)),
            format!(".eq({}, {})", json!(column), python(value)),
            format!(".eq({}, {})", dart(&json!(column)), dart(value)),
        ),
        None => Default::default(),
    };
    let (js, py, da) = match verb {
        "get" => (
            ".select().limit(10)".to_owned(),
            ".select(\"*\").limit(10)".to_owned(),
            ".select().limit(10)".to_owned(),
        ),
        "post" => (
            format!(".insert({body}).select()"),
            format!(".insert({})", python(body)),
            format!(".insert({}).select()", dart(body)),
        ),
        "put" => (
            format!(".upsert({body}).select()"),
            format!(".upsert({})", python(body)),
            format!(".upsert({}).select()", dart(body)),
        ),
        "patch" => (
            format!(".update({body}){js_where}.select()"),
            format!(".update({}){python_where}", python(body)),
            format!(".update({}){dart_where}.select()", dart(body)),
        ),
        _ => (
            format!(".delete(){js_where}"),
            format!(".delete(){python_where}"),
            format!(".delete(){dart_where}"),
        ),
    };
    [
        format!("{js_from}{js}"),
        format!("{python_from}{py}.execute().data"),
        format!("{dart_from}{da};"),
    ]
}

fn resolve<'a>(openapi: &'a Json, schema: &'a Json) -> &'a Json {
    let pointer = schema["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
    pointer.and_then(|pointer| openapi.pointer(pointer)).unwrap_or(schema)
}

/// A body with what is needed, or with a column or two where nothing is.
fn body(openapi: &Json, operation: &Json) -> Option<Json> {
    let schema = operation["requestBody"]["content"].get("application/json")?.get("schema")?;
    let one = schema["oneOf"][0].as_object().map(|_| &schema["oneOf"][0]);
    let one = one.or_else(|| schema["anyOf"][0].as_object().map(|_| &schema["anyOf"][0]));
    let schema = resolve(openapi, one.unwrap_or(schema));
    let Some(properties) = schema["properties"].as_object() else { return Some(json!({})) };
    let needed: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let mut shown: Map<String, Json> = properties
        .iter()
        .filter(|(name, _)| needed.contains(&name.as_str()))
        .map(|(name, schema)| (name.clone(), sample(schema)))
        .collect();
    if shown.is_empty() {
        let texts = |schema: &&Json| kind(schema) == "string" && schema.get("format").is_none();
        let chosen = properties.iter().find(|(_, s)| texts(s)).or_else(|| properties.iter().next());
        shown.extend(chosen.map(|(name, schema)| (name.clone(), sample(schema))));
    }
    Some(Json::Object(shown))
}

/// The first column that rows can be found by.
fn filter(openapi: &Json, operation: &Json) -> Option<(String, Json)> {
    let parameters = operation["parameters"].as_array()?;
    let name = parameters
        .iter()
        .find(|p| p["in"] == "query" && p.get("name").is_some())
        .and_then(|p| p["name"].as_str())?;
    let label = operation["operationId"].as_str()?.split_once('.')?.1;
    let schema = &openapi["components"]["schemas"][label]["properties"][name];
    Some((name.to_owned(), sample(schema)))
}

/// Arguments in the query that are needed.
fn asked(operation: &Json) -> Map<String, Json> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters
        .filter(|parameter| parameter["required"] == true)
        .filter_map(|p| Some((p["name"].as_str()?.to_owned(), sample(&p["schema"]))))
        .collect()
}

fn kind(schema: &Json) -> &str {
    match &schema["type"] {
        Json::Array(kinds) => kinds.first().and_then(Json::as_str).unwrap_or_default(),
        kind => kind.as_str().unwrap_or_default(),
    }
}

fn sample(schema: &Json) -> Json {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match (kind(schema), schema["format"].as_str()) {
        ("integer" | "number", _) => json!(1),
        ("boolean", _) => json!(true),
        ("array", _) => json!([]),
        ("string", Some("uuid")) => json!("00000000-0000-4000-8000-000000000001"),
        ("string", Some("date")) => json!("2030-01-31"),
        ("string", Some("date-time")) => json!("2030-01-31T12:00:00Z"),
        ("string", _) => match schema["maxLength"].as_u64() {
            Some(short) if short < 4 => json!("a"),
            _ => json!("text"),
        },
        _ => json!({}),
    }
}

/// As it stands in a query.
fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn python(value: &Json) -> String {
    match value {
        Json::Null => "None".into(),
        Json::Bool(true) => "True".into(),
        Json::Bool(false) => "False".into(),
        Json::Array(items) => {
            format!("[{}]", items.iter().map(python).collect::<Vec<_>>().join(", "))
        }
        Json::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", json!(name), python(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        other => other.to_string(),
    }
}

fn dart(value: &Json) -> String {
    match value {
        Json::String(text) => {
            let text = text.replace('\\', "\\\\").replace('\'', "\\'").replace('$', "\\$");
            format!("'{}'", text.replace('\n', "\\n"))
        }
        Json::Array(items) => {
            format!("[{}]", items.iter().map(dart).collect::<Vec<_>>().join(", "))
        }
        Json::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, v)| format!("{}: {}", dart(&json!(name)), dart(v)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        other => other.to_string(),
    }
}
