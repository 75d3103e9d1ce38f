//! `mobo docs`: the book that is in the binary, and the reference pages that are made from its
//! declarations.

use crate::options::Options;
use crate::specs::Specs;
use crate::trouble::{Done, io, misspelt};
use crate::{book, grammar, help, plain};
use mag_contract::operation::Spec;
use mag_contract::{Fault, codes, durable};
use mag_mobo::Parts;
use std::path::Path;

pub(crate) fn docs(parts: &Parts, options: &Options, words: &[String]) -> Done {
    let screen = options.screen();
    let (folder, rest) = help::take_flag("docs", "--write", words)?;
    if let Some(folder) = folder {
        help::no_words("docs", &rest)?;
        return write(parts, options, Path::new(&folder));
    }
    match rest.as_slice() {
        [] => {
            screen.out(&chapters(&screen));
            Ok(())
        }
        [name] if !name.starts_with('-') => {
            screen.out(&plain::page(&screen, &page(parts, name)?));
            Ok(())
        }
        more => help::no_words("docs", more),
    }
}

fn chapters(screen: &crate::screen::Screen) -> String {
    let summary = book::page("SUMMARY").unwrap_or_default();
    let mut lines = vec![];
    for line in summary.lines() {
        if let Some(heading) = line.strip_prefix("# ") {
            lines.extend([String::new(), screen.paint(crate::screen::Tone::Bold, heading)]);
        } else if let Some((title, path)) = line.trim_start_matches("- [").split_once("](") {
            let path = path.trim_end_matches(')').trim_end_matches(".md");
            lines.push(format!("  {path:<32} {title}"));
        }
    }
    for (path, title) in
        [("reference/operations", "All operations"), ("reference/settings", "All settings")]
    {
        lines.push(format!("  {path:<32} {title}"));
    }
    lines.extend([
        String::new(),
        "`mobo docs CHAPTER` shows one; the last part of its name is enough".to_owned(),
    ]);
    lines.join("\n").trim_start().to_owned()
}

fn page(parts: &Parts, name: &str) -> Result<String, Fault> {
    let name = name.trim_end_matches(".md");
    let generated = ["reference/operations", "reference/settings"];
    let known: Vec<&str> = book::PAGES
        .iter()
        .map(|(path, _)| *path)
        .filter(|p| *p != "SUMMARY")
        .chain(generated)
        .collect();
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let small = name.to_lowercase();
    let found = known.iter().find(|p| **p == name);
    let found = found.or_else(|| known.iter().find(|p| last(p) == small));
    // The beginning of a name is enough, unless it is so short that it could be anything.
    let found =
        found.or_else(|| known.iter().find(|p| small.len() >= 3 && last(p).starts_with(&small)));
    match found {
        Some(&"reference/operations") => Ok(operations(parts)),
        Some(&"reference/settings") => Ok(settings(parts)),
        Some(path) => Ok(book::page(path).unwrap_or_default().to_owned()),
        None => {
            let ends = known.iter().filter_map(|p| p.rsplit('/').next());
            let title = known
                .iter()
                .find(|p| book::page(p).is_some_and(|t| book::title(t).eq_ignore_ascii_case(name)));
            match title.and_then(|path| book::page(path)) {
                Some(text) => Ok(text.to_owned()),
                None => Err(Fault::new(
                    codes::NO_SUCH_NAME,
                    format!("the book has no chapter `{name}`"),
                )
                .hint("`mobo docs` lists them")
                .nearest(name, ends)),
            }
        }
    }
}

fn write(parts: &Parts, options: &Options, folder: &Path) -> Done {
    if folder.is_file() {
        return Err(misspelt(format!("{} is a file, not a folder", folder.display())).into());
    }
    let reference = folder.join("reference");
    let refused = |e| io(format!("{} cannot be written", reference.display()), e);
    durable::create_folder(&reference).map_err(refused)?;
    for (name, text) in [("operations.md", operations(parts)), ("settings.md", settings(parts))] {
        durable::write(&reference.join(name), text.as_bytes()).map_err(refused)?;
        options.screen().say(&format!("wrote {}", reference.join(name).display()));
    }
    Ok(())
}

/// The reference of settings, as Markdown.
pub(crate) fn settings(parts: &Parts) -> String {
    mag_settings::reference(&mag_mobo::sections(parts))
}

/// The reference of operations, as Markdown.
pub(crate) fn operations(parts: &Parts) -> String {
    let mut page = String::from(
        "# Operations\n\nEverything a board can do. Each is a command, `POST /admin/v1/operations/{name}` over HTTP, and a line \
         in the audit log. This page is made from the declarations in the binary.\n",
    );
    let specs = Specs::of(parts);
    let mut group = "";
    for spec in specs.iter() {
        if spec.group() != group {
            group = spec.group();
            page.push_str(&format!("\n## {group}\n"));
        }
        page.push_str(&operation(spec));
    }
    page
}

fn operation(spec: &Spec) -> String {
    let mut page = format!("\n### `{}`\n\n{}.\n", spec.name, spec.summary);
    if !spec.about.is_empty() {
        page.push_str(&format!("\n{}\n", spec.about));
    }
    page.push_str(&format!("\n```console\n$ {}\n```\n", help::usage(spec)));
    let cell = |text: String| text.replace('|', "\\|");
    let fields = grammar::fields(spec);
    if !fields.is_empty() {
        page.push_str("\n| input | |\n|---|---|\n");
        for field in fields {
            let about = cell(grammar::about_field(&field));
            page.push_str(&format!("| `{}` | {about} |\n", cell(grammar::shown_field(&field))));
        }
    }
    let mut facts = vec![
        format!("permission `{}`", spec.permission),
        format!("effect {}", grammar::effect(spec.effect)),
    ];
    if !spec.aliases.is_empty() {
        facts.push(format!("short `mobo {}`", spec.aliases.join("`, `mobo ")));
    }
    if spec.preview {
        facts.push("can be previewed".into());
    }
    if spec.follows {
        facts.push("goes on until it is interrupted".into());
    }
    if let Some(undo) = spec.undo {
        facts.push(format!("taken back by `{undo}`"));
    }
    page.push_str(&format!("\n{}\n", facts.join(" · ")));
    for example in &spec.examples {
        let typed = grammar::quoted(&grammar::typed_out(spec, &example.input));
        let how = match example.expect {
            mag_contract::operation::Expect::Fault(code) => format!(" (refused with {code})"),
            _ => String::new(),
        };
        page.push_str(&format!("\n{}{how}:\n\n```console\n$ mobo {typed}\n```\n", example.title));
    }
    page
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_reference_in_the_book_is_what_this_binary_says() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference");
        let parts = crate::parts();
        for (name, text) in
            [("operations.md", super::operations(&parts)), ("settings.md", super::settings(&parts))]
        {
            let path = folder.join(name);
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                std::fs::write(&path, &text).unwrap();
            }
            let kept = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(kept == text, "docs/reference/{name} is old: run `mobo docs --write docs`");
        }
    }
}
