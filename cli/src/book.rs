//! The book as it is in this binary: pages by their path below `docs/`, without `.md`.

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

pub(crate) fn page(name: &str) -> Option<&'static str> {
    PAGES.iter().find(|(path, _)| *path == name).map(|(_, text)| *text)
}

/// The first heading of a page.
pub(crate) fn title(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default()
}
