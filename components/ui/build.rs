//! Puts what `ui/` was built to into the binary, each file packed once, here. Without a built
//! screen the list is empty, and the part says how to get one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or_else(gone)?);
    let built = root.join("../../ui/dist");
    println!("cargo::rerun-if-changed={}", built.display());
    let mut files = Vec::new();
    if built.is_dir() {
        walk(&built, &built, &mut files)?;
    }
    files.sort();
    let mut list = String::from("pub(crate) static FILES: &[File] = &[\n");
    for (name, path) in files {
        // The build of the screen has packed each file beside itself.
        let _ = writeln!(
            list,
            "    File {{ path: {name:?}, packed: include_bytes!({:?}) }},",
            path.display().to_string()
        );
    }
    list.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(gone)?);
    fs::write(out.join("files.rs"), list)
}

fn gone() -> io::Error {
    io::Error::other("cargo says where things are")
}

fn walk(base: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(base, &path, files)?;
        } else if path.extension().is_some_and(|end| end == "gz") {
            let name = path.strip_prefix(base).map_err(io::Error::other)?;
            let name = name.with_extension("");
            files.push((format!("/{}", name.display()).replace('\\', "/"), path));
        }
    }
    Ok(())
}
