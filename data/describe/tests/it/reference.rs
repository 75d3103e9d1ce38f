//! The page to browse a document.

use crate::shop;
use mag_describe::openapi::{Settings, openapi};
use mag_describe::reference::{CSP, CSS, JS, reference_page};
use mag_guard::May;
use mag_model::catalog::draft::{ColumnDraft, Draft, TableDraft};

#[test]
fn every_table_and_function_has_calls_in_four_languages() {
    let document = openapi(&shop::catalog(), &May::everything(), &Settings::new("public"));
    shop::check_file("reference.html", &reference_page(&document));
}

#[test]
fn the_page_asks_nobody_else_for_anything() {
    let document = openapi(&shop::catalog(), &May::everything(), &Settings::new("public"));
    let page = reference_page(&document);
    for (at, _) in page.match_indices("src=").chain(page.match_indices("href=")) {
        let target = page[at..].split('"').nth(1).unwrap();
        assert!(target.starts_with('#') || target.starts_with("reference/"), "{target}");
    }
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick"));
    assert!(CSP.contains("default-src 'none'") && !CSP.contains("unsafe"));
    for text in [CSS, JS] {
        assert!(
            !text.contains("http://") && !text.contains("https://") && !text.contains("@import")
        );
    }
}

#[test]
fn a_name_is_never_markup() {
    let name = "</code><script>alert('x')</script>\"";
    let mut table = TableDraft::new("public", name).column(ColumnDraft::new(name, "text"));
    table.comment = Some(name.into());
    let draft = Draft { tables: vec![table], ..Draft::default() };
    let document = openapi(&draft.build(1).unwrap(), &May::everything(), &Settings::new("public"));
    let page = reference_page(&document);
    assert!(!page.contains("<script>alert"), "{page}");
    assert_eq!(page.matches("<script").count(), 1);
}

#[test]
fn a_role_without_rights_sees_an_empty_page() {
    let settings = Settings::new("nothing");
    let page = reference_page(&openapi(&shop::catalog(), &May::everything(), &settings));
    assert!(page.contains("Nothing is open to this role yet."));
}
