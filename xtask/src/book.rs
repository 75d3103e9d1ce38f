//! `cargo xtask book`: docs/ becomes static pages in target/book. Nothing is fetched when they
//! are built or read: one stylesheet, no script. A loose link or an unlisted page is a failure.

mod include;
mod page;
mod summary;

use crate::tree::{self, File};
use crate::{Done, markdown};
use std::path::Path;
use summary::Chapter;

const DOCS: &str = "docs";
/// Made by the tests of the screen.
const PICTURES: &str = "pictures";

/// A file of the built book.
#[derive(Debug)]
pub struct Built {
    pub path: String,
    pub text: String,
}

pub fn book(root: &Path) -> Done {
    let pages = render(&tree::files(root)).map_err(|faults| faults.join("\n"))?;
    let target = root.join("target/book");
    // Pages of an earlier time would still be found by their address.
    match std::fs::remove_dir_all(&target) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(format!("cannot empty {}: {e}", target.display()));
        }
        _ => {}
    }
    for page in &pages {
        let path = target.join(&page.path);
        let folder = path.parent().expect("a page lies in a folder");
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, &page.text))
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    }
    let pictures = pictures(&root.join(DOCS).join(PICTURES), &target.join(PICTURES))?;
    println!("{} files of the book in {}", pages.len() + pictures, target.display());
    Ok(())
}

/// Pictures lie beside the pages, as they are; how many there were.
fn pictures(from: &Path, to: &Path) -> Result<usize, String> {
    let Ok(entries) = std::fs::read_dir(from) else { return Ok(0) };
    std::fs::create_dir_all(to).map_err(|e| format!("cannot make {}: {e}", to.display()))?;
    let mut copied = 0;
    for entry in entries.flatten() {
        let path = entry.path();
        std::fs::copy(&path, to.join(entry.file_name()))
            .map_err(|e| format!("cannot copy {}: {e}", path.display()))?;
        copied += 1;
    }
    Ok(copied)
}

/// The whole book in memory, or everything that is wrong with it.
pub fn render(files: &[File]) -> Result<Vec<Built>, Vec<String>> {
    let summary = files.iter().find(|file| file.path == "docs/SUMMARY.md");
    let summary = summary.ok_or_else(|| vec!["docs/SUMMARY.md is not there".to_owned()])?;
    let mut faults = vec![];
    let sources = sources(files, &mut faults);
    let chapters = summary::read(&summary.text);
    faults.extend(unlisted(&sources, &chapters));
    faults.extend(chapters.iter().filter_map(|chapter| {
        let there = sources.iter().any(|source| source.path == chapter.path);
        (!there).then(|| format!("docs/SUMMARY.md lists `{}`, which is not there", chapter.path))
    }));
    faults.extend(loose_links(&sources, files));
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut built: Vec<Built> =
        sources.iter().map(|source| page::build(source, &chapters, &sources)).collect();
    // The door of the book is its first chapter.
    if let Some(first) = chapters.first().filter(|_| !built.iter().any(|b| b.path == "index.html"))
    {
        built.push(Built { path: "index.html".into(), text: page::door(first) });
    }
    built.push(Built { path: "style.css".into(), text: include_str!("book/style.css").into() });
    Ok(built)
}

/// The pages with what they include put in; their paths begin inside docs/.
fn sources(files: &[File], faults: &mut Vec<String>) -> Vec<File> {
    let mut pages = vec![];
    for file in files.iter().filter(|file| file.under(DOCS) && file.is("md")) {
        let path = file.path.strip_prefix("docs/").expect("it lies under docs");
        if path == "SUMMARY.md" {
            continue;
        }
        match include::expand(file, files) {
            Ok(text) => pages.push(File::new(path, &text)),
            Err(found) => faults.extend(found),
        }
    }
    // `{{#pages}}` needs the titles of all, so it comes when all are read.
    let listed: Vec<String> = pages.iter().map(|page| include::siblings(page, &pages)).collect();
    pages.iter().zip(listed).map(|(page, text)| File::new(&page.path, &text)).collect()
}

