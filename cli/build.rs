//! Puts the pages of the book into the binary, so that `mobo explain` and `mobo docs` need no
//! network and no files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let out = std::env::var_os("OUT_DIR").expect("cargo names the folder of the output");
    println!("cargo::rerun-if-changed={}", docs.display());
    let mut pages = vec![];
    gather(&docs, &mut pages);
    pages.sort();
    let mut list = String::from("pub(crate) const PAGES: &[(&str, &str)] = &[\n");
    for page in pages {
        let name = page.strip_prefix(&docs).unwrap_or(&page).with_extension("");
        let name = name.to_string_lossy().replace('\\', "/");
        // Generated from this very binary; it prints them fresh.
        if name.starts_with("reference/") && name != "reference/index" {
            continue;
        }
        let _ = writeln!(list, "    ({name:?}, include_str!({:?})),", page.display().to_string());
    }
    list.push_str("];\n");
    std::fs::write(Path::new(&out).join("pages.rs"), list).expect("the output folder takes a file");
}

fn gather(folder: &Path, pages: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            gather(&path, pages);
        } else if path.extension().is_some_and(|e| e == "md") {
            pages.push(path);
        }
    }
}
