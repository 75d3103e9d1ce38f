//! The manual page, in roff, made from the same declarations as the help.

use crate::commands::OWN;
use crate::options::{GLOBAL, Options};
use crate::specs::Specs;
use crate::trouble::{Done, io};
use crate::{exit, grammar, help};
use mag_contract::durable;
use mag_contract::operation::Spec;
use mag_mobo::Parts;
use std::path::Path;

pub(crate) fn man(parts: &Parts, options: &Options, words: &[String]) -> Done {
    let (folder, rest) = help::take_flag("man", "--write", words)?;
    help::no_words("man", &rest)?;
    let specs = Specs::of(parts);
    let screen = options.screen();
    let Some(folder) = folder else {
        screen.out(&page(&specs));
        return Ok(());
    };
    let folder = Path::new(&folder);
    let refused = |e| io(format!("{} cannot be written", folder.display()), e);
    durable::create_folder(folder).map_err(refused)?;
    durable::write(&folder.join("mobo.1"), page(&specs).as_bytes()).map_err(refused)?;
    for spec in specs.iter() {
        let name = format!("mobo-{}.1", spec.name.replace(':', "-"));
        durable::write(&folder.join(name), of(spec).as_bytes()).map_err(refused)?;
    }
    screen.say(&format!("{} pages are in {}", specs.iter().count() + 1, folder.display()));
    Ok(())
}

/// A line that begins with a dot or a quote would be a command of roff.
fn plain(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    match text.starts_with(['.', '\'']) {
        true => format!("\\&{text}"),
        false => text,
    }
}

fn entry(name: &str, about: &str) -> String {
    format!(".TP\n\\fB{}\\fR\n{}\n", plain(name), plain(about))
}

fn page(specs: &Specs) -> String {
    let version = crate::boot::VERSION;
    let mut page = format!(
        ".TH MOBO 1 \"\" \"MagFlock {version}\" \"MagFlock\"\n.SH NAME\nmobo \\- the command line of MagFlock\n\
         .SH SYNOPSIS\n\\fBmobo\\fR \\fICOMMAND\\fR [\\fIINPUT\\fR] [\\fIFLAGS\\fR]\n.SH COMMANDS\n"
    );
    for own in OWN {
        page.push_str(&entry(own.usage, own.summary));
    }
    page.push_str(".SH OPERATIONS\nThe same as over HTTP; each needs a running board unless it says otherwise.\n");
    for spec in specs.iter() {
        page.push_str(&entry(help::usage(spec).trim_start_matches("mobo "), spec.summary));
    }
    page.push_str(".SH OPTIONS\n");
    for (name, value, about) in GLOBAL {
        page.push_str(&entry(
            &value.map_or(format!("--{name}"), |v| format!("--{name} {v}")),
            about,
        ));
    }
    page.push_str(".SH EXIT STATUS\n");
    for (code, what) in exit::PAGE {
        page.push_str(&entry(&code.to_string(), what));
    }
    page.push_str(".SH ENVIRONMENT\n");
    page.push_str(&entry("MAGFLOCK_DATA", "The data folder, when --data does not name one."));
    page.push_str(&entry(
        "MAGFLOCK_SECTION_KEY",
        "A setting, as `mobo config:show --json` names it.",
    ));
    page.push_str(&entry("NO_COLOR", "No colours, whatever the terminal can show."));
    page
}

fn of(spec: &Spec) -> String {
    let name = spec.name.replace(':', "-");
    let mut page = format!(
        ".TH MOBO\\-{} 1 \"\" \"MagFlock {}\" \"MagFlock\"\n.SH NAME\nmobo\\-{} \\- {}\n.SH SYNOPSIS\n{}\n",
        plain(&name.to_uppercase()),
        crate::boot::VERSION,
        plain(&name),
        plain(spec.summary),
        plain(&help::usage(spec))
    );
    if !spec.about.is_empty() {
        page.push_str(&format!(".SH DESCRIPTION\n{}\n", plain(spec.about)));
    }
    page.push_str(".SH INPUT\n");
    for field in grammar::fields(spec) {
        page.push_str(&entry(&grammar::shown_field(&field), &grammar::about_field(&field)));
    }
    if let Some(example) = help::best_example(spec) {
        let typed = grammar::quoted(&grammar::typed_out(spec, &example.input));
        page.push_str(&format!(
            ".SH EXAMPLE\n{}:\n.PP\nmobo {}\n",
            plain(example.title),
            plain(&typed)
        ));
    }
    page.push_str(".SH SEE ALSO\n\\fBmobo\\fR(1)\n");
    page
}
