//! The words of a command line: which command is meant, which flags are everybody's, and what is
//! left for the command itself.

use crate::options::Options;
use crate::trouble::misspelt;
use mag_contract::{Fault, names};
use std::ffi::OsString;

/// What was typed, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) options: Options,
    /// All words that are not flags of everybody, the command first.
    pub(crate) words: Vec<String>,
}

impl Line {
    /// Reads the words after the program's own name. Options of everybody may stand anywhere
    /// before a `--`.
    pub(crate) fn read(
        given: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, (Fault, Options)> {
        let mut line = Self::default();
        let mut given = given.into_iter();
        while let Some(word) = given.next() {
            let Ok(word) = word.into_string() else {
                return Err((misspelt("a word of the command is not valid UTF-8"), line.options));
            };
            if word == "--" {
                line.words.push(word);
                for rest in given.by_ref() {
                    line.words.push(rest.to_string_lossy().into_owned());
                }
                break;
            }
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) if word.starts_with("--") => (flag, Some(value.to_owned())),
                _ => (word.as_str(), None),
            };
            let options = &mut line.options;
            let mut take = |name: &str| {
                let next = || given.next().map(|v| v.to_string_lossy().into_owned());
                value
                    .clone()
                    .or_else(next)
                    .ok_or_else(|| misspelt(format!("`{name}` needs a value")))
            };
            match flag {
                "--json" => options.json = true,
                "--quiet" | "-q" => options.quiet = true,
                "--yes" | "-y" => options.yes = true,
                "--dangerously-allow-delete" => options.destroy = true,
                "--preview" => options.preview = true,
                "--help" | "-h" => options.help = true,
                "--no-color" => options.color = Some(false),
                "--data" => match take("--data") {
                    Ok(folder) => options.data = Some(folder.into()),
                    Err(fault) => return Err((fault, line.options)),
                },
                "--color" => match take("--color").and_then(|when| color(&when)) {
                    Ok(when) => options.color = when,
                    Err(fault) => return Err((fault, line.options)),
                },
                _ => line.words.push(word),
            }
        }
        Ok(line)
    }
}

fn color(when: &str) -> Result<Option<bool>, Fault> {
    match when {
        "auto" => Ok(None),
        "always" => Ok(Some(true)),
        "never" => Ok(Some(false)),
        other => Err(misspelt(format!("`--color` is `auto`, `always` or `never`, not `{other}`"))
            .nearest(other, ["auto", "always", "never"])),
    }
}

/// The canonical name of what the first words mean, and how many words that takes. `known` answers
/// with the canonical name of a command or alias.
pub(crate) fn command<'a>(
    words: &[String],
    known: impl Fn(&str) -> Option<&'a str>,
) -> Option<(&'a str, usize)> {
    let first = words.first()?;
    // `health check` is `health:check`, although `health` alone is a command as well.
    if let Some(second) = words.get(1)
        && let Some(name) = known(&format!("{first}:{second}"))
    {
        return Some((name, 2));
    }
    known(first).map(|name| (name, 1))
}

/// `events tial` would be a topic of that name; far more often it is `events tail`.
pub(crate) fn misspelt_verb<'a>(
    words: &[String],
    known: impl Iterator<Item = &'a str>,
) -> Option<Fault> {
    let [first, second, ..] = words else { return None };
    let verbs: Vec<&str> = known
        .filter_map(|n| n.split_once(':'))
        .filter(|(g, _)| g == first)
        .map(|(_, v)| v)
        .collect();
    let verb = names::nearest(second, verbs)?;
    // Something longer that only begins so is more likely a name.
    (verb.len().abs_diff(second.len()) <= 1 && verb != second).then(|| {
        misspelt(format!("`{first}` has no command `{second}`"))
            .hint(format!("did you mean `mobo {first}:{verb}`?"))
    })
}

