//! A page to browse an OpenAPI document of ours: every table and function with its columns and with
//! calls in four languages that can be copied and run. It asks no other host for anything.
//!
//! The page is served with `CSP`, and beside it `reference/style.css` is `CSS` and
//! `reference/script.js` is `JS`. Without the script the page can be read as well.

mod examples;

use serde_json::Value as Json;
use std::fmt::Write as _;

pub const CSS: &str = include_str!("reference/style.css");
pub const JS: &str = include_str!("reference/script.js");
/// No script or style within the page, and nothing from elsewhere.
pub const CSP: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const LANGUAGES: [(&str, &str); 4] =
    [("curl", "curl"), ("js", "supabase-js"), ("python", "Python"), ("dart", "Dart")];

/// `openapi` is what the function of that name made.
pub fn reference_page(openapi: &Json) -> String {
    let title = escaped(openapi["info"]["title"].as_str().unwrap_or("REST API"));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<link rel=\"stylesheet\" href=\"reference/style.css\">\n\
         <script src=\"reference/script.js\" defer></script>\n</head>\n<body>\n"
    );
    for (at, (id, name)) in LANGUAGES.iter().enumerate() {
        let checked = if at == 0 { " checked" } else { "" };
        let _ = writeln!(
            page,
            "<input type=\"radio\" name=\"language\" id=\"in-{id}\"{checked}>\
             <label class=\"language\" for=\"in-{id}\">{name}</label>"
        );
    }
    let sections = sections(openapi);
    page.push_str(&navigation(&sections));
    page.push_str("<main>\n");
    page.push_str(&opening(openapi, &title));
    for section in &sections {
        page.push_str(&shown(openapi, section));
    }
    if sections.is_empty() {
        page.push_str("<p>Nothing is open to this role yet.</p>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// One table or function.
struct Section<'a> {
    anchor: String,
    name: String,
    function: bool,
    path: &'a str,
    item: &'a Json,
    about: &'a str,
    /// Of its schemas.
    label: &'a str,
}

fn sections(openapi: &Json) -> Vec<Section<'_>> {
    let paths = openapi["paths"].as_object().into_iter().flatten();
    let mut sections: Vec<Section<'_>> = Vec::new();
    for (at, (path, item)) in paths.enumerate() {
        let Some(operation) = operations(item).next().map(|(_, operation)| operation) else {
            continue;
        };
        let id = operation["operationId"].as_str().unwrap_or_default();
        // What belongs to no table or function has a name without their parts.
        let Some((_, label)) = id.split_once('.') else { continue };
        let tag = operation["tags"][0].as_str().unwrap_or_default();
        let function = path.starts_with("/rpc/");
        let about = openapi["tags"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|known| known["name"] == tag)
            .and_then(|known| known["description"].as_str())
            .or_else(|| operation["description"].as_str())
            .unwrap_or_default();
        let name = if function { tag.strip_prefix("rpc ").unwrap_or(tag) } else { tag };
        sections.push(Section {
            anchor: format!("part-{at}"),
            name: name.to_owned(),
            function,
            path,
            item,
            about,
            label,
        });
    }
    sections
}

const VERBS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn operations(item: &Json) -> impl Iterator<Item = (&'static str, &Json)> {
    VERBS.into_iter().filter_map(|verb| Some((verb, item.get(verb)?)))
}

