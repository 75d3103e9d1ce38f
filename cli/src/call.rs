//! An operation as a command: input from words, answer from a running board (or from the data
//! folder, where that is enough), shown to a person or printed as JSON.

use crate::client::{Client, Piece, Wish};
use crate::options::Options;
use crate::progress::Progress;
use crate::screen::Screen;
use crate::trouble::{Done, Trouble};
use crate::{ending, exit, grammar, offline, trouble, view};
use mag_contract::operation::Spec;
use mag_contract::{Effect, Fault, codes};
use mag_mobo::Parts;
use serde_json::Value as Json;
use std::io::Read;

/// An input piped in is at most so long; the board takes no longer one.
const INPUT_MAX: u64 = 50 * 1024 * 1024;

pub(crate) fn call(parts: &Parts, options: &Options, spec: &Spec, words: &[String]) -> Done {
    let (words, now) = ending::now_flag(spec, words);
    let mut input = grammar::input(spec, &words, piped)?;
    crate::paths::from_here(spec, &mut input);
    if options.preview && !spec.preview {
        let message = format!("`{}` cannot be previewed", spec.name);
        let hint = match spec.effect {
            Effect::Read => "it changes nothing; call it without `--preview`",
            Effect::Write | Effect::Admin | Effect::Destructive => "call it without `--preview`",
        };
        return Err(Fault::new(codes::NO_PREVIEW, message).hint(hint).into());
    }
    if spec.name == "doctor:run" {
        return crate::doctor::doctor(parts, options, &input);
    }
    let data = options.folder();
    if mag_mobo::lock::running(&data).is_none() {
        return match offline::answer(parts, options, spec.name, &input) {
            Some(answer) => show(options, spec, &input, &answer?),
            None => Err(trouble::no_board(&data).into()),
        };
    }
    match spec.name {
        "board:shutdown" => ending::shutdown(options, now),
        "board:restart" => ending::restart(options),
        _ => {
            let answer = match ask(options, spec, &input) {
                // A board without its console: what the data folder can tell is told from there.
                Err(Trouble::Fault(fault)) if fault.code() == codes::UNPLUGGED => {
                    match offline::answer(parts, options, spec.name, &input) {
                        Some(answer) => answer?,
                        None => return Err(fault.into()),
                    }
                }
                answer => answer?,
            };
            if spec.follows {
                return Ok(());
            }
            show(options, spec, &input, &answer)
        }
    }
}

fn piped() -> Result<String, Fault> {
    let mut text = String::new();
    std::io::stdin()
        .take(INPUT_MAX)
        .read_to_string(&mut text)
        .map_err(|e| trouble::io("standard input cannot be read", e))?;
    Ok(text)
}

/// Runs one piece of asynchronous work of a command.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> Done<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| trouble::io("the machine gives no runtime", e))?;
    let local = tokio::task::LocalSet::new();
    Ok(local.block_on(&runtime, work))
}

/// The call to the running board, with its progress; Ctrl-C takes it back.
pub(crate) fn ask(options: &Options, spec: &Spec, input: &Json) -> Done<Json> {
    let screen = options.screen();
    let progress = Progress::new(&screen);
    let client = Client::new(&options.folder());
    let wish =
        Wish { operation: spec.name, input, preview: options.preview, consent: options.consent() };
    let mut pane = view::Pane::new(spec.name);
    let heard = |piece| match piece {
        Piece::Step(step) => {
            progress.step(&step);
            true
        }
        Piece::Item(item) => pane.item(&screen, &item),
    };
    let answer = block_on(async {
        let call = client.call(&wish, heard);
        // A call that follows shows what it hears and needs no sign of life.
        let call = async {
            match spec.follows {
                true => call.await,
                false => progress.during(spec.summary, call).await,
            }
        };
        tokio::select! {
            answer = call => answer,
            _ = tokio::signal::ctrl_c() => {
                // The prompt does not stand behind the `^C` that the terminal has written.
                if spec.follows && screen.live_err {
                    screen.err("");
                }
                Err(Trouble::Said(exit::INTERRUPTED))
            }
        }
    });
    progress.clear();
    answer?
}

fn show(options: &Options, spec: &Spec, input: &Json, answer: &Json) -> Done {
    let screen = options.screen();
    print(&screen, spec.name, input, answer);
    if !screen.json && !screen.quiet {
        remark(&screen, spec, input, options, answer);
    }
    match found_wrong(spec.name, answer) {
        true => Err(Trouble::Said(exit::UNHEALTHY)),
        false => Ok(()),
    }
}

pub(crate) fn print(screen: &Screen, operation: &str, input: &Json, answer: &Json) {
    match screen.json {
        true => screen.out(&serde_json::to_string_pretty(answer).unwrap_or_default()),
        false => screen.out(&view::answer(screen, operation, input, answer)),
    };
}

/// What a person may want to know about how it was done.
fn remark(screen: &Screen, spec: &Spec, input: &Json, options: &Options, _: &Json) {
    if options.preview {
        screen.say("nothing was done: this was a preview");
    } else if let Some(undo) = spec.undo
        && spec.effect != Effect::Read
    {
        let same: Json = match (undo, input.get("part"), input.get("name")) {
            (_, Some(part), _) => serde_json::json!({ "part": part }),
            (_, None, Some(name)) => serde_json::json!({ "name": name }),
            _ => return,
        };
        let word = same.as_object().and_then(|o| o.values().next()?.as_str()).unwrap_or_default();
        let words = [undo.to_owned(), word.to_owned()];
        let line = format!("take it back with `mobo {}`", grammar::quoted(&words));
        screen.say(&screen.paint(crate::screen::Tone::Dim, &line));
    }
}

/// Checks that found something end with a code of their own.
pub(crate) fn found_wrong(operation: &str, answer: &Json) -> bool {
    let checks = [
        "health:check",
        "board:check",
        "config:check",
        "doctor:run",
        "migrate:check",
        "schema:lint",
    ];
    checks.contains(&operation) && answer.get("good").and_then(Json::as_bool) == Some(false)
}
