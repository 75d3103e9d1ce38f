//! The code map of ARCHITECTURE.md names every crate, and the files it points at are there.

use super::Package;
use crate::tree::File;

const MAP: &str = "ARCHITECTURE.md";

pub(super) fn check(files: &[File], packages: &[Package]) -> Vec<String> {
    let Some(map) = files.iter().find(|file| file.path == MAP) else {
        return vec![format!("{MAP}: it is not there")];
    };
    let missing = packages
        .iter()
        .filter(|package| !map.text.contains(&format!("`{}`", package.folder)))
        .map(|package| format!("{}: the code map of {MAP} does not name it", package.folder));
    let stale = sources(&map.text)
        .filter(|(_, path)| !files.iter().any(|file| file.path == *path))
        .map(|(line, path)| format!("{MAP}:{line}: points at `{path}`, which is not there"));
    missing.chain(stale).collect()
}

/// The source files that a text names whole, with their lines.
fn sources(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().flat_map(|(number, line)| {
        let spans = line.split('`').skip(1).step_by(2);
        spans.filter(|s| s.contains('/') && s.ends_with(".rs")).map(move |s| (number + 1, s))
    })
}

#[cfg(test)]
mod tests {
    use super::super::package;
    use crate::tree::File;

    #[test]
    fn a_crate_that_the_map_forgets_and_a_file_that_is_gone_are_found() {
        let map = "`data/rows` begins at `data/rows/src/lib.rs`\nand `data/rows/src/gone.rs`, in `lib.rs`\n";
        let files = [File::new(super::MAP, map), File::new("data/rows/src/lib.rs", "//! x")];
        let packages =
            [package("mag-rows", "data/rows", &[]), package("mag-model", "data/model", &[])];
        assert_eq!(
            super::check(&files, &packages),
            [
                "data/model: the code map of ARCHITECTURE.md does not name it",
                "ARCHITECTURE.md:2: points at `data/rows/src/gone.rs`, which is not there",
            ]
        );
    }
}
