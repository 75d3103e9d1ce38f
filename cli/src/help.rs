//! Help, made from the same declarations that the commands are made from.

use crate::commands::{OWN, Own};
use crate::options::{GLOBAL, Options};
use crate::screen::{Screen, Tone, columns, wrapped};
use crate::specs::Specs;
use crate::trouble::{Done, misspelt};
use crate::{argv, commands, exit, grammar};
use mag_contract::operation::{Example, Expect, Spec};
use mag_mobo::Parts;
use serde_json::json;

/// `mobo` alone: what one needs in the first minute.
pub(crate) fn front(options: &Options) -> Done {
    let screen = options.screen();
    let data = options.folder();
    let set_up = data.join(mag_mobo::FILE).exists();
    let running = mag_mobo::lock::running(&data).is_some();
    let mut page = vec![
        format!(
            "{} {} {}",
            screen.paint(Tone::Bold, "MagFlock"),
            crate::boot::VERSION,
            "· one board, many engines".replace('·', screen.dot())
        ),
        String::new(),
    ];
    let steps: &[(&str, &str)] = match (running, set_up) {
        (true, _) => &[
            ("mobo status", "how the board is, in one look"),
            ("mobo list", "its parts"),
            ("mobo events:tail", "what happens, as it happens"),
            ("mobo shutdown", "takes it down in order"),
        ],
        (false, true) => &[
            ("mobo boot", "starts the board here; Ctrl-C stops it"),
            ("mobo boot --detach", "starts it in the background"),
            ("mobo doctor", "looks for known troubles"),
        ],
        (false, false) => &[
            ("mobo init", "sets up ./magflock-data"),
            ("mobo boot", "starts the board here; Ctrl-C stops it"),
            ("mobo docs", "shows the book"),
        ],
    };
    for (command, about) in steps {
        page.push(format!("  {}  {about}", pad(&screen.paint(Tone::Accent, command), 20)));
    }
    page.extend([String::new(), "`mobo help` lists all commands.".to_owned()]);
    screen.out(&page.join("\n"));
    Ok(())
}

