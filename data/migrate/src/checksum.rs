//! One number for a script, the same on every machine: line ends, a byte order mark and blanks at
//! the ends of lines do not count, because editors and version control change them unasked.

use sha2::{Digest, Sha256};

/// SHA-256 in hexadecimal digits.
pub fn checksum(text: &str) -> String {
    let mut hash = Sha256::new();
    let text = text.trim_start_matches('\u{feff}').trim_end();
    for line in text.lines() {
        hash.update(line.trim_end());
        hash.update(b"\n");
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn what_an_editor_changes_unasked_does_not_count_and_all_else_does() {
        let as_written = checksum("CREATE TABLE t (\n  id int\n);\n");
        assert_eq!(as_written, checksum("\u{feff}CREATE TABLE t (\r\n  id int  \r\n);\r\n\r\n"));
        assert_ne!(as_written, checksum("CREATE TABLE t (\n  id int8\n);\n"));
        assert_ne!(as_written, checksum("CREATE TABLE t (\n\n  id int\n);\n"));
        assert_eq!(
            checksum(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