/// The nearest command to what was typed.
pub(crate) fn unknown<'a>(words: &[String], known: impl Iterator<Item = &'a str>) -> Fault {
    let known: Vec<&str> = known.collect();
    let first = words.first().cloned().unwrap_or_default();
    let two = words.get(1).map(|second| format!("{first}:{second}"));
    let groups: Vec<&str> =
        known.iter().filter_map(|n| n.split_once(':')).map(|(g, _)| g).collect();
    if groups.contains(&first.as_str()) {
        let verbs: Vec<&str> =
            known.iter().filter_map(|n| n.strip_prefix(&format!("{first}:"))).collect();
        let fault = match words.get(1) {
            Some(second) => misspelt(format!("`{first}` has no command `{second}`"))
                .hint(format!("it has {}", verbs.join(", "))),
            None => misspelt(format!("`{first}` is a group of commands"))
                .hint(format!("say one of {}", verbs.join(", "))),
        };
        return match words.get(1).and_then(|second| names::nearest(second, verbs.iter().copied())) {
            Some(verb) => fault.hint(format!("did you mean `mobo {first}:{verb}`?")),
            None => fault,
        };
    }
    let near = two
        .as_ref()
        .and_then(|two| names::nearest(two, known.iter().copied().filter(|n| n.contains(':'))));
    let near = match first.contains(':') {
        true => names::nearest(&first, known.iter().copied()),
        false => names::nearest(&first, known.iter().copied().filter(|n| !n.contains(':')))
            .or(near)
            .or_else(|| names::nearest(&first, known.iter().copied())),
    };
    let fault = misspelt(format!("`{first}` is not a command of mobo"));
    match near {
        Some(name) => {
            fault.hint(format!("did you mean `mobo {name}`? `mobo help` lists all commands"))
        }
        None => fault.hint("`mobo help` lists all commands"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] =
        &["component:list", "list", "health:check", "health", "status", "events:tail", "boot"];

    fn check(typed: &str, expected: &str) {
        let line = Line::read(typed.split_whitespace().map(Into::into));
        let shown = match line {
            Err((fault, _)) => format!("error {}", fault.message()),
            Ok(line) => match command(&line.words, |n| KNOWN.iter().copied().find(|k| *k == n)) {
                Some((name, used)) => format!("{name} | {}", line.words[used..].join(" ")),
                None => {
                    let fault = unknown(&line.words, KNOWN.iter().copied());
                    format!("error {} ({})", fault.message(), fault.hint_text().unwrap_or(""))
                }
            },
        };
        assert_eq!(shown.trim_end(), expected, "{typed}");
    }

    #[test]
    fn a_command_is_found_by_its_name_its_two_words_and_its_short_name() {
        check("component:list --all", "component:list | --all");
        check("component list --all", "component:list | --all");
        check("list --all", "list | --all");
        check("--data x --json health check gate", "health:check | gate");
        check("health gate --quiet", "health | gate");
    }

    #[test]
    fn a_misspelt_command_is_answered_with_the_nearest() {
        check(
            "statsu",
            "error `statsu` is not a command of mobo (did you mean `mobo status`? `mobo help` lists all commands)",
        );
        check("health chekc", "health | chekc");
        check(
            "events tial",
            "error `events` has no command `tial` (did you mean `mobo events:tail`?)",
        );
        check(
            "componet:list",
            "error `componet:list` is not a command of mobo (did you mean `mobo component:list`? `mobo help` lists all commands)",
        );
        check("--color blue status", "error `--color` is `auto`, `always` or `never`, not `blue`");
        check("status --data", "error `--data` needs a value");
    }

    #[test]
    fn a_name_behind_a_short_command_is_not_taken_for_a_verb() {
        for (typed, meant) in [
            ("health chekc", Some("did you mean `mobo health:check`?")),
            ("health checker", None),
            ("health gate", None),
            ("status", None),
        ] {
            let words: Vec<String> = typed.split(' ').map(str::to_owned).collect();
            let fault = misspelt_verb(&words, KNOWN.iter().copied());
            assert_eq!(fault.as_ref().and_then(|f| f.hint_text()), meant, "{typed}");
        }
    }

    #[test]
    fn what_stands_behind_two_dashes_is_the_commands_own() {
        let line = Line::read(["list", "--", "--json"].map(Into::into)).unwrap();
        assert!(!line.options.json);
        assert_eq!(line.words, ["list", "--", "--json"]);
    }
}