/// A page is found by the summary, or by the index of its folder that the summary lists.
fn unlisted(sources: &[File], chapters: &[Chapter]) -> Vec<String> {
    let listed = |path: &str| chapters.iter().any(|chapter| chapter.path == path);
    let by_index = |path: &str| {
        let index = path.rsplit_once('/').map(|(folder, _)| format!("{folder}/index.md"));
        index.is_some_and(|index| {
            let page = sources.iter().find(|source| source.path == index);
            let links = page.map(|page| markdown::read(&page.text).links).unwrap_or_default();
            listed(&index)
                && links.iter().any(|link| {
                    markdown::resolve(&index, &link.target).is_some_and(|(to, _)| to == path)
                })
        })
    };
    sources
        .iter()
        .filter(|source| !listed(&source.path) && !by_index(&source.path))
        .map(|source| format!("docs/{}: docs/SUMMARY.md does not list it", source.path))
        .collect()
}

/// In the built book there is nothing outside docs/, so a link must stay inside.
fn loose_links(sources: &[File], files: &[File]) -> Vec<String> {
    let pages = sources.iter().map(|page| File::new(&page.path, &page.text));
    let pictures = files.iter().filter(|file| file.under(DOCS) && !file.is("md"));
    let inside = |file: &File| file.path.strip_prefix("docs/").map(|path| File::new(path, ""));
    let all: Vec<File> = pages.chain(pictures.filter_map(inside)).collect();
    markdown::broken_links(&all).into_iter().map(|fault| format!("docs/{fault}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Built, render};
    use crate::tree::File;

    fn book(files: &[(&str, &str)]) -> Result<Vec<Built>, Vec<String>> {
        render(&files.iter().map(|(path, text)| File::new(path, text)).collect::<Vec<_>>())
    }

    #[test]
    fn a_book_has_its_pages_a_door_and_one_stylesheet() {
        let built = book(&[
            ("docs/SUMMARY.md", "# Book\n\n# First steps\n\n- [Boot](tutorials/boot.md)\n- [Errors](errors/index.md)\n"),
            ("docs/tutorials/boot.md", "# Boot\n\nSee [it](../errors/MF1.md#why).\n"),
            ("docs/errors/index.md", "# Errors\n\n{{#pages}}\n"),
            ("docs/errors/MF1.md", "# MF1 · gone\n\n## Why\n"),
        ])
        .expect("a whole book");
        let paths: Vec<_> = built.iter().map(|page| page.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "tutorials/boot.html",
                "errors/index.html",
                "errors/MF1.html",
                "index.html",
                "style.css"
            ]
        );
        assert!(built[0].text.contains("href=\"../errors/MF1.html#why\""), "{}", built[0].text);
        assert!(built[0].text.contains("href=\"../style.css\""));
        assert!(built[1].text.contains("<a href=\"MF1.html\">MF1 · gone</a>"), "{}", built[1].text);
    }

    #[test]
    fn a_page_that_nobody_lists_and_a_chapter_without_page_are_faults() {
        let faults = book(&[("docs/SUMMARY.md", "- [A](a.md)\n"), ("docs/b.md", "# B\n")]);
        assert_eq!(
            faults.unwrap_err(),
            [
                "docs/b.md: docs/SUMMARY.md does not list it",
                "docs/SUMMARY.md lists `a.md`, which is not there",
            ]
        );
    }

    #[test]
    fn a_link_out_of_the_book_is_a_fault() {
        let faults = book(&[
            ("docs/SUMMARY.md", "- [A](a.md)\n"),
            ("docs/a.md", "# A\n[x](../README.md)\n"),
        ]);
        assert_eq!(
            faults.unwrap_err(),
            ["docs/a.md:2: links to `../README.md`, which is not there"]
        );
    }
}
