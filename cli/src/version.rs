//! `mobo version`: which binary this is.

use crate::boot::VERSION;
use crate::help;
use crate::options::Options;
use crate::trouble::Done;
use mag_mobo::Parts;
use serde_json::json;

pub(crate) fn version(parts: &Parts, options: &Options, words: &[String]) -> Done {
    help::no_words("version", words)?;
    let screen = options.screen();
    if options.json {
        let parts: Vec<&str> = parts.iter().map(|p| p.name).collect();
        let (os, cpu) = (std::env::consts::OS, std::env::consts::ARCH);
        let about =
            json!({ "name": "magflock", "version": VERSION, "os": os, "cpu": cpu, "parts": parts });
        screen.out(&about.to_string());
    } else {
        screen.out(&format!("mobo {VERSION}"));
    }
    Ok(())
}