fn navigation(sections: &[Section<'_>]) -> String {
    let mut text = String::from(
        "<nav>\n<input type=\"search\" id=\"find\" placeholder=\"Find\" aria-label=\"Find a table or function\">\n",
    );
    for (title, function) in [("Tables", false), ("Functions", true)] {
        let of_kind: Vec<&Section<'_>> =
            sections.iter().filter(|section| section.function == function).collect();
        if of_kind.is_empty() {
            continue;
        }
        let _ = writeln!(text, "<h2>{title}</h2>\n<ul>");
        for section in of_kind {
            let name = escaped(&section.name);
            let _ = writeln!(text, "<li><a href=\"#{}\">{name}</a></li>", section.anchor);
        }
        text.push_str("</ul>\n");
    }
    text + "</nav>\n"
}

fn opening(openapi: &Json, title: &str) -> String {
    let mut text = format!("<h1>{title}</h1>\n");
    if let Some(about) = openapi["info"]["description"].as_str() {
        text.push_str(&paragraphs(about));
    }
    text.push_str(
        "<p><label>API key <input type=\"password\" id=\"key\" autocomplete=\"off\" \
         spellcheck=\"false\"></label> <span class=\"hint\">It stays in this page, and stands for \
         <code>$KEY</code> when an example is run or copied.</span></p>\n<h2>Begin</h2>\n",
    );
    text + &blocks(&examples::begin(openapi), None)
}

fn shown(openapi: &Json, section: &Section<'_>) -> String {
    let name = escaped(&section.name);
    let kind = if section.function { "Function" } else { "Table" };
    let mut text = format!(
        "<section id=\"{}\" data-name=\"{name}\">\n<h2><a href=\"#{}\">{name}</a> \
         <small>{kind}</small></h2>\n",
        section.anchor, section.anchor
    );
    text.push_str(&paragraphs(section.about));
    if !section.function {
        text.push_str(&columns(openapi, section.label));
    }
    for (verb, operation) in operations(section.item) {
        let summary = marked(operation["summary"].as_str().unwrap_or_default());
        let path = escaped(section.path);
        let _ = writeln!(
            text,
            "<h3>{summary}</h3>\n<p class=\"route\"><b>{}</b> <code>{path}</code></p>",
            verb.to_uppercase()
        );
        let example = examples::of(openapi, section.path, &section.name, verb, operation);
        let run = (verb == "get").then_some((example.url.as_str(), examples::profile(openapi)));
        text.push_str(&blocks(&example.texts, run));
    }
    text + "</section>\n"
}

fn columns(openapi: &Json, label: &str) -> String {
    let schemas = &openapi["components"]["schemas"];
    let row = [label.to_owned(), format!("{label}.insert"), format!("{label}.update")]
        .into_iter()
        .find_map(|name| schemas.get(name)?["properties"].as_object());
    let Some(row) = row else { return String::new() };
    let needed = schemas.get(format!("{label}.insert")).map(|insert| &insert["required"]);
    let mut text = String::from(
        "<table>\n<tr><th>Column</th><th>Type</th><th>Null</th><th>Default</th><th></th></tr>\n",
    );
    for (name, schema) in row {
        let sql = schema["x-sql-type"].as_str().unwrap_or("json");
        let nullable = match &schema["type"] {
            Json::Array(kinds) => kinds.iter().any(|kind| kind == "null"),
            Json::Null => true,
            _ => false,
        };
        let is_needed =
            needed.and_then(Json::as_array).is_some_and(|all| all.iter().any(|n| n == name));
        let mut notes = String::new();
        if is_needed {
            notes.push_str("<b>needed</b> ");
        }
        if let Some(labels) = schema["enum"].as_array() {
            let labels: Vec<String> = labels
                .iter()
                .filter_map(Json::as_str)
                .map(|label| format!("<code>{}</code>", escaped(label)))
                .collect();
            notes.push_str(&labels.join(" "));
            notes.push(' ');
        }
        if let Some(about) = schema["description"].as_str() {
            notes.push_str(&escaped(about));
        }
        let default = schema.get("default").map(|value| escaped(&value.to_string()));
        let _ = writeln!(
            text,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(name),
            escaped(sql),
            if nullable { "yes" } else { "no" },
            default.map_or_else(String::new, |value| format!("<code>{value}</code>")),
            notes.trim_end(),
        );
    }
    text + "</table>\n"
}

/// The same call in all languages; the style shows the one that was chosen.
fn blocks(texts: &[String; 4], run: Option<(&str, Option<&str>)>) -> String {
    let mut html = String::from("<div class=\"example\">\n");
    for ((id, _), text) in LANGUAGES.iter().zip(texts) {
        let _ = writeln!(html, "<pre class=\"{id}\"><code>{}</code></pre>", escaped(text));
    }
    if let Some((url, profile)) = run {
        let profile = profile.map(|name| format!(" data-profile=\"{}\"", escaped(name)));
        let _ = writeln!(
            html,
            "<button class=\"run\" data-url=\"{}\"{} hidden>Run</button>",
            escaped(url),
            profile.unwrap_or_default()
        );
    }
    html + "<button class=\"copy\" hidden>Copy</button>\n</div>\n"
}

/// What stands between backquotes is code.
fn marked(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(at, part)| match at % 2 {
            0 => escaped(part),
            _ => format!("<code>{}</code>", escaped(part)),
        })
        .collect()
}

fn paragraphs(text: &str) -> String {
    text.split("\n\n")
        .filter(|part| !part.trim().is_empty())
        .map(|part| format!("<p>{}</p>\n", marked(part.trim())))
        .collect()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
