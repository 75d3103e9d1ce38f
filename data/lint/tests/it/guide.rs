use mag_lint::ADVISORS;
use std::path::Path;

#[test]
fn the_guide_has_a_heading_for_each_advisor_and_no_other() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/advisors.md");
    let text = std::fs::read_to_string(page).unwrap();
    let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let ids: Vec<&str> = ADVISORS.iter().map(|advisor| advisor.id).collect();
    for id in &ids {
        assert!(headings.contains(id), "docs/guides/advisors.md says nothing of `{id}`");
    }
    for heading in headings {
        assert!(ids.contains(&heading), "`{heading}` is no advisor");
    }
}

#[test]
fn each_advisor_says_its_piece_in_whole_sentences_and_once() {
    let mut ids: Vec<&str> = ADVISORS.iter().map(|advisor| advisor.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), ADVISORS.len());
    assert!(ids.len() >= 20);
    for advisor in ADVISORS {
        assert!(advisor.why.ends_with('.'), "{}", advisor.id);
        assert!(advisor.title.chars().next().is_some_and(char::is_lowercase), "{}", advisor.id);
    }
}
