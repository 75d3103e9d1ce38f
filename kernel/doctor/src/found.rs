//! How a finding and a refusal are written, so that all ailments say the same things in the same
//! words.

use mag_contract::doctor::{Ailment, Finding, Host, Severity};
use mag_contract::{Clock, Fault, codes};
use std::path::{Path, PathBuf};

/// A finding that is told and not mended, until its `fixable` and `subject` are set.
pub(crate) fn found(
    ailment: &dyn Ailment,
    severity: Severity,
    problem: impl Into<String>,
    explanation: impl Into<String>,
    suggestion: impl Into<String>,
) -> Finding {
    Finding {
        ailment: ailment.name().to_owned(),
        severity,
        problem: problem.into(),
        explanation: explanation.into(),
        suggestion: suggestion.into(),
        fixable: false,
        subject: None,
    }
}

/// The same, and `--fix` mends it.
pub(crate) fn mendable(finding: Finding, subject: &Path) -> Finding {
    Finding { fixable: true, subject: Some(subject.display().to_string()), ..finding }
}

/// The path that a finding is about, after another look: nothing is touched for a trouble that went
/// away, nor for one that this ailment never found.
pub(crate) fn still_there(
    ailment: &dyn Ailment,
    host: &Host,
    finding: &Finding,
) -> Result<PathBuf, Fault> {
    match &finding.subject {
        Some(subject) if ailment.look(host).contains(finding) => Ok(PathBuf::from(subject)),
        _ => Err(Fault::new(
            codes::STATE_CONFLICT,
            format!("this finding of `{}` is not there any more", ailment.name()),
        )
        .hint("`mobo doctor` looks again")),
    }
}

pub(crate) fn only_told(ailment: &dyn Ailment) -> Fault {
    Fault::new(codes::BUG, format!("`{}` tells and does not mend", ailment.name()))
}

pub(crate) const BOARD_DOWN_FIRST: &str =
    "this needs the board down: `mobo shutdown`, then `mobo doctor --fix`";

pub(crate) fn board_is_up() -> Fault {
    Fault::new(codes::STATE_CONFLICT, "this is mended only while the board is down")
        .hint("`mobo shutdown`, then `mobo doctor --fix`")
}

pub(crate) fn io(what: &str, path: &Path, e: std::io::Error) -> Fault {
    let message = format!("could not {what} {}", path.display());
    match e.kind() {
        std::io::ErrorKind::PermissionDenied => Fault::new(codes::NOT_WRITABLE, message)
            .hint("run the doctor as the user who owns the data folder"),
        _ => Fault::new(codes::IO, message),
    }
    .because(e)
}

/// For a name that says when something was set aside; no colons, which some file systems refuse.
pub(crate) fn mark(clock: &Clock) -> String {
    clock.now().to_string().replace(':', "")
}

/// A path as one argument of a shell, so that a suggestion can be pasted.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,=@:".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// A size as a person says it, rounded down.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] =
        [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} bytes"),
    }
}

/// `1 file`, `2 files`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Names for one line; beyond these the folder itself tells more.
const NAMES_SHOWN: usize = 5;

pub(crate) fn listed(paths: &[PathBuf]) -> String {
    let name = |p: &PathBuf| p.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut names: Vec<String> = paths.iter().take(NAMES_SHOWN).map(name).collect();
    if paths.len() > NAMES_SHOWN {
        names.push(format!("{} more", paths.len() - NAMES_SHOWN));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{quoted, size};
    use std::path::Path;

    #[test]
    fn sizes_read_as_people_say_them() {
        for (bytes, expected) in
            [(0, "0 bytes"), (1536, "1.5 KiB"), (52_428_799, "49.9 MiB"), (1 << 30, "1.0 GiB")]
        {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn a_path_can_be_pasted_into_a_shell() {
        assert_eq!(quoted(Path::new("/srv/mag-flock/run")), "/srv/mag-flock/run");
        assert_eq!(quoted(Path::new("/my data/it's")), r"'/my data/it'\''s'");
        assert_eq!(quoted(Path::new("$(reboot)")), "'$(reboot)'");
    }
}
