//! Completions of shells, made from the whole tree of commands.

use crate::commands::OWN;
use crate::grammar;
use crate::options::{GLOBAL, Options};
use crate::specs::Specs;
use crate::trouble::{Done, misspelt};
use clap::{Arg, ArgAction, Command};
use clap_complete::Shell;
use mag_mobo::Parts;

pub(crate) fn completions(parts: &Parts, options: &Options, words: &[String]) -> Done {
    const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];
    let [shell] = words else {
        return Err(misspelt("`completions` needs the name of one shell")
            .hint(format!("say one of {}", SHELLS.join(", ")))
            .into());
    };
    let Ok(known) = shell.parse::<Shell>() else {
        return Err(misspelt(format!("`{shell}` is not a shell that completions are made for"))
            .hint(format!("say one of {}", SHELLS.join(", ")))
            .nearest(shell, SHELLS)
            .into());
    };
    let mut script = vec![];
    clap_complete::generate(known, &mut tree(&Specs::of(parts)), "mobo", &mut script);
    options.screen().out(&String::from_utf8_lossy(&script));
    Ok(())
}

pub(crate) fn tree(specs: &Specs) -> Command {
    let mut root = Command::new("mobo").disable_help_flag(true).disable_help_subcommand(true);
    for (name, value, about) in GLOBAL {
        let arg = Arg::new(format!("everybody-{name}")).long(*name).global(true).help(*about);
        root = root.arg(match value {
            Some(value) => arg.value_name(*value),
            None => arg.action(ArgAction::SetTrue),
        });
    }
    for own in OWN {
        let short = own.aliases.iter().filter(|a| !a.starts_with('-'));
        let mut command = match own.name {
            "boot" => crate::boot::command().no_binary_name(false),
            _ => Command::new(own.name).about(own.summary).disable_help_flag(true),
        };
        if own.name == "help" {
            let names: Vec<_> = specs.names().chain(OWN.iter().map(|o| o.name)).collect();
            command = command.arg(Arg::new("command").value_parser(names));
        }
        if own.name == "completions" {
            command = command.arg(Arg::new("shell").value_parser([
                "bash",
                "zsh",
                "fish",
                "powershell",
                "elvish",
            ]));
        }
        root = root.subcommand(command.visible_aliases(short.copied().collect::<Vec<_>>()));
    }
    for spec in specs.iter() {
        let command = grammar::command(spec).no_binary_name(false);
        root = root.subcommand(command.visible_aliases(spec.aliases.to_vec()));
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_commands_holds_together() {
        tree(&Specs::of(&crate::parts())).debug_assert();
    }
}
