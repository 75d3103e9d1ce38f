//! Whether a terminal shows what a page shows: each line of the page, in its order. Times, sizes
//! and numbers of processes are different on each machine; `…` stands for anything.

use regex::Regex;
use std::sync::LazyLock;

/// The first line of the page that the terminal does not show.
pub(crate) fn missing<'a>(shown: &'a [String], said: &str) -> Option<&'a str> {
    let mut said = said.lines().map(alike);
    shown.iter().map(String::as_str).filter(|line| !matches!(line.trim(), "" | "…")).find(|line| {
        let wanted = pattern(line);
        !said.any(|line| wanted.is_match(&line))
    })
}

fn pattern(line: &str) -> Regex {
    let parts: Vec<String> =
        alike(line).split('…').map(|part| regex::escape(part.trim())).collect();
    Regex::new(&format!("^{}$", parts.join(".*"))).unwrap()
}

/// A line without what differs from run to run, and without the widths of columns.
fn alike(line: &str) -> String {
    static CHANGES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        [
            (r"127\.0\.0\.1:\d+", "127.0.0.1:8000"),
            (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
            (r"\b\d\d:\d\d:\d\d(\.\d+)?", "TIME"),
            (r"\b\d+(\.\d+)? (µs|ms|s|min|h)\b", "N s"),
            (r"\b\d+(\.\d+)? (KiB|MiB|GiB|B)\b", "N $2"),
            (r"\b(process +)\d+", "${1}N"),
            (r"\b(just now|N s ago)", "AGO"),
            (r"\s+", " "),
        ]
        .map(|(from, to)| (Regex::new(from).unwrap(), to))
        .into()
    });
    let mut line = line.trim().to_owned();
    for (from, to) in CHANGES.iter() {
        line = from.replace_all(&line, *to).into_owned();
    }
    line
}

#[test]
fn what_differs_from_run_to_run_is_no_difference() {
    let check = |page: &str, said: &str| {
        missing(&[page.to_owned()], &format!("before\n{said}\nafter")).is_none()
    };
    assert!(check("✓ ready in 41 ms", "  ✓ ready in 7 ms"));
    assert!(check("✓ ready in 41 ms", "✓ ready in 1.0 s"));
    assert!(check("open  http://127.0.0.1:8000", "open http://127.0.0.1:40123"));
    assert!(check("when 3 s ago by …", "when just now by os:somebody"));
    assert!(check("12:00:00.123 ✓ gate …", "13:11:09.001 ✓ gate   is running"));
    assert!(!check("2 parts fit", "3 parts fit"));
    assert!(!check("✓ gate", "✓ gate is running"));
}

#[test]
fn lines_are_looked_for_in_their_order() {
    let page = ["a".to_owned(), "b".to_owned()];
    assert_eq!(missing(&page, "a\nx\nb"), None);
    assert_eq!(missing(&page, "b\na"), Some("b"));
}
