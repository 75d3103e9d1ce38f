//! The settings as a page of the book, and as a file to start from. Both are generated: a setting
//! that is missing here does not exist.

use crate::loaded::text_of;
use crate::path::{env_name, text};
use crate::schema::Schema;
use crate::section::Section;
use serde_json::Value;

struct Entry<'a> {
    path: Vec<String>,
    schema: Schema<'a>,
    default: Option<&'a Value>,
    required: bool,
    live: bool,
}

/// Every setting as Markdown: key, type, default, when it takes effect, name in the environment.
pub fn reference(sections: &[Section]) -> String {
    let mut page = String::from(
        "# Settings\n\nA value is looked for in this order, and the last one found holds: the default, \
         the file `magflock.toml`, the environment, the flag `--set section.key=value`. A name in the \
         environment with `_FILE` at its end reads the value from that file. Times are written as \
         `250ms`, `10s`, `5m`, `2h`, `7d`; sizes as `64KiB`, `10MB`, `1GiB`.\n",
    );
    for section in sections {
        page.push_str(&format!("\n## `[{}]`\n\n{}\n", section.name, section.doc.trim()));
        for entry in entries(section) {
            let path = text(&section.path_of(&entry.path));
            page.push_str(&format!("\n### `{path}`\n\n"));
            let doc = entry.schema.doc();
            if !doc.is_empty() {
                page.push_str(&format!("{doc}\n\n"));
            }
            let default = match entry.default {
                Some(value) => format!("`{}`", text_of(value)),
                None if entry.required => "none: it must be set".into(),
                None => "unset".into(),
            };
            let when = if entry.live { "at once" } else { "at the next start" };
            page.push_str(&format!(
                "| type | default | takes effect | environment |\n|---|---|---|---|\n| {} | {} | {when} | `{}` |\n",
                cell(&entry.schema.kind()),
                cell(&default),
                env_name(&path)
            ));
        }
    }
    page
}

/// A `magflock.toml` in which every setting stands, commented out, with its default.
pub fn starter(sections: &[Section]) -> String {
    let mut file = String::from(
        "# MagFlock's settings. Every line that begins with `#` shows a default: take the `#` away to\n\
         # change it. `mobo config:check` tells what is wrong, `mobo config:show --origin` what holds.\n",
    );
    for section in sections.iter().filter(|section| !section.schema().is_bare()) {
        file.push('\n');
        push_comment(&mut file, &section.doc);
        file.push_str(&format!("[{}]\n", section.name));
        for entry in entries(section) {
            let kind = entry.schema.kind();
            let doc = entry.schema.doc();
            let doc = match entry.schema.words() {
                _ if doc.is_empty() => kind.clone(),
                Some(_) => format!("{doc} ({kind})"),
                None => doc,
            };
            push_comment(&mut file, &doc);
            let key = text(&entry.path);
            match entry.default {
                Some(value) if !value.is_null() => {
                    file.push_str(&format!("#{key} = {}\n", text_of(value)));
                }
                _ if entry.required => {
                    file.push_str(&format!("#{key} =        # must be set: {kind}\n"))
                }
                _ => file.push_str(&format!("#{key} =        # unset: {kind}\n")),
            }
        }
    }
    file
}

/// Comments are broken here, to be read beside the code.
const LINE_WIDTH: usize = 98;

fn push_comment(file: &mut String, doc: &str) {
    let mut line = String::from("#");
    for word in doc.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > LINE_WIDTH {
            file.push_str(&line);
            file.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    if line.len() > 1 {
        file.push_str(&line);
        file.push('\n');
    }
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// A type that contains itself ends here.
const DEPTH_MAX: usize = 8;

fn entries(section: &Section) -> Vec<Entry<'_>> {
    let mut found = vec![];
    let schema = section.schema();
    gather(&mut vec![], schema, Some(&section.defaults), schema.is_live(), &mut found);
    found
}

fn gather<'a>(
    at: &mut Vec<String>,
    schema: Schema<'a>,
    defaults: Option<&'a Value>,
    live: bool,
    found: &mut Vec<Entry<'a>>,
) {
    let required = schema.required();
    for (key, inner) in schema.properties() {
        at.push(key.to_owned());
        let default = defaults.and_then(|value| value.get(key));
        let live = live || inner.is_live();
        if inner.is_record() && at.len() < DEPTH_MAX {
            gather(at, inner, default, live, found);
        } else {
            let required = required.contains(&key);
            found.push(Entry { path: at.clone(), schema: inner, default, required, live });
        }
        at.pop();
    }
}
