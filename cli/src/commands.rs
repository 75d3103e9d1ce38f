//! From words to what is done: the commands that belong to the program itself, then operations.

use crate::argv::{self, Line};
use crate::options::{GLOBAL, Options};
use crate::specs::Specs;
use crate::trouble::{Done, misspelt};
use crate::{boot, call, completions, docs, exit, explain, help, init, man, service, version};
use mag_mobo::Parts;
use std::ffi::OsString;

/// A command that is no operation: it works on this machine, for whoever typed it.
pub(crate) struct Own {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) summary: &'static str,
    /// As it stands behind `mobo`.
    pub(crate) usage: &'static str,
    pub(crate) about: &'static str,
    /// Flags with the name of their value and what they do.
    pub(crate) flags: &'static [(&'static str, &'static str)],
    pub(crate) run: fn(&Parts, &Options, &[String]) -> Done,
}

pub(crate) const OWN: &[Own] = &[
    Own {
        name: "init",
        aliases: &[],
        summary: "Sets up a data folder, with a settings file to start from",
        usage: "init [DIR]",
        about: "What is there is never changed. Give the program a second name with \
            `ln -s \"$(command -v mobo)\" ~/.local/bin/magcli`: `magcli` does the same as `mobo`.",
        flags: &[],
        run: init::init,
    },
    Own {
        name: "boot",
        aliases: &["start"],
        summary: "Boots the board and stays until it is stopped",
        usage: "boot [--detach] [--safe] [--set NAME=VALUE]... [--log human|json]",
        about: "Ctrl-C or SIGTERM takes it down in order, a second one at once. SIGHUP, or a change \
            of magflock.toml, brings new settings into force.",
        flags: &[
            ("--detach", "Boot in the background; come back when the board is ready or has failed"),
            ("--safe", "Kernel, command line and doctor alone, whatever the settings say"),
            (
                "--set NAME=VALUE",
                "A setting for this run, above file and environment; may be given again",
            ),
            ("--log FORM", "Also show the log on the console: human or json"),
        ],
        run: boot::boot,
    },
    Own {
        name: "explain",
        aliases: &[],
        summary: "Explains an error code, a setting or an operation",
        usage: "explain MFxxxx | SETTING | OPERATION",
        about: "",
        flags: &[],
        run: explain::explain,
    },
    Own {
        name: "docs",
        aliases: &[],
        summary: "Shows the book: its chapters, or one of them",
        usage: "docs [CHAPTER] [--write DIR]",
        about: "",
        flags: &[("--write DIR", "Write the generated reference pages below this folder")],
        run: docs::docs,
    },
    Own {
        name: "completions",
        aliases: &[],
        summary: "Prints the completions of a shell",
        usage: "completions bash|zsh|fish|powershell|elvish",
        about: "Such as `mobo completions bash > ~/.local/share/bash-completion/completions/mobo`.",
        flags: &[],
        run: completions::completions,
    },
    Own {
        name: "man",
        aliases: &[],
        summary: "Prints the manual page",
        usage: "man [--write DIR]",
        about: "Such as `mobo man | man -l -`.",
        flags: &[("--write DIR", "Write mobo.1 and a page for each command to this folder")],
        run: man::man,
    },
    Own {
        name: "version",
        aliases: &["--version", "-V"],
        summary: "Shows the version of this binary",
        usage: "version",
        about: "",
        flags: &[],
        run: version::version,
    },
    Own {
        name: "service:install",
        aliases: &[],
        summary: "Makes the board a service of systemd that starts with the machine",
        usage: "service:install [--user NAME] [--preview]",
        about: "Writes a hardened unit of Type=notify, and the second name `magcli` beside the \
            binary. It needs the rights of root; `--preview` only shows the unit.",
        flags: &[("--user NAME", "The user that the board runs as")],
        run: service::install,
    },
    Own {
        name: "service:uninstall",
        aliases: &[],
        summary: "Takes the service out; the data folder stays",
        usage: "service:uninstall [--preview]",
        about: "",
        flags: &[],
        run: service::uninstall,
    },
    Own {
        name: "help",
        aliases: &[],
        summary: "Lists all commands, or explains one",
        usage: "help [COMMAND | exit-codes]",
        about: "",
        flags: &[],
        run: help::help,
    },
];

pub(crate) fn own(name: &str) -> Option<&'static Own> {
    OWN.iter().find(|own| own.name == name || own.aliases.contains(&name))
}

/// Does what the words say; answers with the exit code.
pub(crate) fn perform(parts: &Parts, words: &[OsString]) -> u8 {
    let line = match Line::read(words.iter().skip(1).cloned()) {
        Ok(line) => line,
        Err((fault, options)) => {
            let trouble = fault.into();
            tell(&trouble, &options);
            return trouble.code();
        }
    };
    match dispatch(parts, &line) {
        Ok(()) => exit::DONE,
        Err(trouble) => {
            tell(&trouble, &line.options);
            trouble.code()
        }
    }
}

fn tell(trouble: &crate::trouble::Trouble, options: &Options) {
    trouble.tell(&options.screen());
}

fn dispatch(parts: &Parts, line: &Line) -> Done {
    let Line { options, words } = line;
    if words.is_empty() {
        return match options.help {
            true => help::help(parts, options, &[]),
            false => help::front(options),
        };
    }
    // The program's own commands come first: a boot makes no list of operations.
    if let Some((name, used)) = argv::command(words, |name| own(name).map(|own| own.name))
        && let Some(own) = own(name)
    {
        return match options.help {
            true => help::help(parts, options, &[own.name.to_owned()]),
            false => (own.run)(parts, options, &words[used..]),
        };
    }
    if let Some(flag) = words.first().filter(|w| w.starts_with('-')) {
        let flags: Vec<String> = GLOBAL.iter().map(|(flag, _, _)| format!("--{flag}")).collect();
        let known = flags.iter().map(String::as_str);
        let known = known.chain(OWN.iter().flat_map(|own| own.aliases.iter().copied()));
        return Err(misspelt(format!("`{flag}` is not a flag that every command has"))
            .hint("the command comes first, as in `mobo status --json`; `mobo help` lists all")
            .nearest(flag, known.filter(|known| known.starts_with("--")))
            .into());
    }
    let specs = Specs::of(parts);
    let Some((name, used)) = argv::command(words, |name| specs.find(name).map(|s| s.name)) else {
        return Err(unknown(words, &specs).into());
    };
    let Some(spec) = specs.find(name) else { return Err(unknown(words, &specs).into()) };
    if used == 1
        && let Some(fault) = argv::misspelt_verb(words, specs.names())
    {
        return Err(fault.into());
    }
    match options.help {
        true => help::help(parts, options, &[spec.name.to_owned()]),
        false => call::call(parts, options, spec, &words[used..]),
    }
}

pub(crate) fn unknown(words: &[String], specs: &Specs) -> mag_contract::Fault {
    argv::unknown(words, specs.names().chain(OWN.iter().map(|own| own.name)))
}
