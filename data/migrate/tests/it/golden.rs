//! A golden file holds inputs, each followed by what came out. `UPDATE_GOLDEN=1` writes it anew.

use std::path::Path;

/// Sections begin with a line `## name`; an input ends at a line `---`.
pub(crate) fn check(file: &str, run: impl Fn(&str, &str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut made = String::new();
    for (at, section) in text.split("## ").enumerate() {
        if at == 0 {
            made.push_str(section);
            continue;
        }
        let (name, body) = section.split_once('\n').unwrap();
        let input = body.split("\n---\n").next().unwrap().trim_end();
        let output = run(name, input);
        made.push_str(&format!("## {name}\n{input}\n---\n{}\n\n", output.trim_end()));
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, made.trim_end().to_owned() + "\n").unwrap();
        return;
    }
    assert_eq!(made.trim_end(), text.trim_end(), "{file} differs; UPDATE_GOLDEN=1 writes it anew");
}
