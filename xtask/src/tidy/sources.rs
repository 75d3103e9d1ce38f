//! What a source file owes its reader: a name that says something, a first line that says what it
//! is for, a length one can read, and nothing left for later.

use crate::tree::File;

/// Names that say where code was put and not what it does.
const EMPTY_NAMES: [&str; 7] = ["util", "utils", "helper", "helpers", "common", "misc", "shared"];
/// Nine of ten files stay under it; the others are shown.
const LINES_LONG: usize = 450;
/// Twice the length that is long: by then it holds two ideas.
const LINES_MAX: usize = 900;
const UNFINISHED: [&str; 2] = [concat!("FIX", "ME"), concat!("XX", "X:")];

pub(super) fn check(files: &[File]) -> Vec<String> {
    let mut complaints = vec![];
    for file in files {
        let at = &file.path;
        if is_code(file) {
            let mut names = at.split('/').chain([file.stem()]);
            if let Some(name) = names.find(|name| EMPTY_NAMES.contains(name)) {
                complaints.push(format!("{at}: name it after what it does, not `{name}`"));
            }
            let lines = file.text.lines().count();
            if lines > LINES_MAX && !may_be_long(file) {
                complaints.push(format!("{at}: {lines} lines, {LINES_MAX} are the most"));
            }
        }
        if opens_with_purpose(file) && !file.text.starts_with("//!") {
            complaints
                .push(format!("{at}: the first line should say what the file is for (`//! …`)"));
        }
        for word in UNFINISHED {
            if let Some((number, _)) = file.text.lines().enumerate().find(|(_, l)| l.contains(word))
            {
                complaints.push(format!(
                    "{at}:{}: finish what `{word}` marks, or say it in words",
                    number + 1
                ));
            }
        }
    }
    complaints
}

/// Files longer than one likes to read; not a failure.
pub(super) fn long(files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| is_code(file) && !may_be_long(file))
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_LONG)
        .map(|(file, lines)| format!("{}: {lines} lines", file.path))
        .collect()
}

fn is_code(file: &File) -> bool {
    ["rs", "ts", "tsx"].iter().any(|extension| file.is(extension))
}

/// Tests and tables are read by the entry, not from top to bottom.
fn may_be_long(file: &File) -> bool {
    file.path.split('/').any(|part| ["tests", "tables", "suites"].contains(&part))
        || ["tests", "table", "tables"].contains(&file.stem())
        // Made from the board's OpenAPI document.
        || file.path == "ui/src/api/operations.ts"
}

/// `src/*.rs` of the crates; test files begin with what they allow themselves.
fn opens_with_purpose(file: &File) -> bool {
    file.is("rs") && file.path.split('/').any(|part| part == "src")
}

#[cfg(test)]
mod tests {
    use super::{LINES_LONG, LINES_MAX, UNFINISHED, check, long};
    use crate::tree::File;

    #[test]
    fn a_name_that_says_nothing_is_found_in_files_and_folders() {
        let files = ["a/src/helpers.rs", "a/src/common/x.rs"].map(|path| File::new(path, "//! x"));
        assert_eq!(
            check(&files),
            [
                "a/src/helpers.rs: name it after what it does, not `helpers`",
                "a/src/common/x.rs: name it after what it does, not `common`",
            ]
        );
    }

    #[test]
    fn a_source_without_a_purpose_is_found_and_a_test_file_is_not_asked() {
        let files = [File::new("a/src/x.rs", "use y;"), File::new("a/tests/x.rs", "#![allow()]")];
        assert_eq!(
            check(&files),
            ["a/src/x.rs: the first line should say what the file is for (`//! …`)"]
        );
    }

    #[test]
    fn long_files_are_shown_and_very_long_ones_refused_but_not_in_tests() {
        let text = |lines: usize| format!("//! x\n{}", "\n".repeat(lines));
        let files = [
            File::new("a/src/long.rs", &text(LINES_LONG)),
            File::new("a/src/huge.rs", &text(LINES_MAX)),
            File::new("a/tests/huge.rs", &text(LINES_MAX)),
        ];
        assert_eq!(check(&files), ["a/src/huge.rs: 901 lines, 900 are the most"]);
        assert_eq!(long(&files), ["a/src/long.rs: 451 lines", "a/src/huge.rs: 901 lines"]);
    }

    #[test]
    fn a_mark_for_later_is_found_with_its_line() {
        let files = [File::new("notes.md", &format!("a\nb {}\n", UNFINISHED[0]))];
        assert_eq!(check(&files).len(), 1);
        assert!(check(&files)[0].starts_with("notes.md:2: finish"));
    }
}
