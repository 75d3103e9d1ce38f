//! Lines of a page that stand for other text: `{{#include path}}`, `{{#include path:anchor}}` with
//! `// ANCHOR: name` … `// ANCHOR_END: name` around the lines, and `{{#pages}}` for the siblings.

use crate::markdown;
use crate::tree::File;

/// The text of a page with its includes put in, or each include that cannot be.
pub(super) fn expand(page: &File, files: &[File]) -> Result<String, Vec<String>> {
    let (mut text, mut faults) = (String::new(), vec![]);
    for (number, line) in page.text.lines().enumerate() {
        let wanted = line.trim().strip_prefix("{{#include ").and_then(|l| l.strip_suffix("}}"));
        let put = match wanted {
            None => Ok(format!("{line}\n")),
            Some(wanted) => included(page, wanted.trim(), files),
        };
        match put {
            Ok(put) => text.push_str(&put),
            Err(why) => faults.push(format!("{}:{}: {why}", page.path, number + 1)),
        }
    }
    if faults.is_empty() { Ok(text) } else { Err(faults) }
}

fn included(page: &File, wanted: &str, files: &[File]) -> Result<String, String> {
    let (path, anchor) = match wanted.split_once(':') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (wanted, None),
    };
    let (path, _) = markdown::resolve(&page.path, path).ok_or("only files can be included")?;
    let file = files.iter().find(|file| file.path == path);
    let file = file.ok_or_else(|| format!("includes `{path}`, which is not there"))?;
    match anchor {
        None => Ok(without_marks(file.text.lines())),
        Some(anchor) => {
            between(&file.text, anchor).ok_or_else(|| format!("`{path}` has no anchor `{anchor}`"))
        }
    }
}

/// The lines between the marks of an anchor, as far to the left as they go together.
fn between(text: &str, anchor: &str) -> Option<String> {
    let is = |line: &str, mark: &str| marked(line, mark) == Some(anchor);
    let mut lines = text.lines().skip_while(|line| !is(line, "ANCHOR:"));
    lines.next()?;
    let mut found = vec![];
    loop {
        let line = lines.next()?;
        if is(line, "ANCHOR_END:") {
            break;
        }
        found.push(line);
    }
    let indent = found
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    Some(without_marks(found.into_iter().map(|line| line.get(indent..).unwrap_or_default())))
}

fn without_marks<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines
        .filter(|line| marked(line, "ANCHOR:").is_none() && marked(line, "ANCHOR_END:").is_none())
        .fold(String::new(), |text, line| text + line + "\n")
}

/// The name in a comment such as `// ANCHOR: name`.
fn marked<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    let comment = line.trim_start();
    let comment = comment.strip_prefix("//").or_else(|| comment.strip_prefix('#'))?;
    comment.trim_start().strip_prefix(mark).map(str::trim)
}

/// The text of an index page with `{{#pages}}` replaced by a list of the pages of its folder.
pub(super) fn siblings(page: &File, pages: &[File]) -> String {
    let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let list = || -> String {
        pages
            .iter()
            .filter(|other| other.path != page.path)
            .filter_map(|other| {
                let (of, name) = other.path.rsplit_once('/').unwrap_or(("", &other.path));
                let title = markdown::read(&other.text).title;
                (of == folder).then(|| format!("- [{title}]({name})\n"))
            })
            .collect()
    };
    let lines = page.text.lines();
    lines.fold(String::new(), |text, line| match line.trim() {
        "{{#pages}}" => text + &list(),
        _ => text + line + "\n",
    })
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::tree::File;

    fn check(line: &str, expected: Result<&str, &str>) {
        let code = "//! x\nfn a() {\n    // ANCHOR: body\n    b();\n\n    // ANCHOR: inner\n    c();\n    // ANCHOR_END: inner\n    // ANCHOR_END: body\n}\n";
        let page = File::new("docs/guides/g.md", &format!("{line}\n"));
        let got = expand(&page, &[File::new("kernel/x/tests/part.rs", code)]);
        let expected = expected.map(Into::into).map_err(|fault| vec![fault.to_owned()]);
        assert_eq!(got, expected);
    }

    #[test]
    fn the_lines_between_the_marks_are_put_in() {
        check("{{#include ../../kernel/x/tests/part.rs:body}}", Ok("b();\n\nc();\n"));
        check("{{#include ../../kernel/x/tests/part.rs:inner}}", Ok("c();\n"));
        check(
            "{{#include ../../kernel/x/tests/part.rs}}",
            Ok("//! x\nfn a() {\n    b();\n\n    c();\n}\n"),
        );
    }

    #[test]
    fn an_include_that_finds_nothing_is_a_fault_with_its_line() {
        check(
            "{{#include ../../kernel/x/tests/part.rs:gone}}",
            Err("docs/guides/g.md:1: `kernel/x/tests/part.rs` has no anchor `gone`"),
        );
        check(
            "{{#include gone.rs}}",
            Err("docs/guides/g.md:1: includes `docs/guides/gone.rs`, which is not there"),
        );
    }
}
