#![allow(clippy::unwrap_used, reason = "a test may stop at once")]

#[test]
fn the_repository_is_tidy() {
    let report = xtask::tidy::tidy(&xtask::tree::root()).unwrap();
    assert!(report.complaints.is_empty(), "\n{}\n", report.complaints.join("\n"));
}

#[test]
fn the_book_has_no_loose_end() {
    let pages = xtask::book::render(&xtask::tree::files(&xtask::tree::root())).unwrap();
    assert!(pages.iter().any(|page| page.path == "index.html"), "the book has a first page");
}