pub(crate) fn help(parts: &Parts, options: &Options, words: &[String]) -> Done {
    let screen = options.screen();
    let specs = Specs::of(parts);
    let page = match words {
        [] => all(&screen, &specs),
        [word] if word == "exit-codes" => exit_codes(&screen),
        words => {
            let own = argv::command(words, |name| commands::own(name).map(|own| own.name));
            let spec = argv::command(words, |name| specs.find(name).map(|s| s.name));
            match (own.and_then(|(n, _)| commands::own(n)), spec.and_then(|(n, _)| specs.find(n))) {
                (Some(own), _) => of_own(&screen, own),
                (None, Some(spec)) if options.json => {
                    serde_json::to_string_pretty(&**spec).unwrap_or_default()
                }
                (None, Some(spec)) => of_spec(&screen, spec),
                (None, None) => match group(&screen, &specs, words) {
                    Some(page) => page,
                    None => return Err(commands::unknown(words, &specs).into()),
                },
            }
        }
    };
    if options.json && words.is_empty() {
        let all: Vec<_> = specs.iter().map(|s| json!(&**s)).collect();
        screen.out(&serde_json::to_string_pretty(&all).unwrap_or_default());
        return Ok(());
    }
    screen.out(&page);
    Ok(())
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

fn row(screen: &Screen, name: &str, about: &str, width: usize) -> Vec<String> {
    let room = screen.width.saturating_sub(width + 4).max(20);
    let mut lines = wrapped(about, room).into_iter();
    let first = lines.next().unwrap_or_default();
    let head = format!("  {}  {first}", pad(&screen.paint(Tone::Accent, name), width));
    let rest = lines.map(|l| format!("{}{l}", " ".repeat(width + 4)));
    std::iter::once(head.trim_end().to_owned()).chain(rest).collect()
}

fn heading(screen: &Screen, text: &str) -> String {
    screen.paint(Tone::Bold, text)
}

fn all(screen: &Screen, specs: &Specs) -> String {
    const WIDTH: usize = 20;
    let mut page = vec![
        "MagFlock: one board, many engines.".to_owned(),
        String::new(),
        format!("{} mobo COMMAND [INPUT] [FLAGS]", heading(screen, "Usage:")),
        String::new(),
        heading(screen, "This machine"),
    ];
    for own in OWN {
        page.extend(row(screen, own.name, own.summary, WIDTH));
    }
    let mut group = "";
    for spec in specs.iter() {
        if spec.group() != group {
            group = spec.group();
            page.extend([String::new(), heading(screen, group)]);
        }
        page.extend(row(screen, spec.name, &summary(spec), WIDTH));
    }
    page.extend([String::new(), heading(screen, "Flags of all commands")]);
    page.extend(globals(screen));
    page.extend([
        String::new(),
        "`group:verb` and `group verb` are the same; a short name is in brackets.".to_owned(),
        "`mobo help COMMAND` explains one, `mobo help exit-codes` what scripts can use.".to_owned(),
    ]);
    page.join("\n")
}

fn summary(spec: &Spec) -> String {
    match spec.aliases {
        [] => spec.summary.to_owned(),
        aliases => format!("{} [{}]", spec.summary, aliases.join(", ")),
    }
}

fn group(screen: &Screen, specs: &Specs, words: &[String]) -> Option<String> {
    let [group] = words else { return None };
    let members: Vec<_> = specs.iter().filter(|s| s.group() == group).collect();
    let own: Vec<&Own> =
        OWN.iter().filter(|o| o.name.split_once(':').is_some_and(|(g, _)| g == group)).collect();
    if members.is_empty() && own.is_empty() {
        return None;
    }
    let mut page = vec![heading(screen, group)];
    for own in own {
        page.extend(row(screen, own.name, own.summary, 20));
    }
    for spec in members {
        page.extend(row(screen, spec.name, &summary(spec), 20));
    }
    Some(page.join("\n"))
}

fn globals(screen: &Screen) -> Vec<String> {
    let flag = |(name, value, about): &(&str, Option<&str>, &str)| {
        let shown = value.map_or(format!("--{name}"), |v| format!("--{name} {v}"));
        row(screen, &shown, about, 26)
    };
    GLOBAL.iter().flat_map(flag).collect()
}

fn exit_codes(screen: &Screen) -> String {
    let rows = exit::PAGE.iter().flat_map(|(code, what)| row(screen, &code.to_string(), what, 5));
    let mut page = vec![heading(screen, "Exit codes")];
    page.extend(rows);
    page.join("\n")
}

fn of_own(screen: &Screen, own: &Own) -> String {
    let mut page = vec![own.summary.to_owned(), String::new()];
    page.push(format!("{} mobo {}", heading(screen, "Usage:"), own.usage));
    if !own.about.is_empty() {
        page.push(String::new());
        page.extend(wrapped(own.about, screen.width));
    }
    if !own.flags.is_empty() {
        page.extend([String::new(), heading(screen, "Flags")]);
        for (flag, about) in own.flags {
            page.extend(row(screen, flag, about, 26));
        }
    }
    page.extend([String::new(), heading(screen, "Flags of all commands")]);
    page.extend(globals(screen));
    page.join("\n")
}

pub(crate) fn usage(spec: &Spec) -> String {
    let mut words = vec![format!("mobo {}", spec.name)];
    let fields = grammar::fields(spec);
    for field in fields.iter().filter(|f| f.positional) {
        let name = field.value_name();
        words.push(if field.required { format!("<{name}>") } else { format!("[{name}]") });
    }
    for field in fields.iter().filter(|f| !f.positional && f.required) {
        words.push(format!("--{} <{}>", field.flag(), field.value_name()));
    }
    if fields.iter().any(|f| !f.positional && !f.required) {
        words.push("[FLAGS]".into());
    }
    words.join(" ")
}

/// An example that succeeds, if there is one: people copy it.
pub(crate) fn best_example(spec: &Spec) -> Option<&Example> {
    let works = |e: &&Example| !matches!(e.expect, Expect::Fault(_));
    spec.examples.iter().find(works).or_else(|| spec.examples.first())
}

pub(crate) fn curl(spec: &Spec, input: &serde_json::Value) -> String {
    format!(
        "curl --unix-socket magflock-data/run/mobo.sock -H 'Content-Type: application/json' -d {} http://localhost/admin/v1/operations/{}",
        grammar::quoted(&[input.to_string()]),
        spec.name
    )
}

fn of_spec(screen: &Screen, spec: &Spec) -> String {
    let mut page = vec![spec.summary.to_owned(), String::new()];
    page.push(format!("{} {}", heading(screen, "Usage:"), usage(spec)));
    if !spec.aliases.is_empty() {
        page.push(format!("{} mobo {}", heading(screen, "Short:"), spec.aliases.join(", mobo ")));
    }
    if !spec.about.is_empty() {
        page.push(String::new());
        page.extend(wrapped(spec.about, screen.width));
    }
    page.extend([String::new(), heading(screen, "Input")]);
    for field in grammar::fields(spec) {
        page.extend(row(screen, &grammar::shown_field(&field), &grammar::about_field(&field), 26));
    }
    if let Some((flag, about)) = crate::ending::own_flag(spec.name) {
        page.extend(row(screen, flag, about, 26));
    }
    page.extend(row(
        screen,
        "--input JSON",
        "The whole input as JSON; `-` reads it from standard input",
        26,
    ));
    page.extend([String::new(), heading(screen, "What it takes")]);
    page.extend(row(screen, "permission", spec.permission, 12));
    page.extend(row(screen, "effect", grammar::effect(spec.effect), 12));
    if spec.preview {
        page.extend(row(screen, "preview", "`--preview` tells what it would do", 12));
    }
    if let Some(undo) = spec.undo {
        page.extend(row(screen, "undo", &format!("mobo {undo}"), 12));
    }
    if let Some(example) = best_example(spec) {
        let typed = grammar::quoted(&grammar::typed_out(spec, &example.input));
        page.extend([String::new(), format!("{} {}", heading(screen, "Example:"), example.title)]);
        page.push(format!("  mobo {typed}"));
        page.extend([String::new(), heading(screen, "The same over HTTP")]);
        page.push(format!("  {}", curl(spec, &example.input)));
    }
    page.extend([String::new(), "`mobo help` lists the flags that all commands have.".to_owned()]);
    page.join("\n")
}

/// Words that stand behind a command that takes none.
pub(crate) fn no_words(name: &str, words: &[String]) -> Done {
    match words.first() {
        None => Ok(()),
        Some(word) if word.starts_with('-') => {
            Err(misspelt(format!("`{name}` has no flag `{word}`"))
                .hint(format!("`mobo help {name}` shows what it takes"))
                .into())
        }
        Some(word) => Err(misspelt(format!("`{name}` does not take `{word}`"))
            .hint(format!("`mobo help {name}` shows what it takes"))
            .into()),
    }
}

/// The value of `--flag VALUE` or `--flag=VALUE`, and the words without it.
pub(crate) fn take_flag(
    name: &str,
    flag: &str,
    words: &[String],
) -> Done<(Option<String>, Vec<String>)> {
    let mut value = None;
    let mut rest = vec![];
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some(given) = word.strip_prefix(flag).and_then(|r| r.strip_prefix('=')) {
            value = Some(given.to_owned());
        } else if word == flag {
            value = words.next().cloned();
            if value.is_none() {
                return Err(misspelt(format!("`{flag}` of `{name}` needs a value")).into());
            }
        } else {
            rest.push(word.clone());
        }
    }
    Ok((value, rest))
}
