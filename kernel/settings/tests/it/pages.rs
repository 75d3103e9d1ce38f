//! What is generated from the sections.

use crate::sample::{Gate, sections, with_vault};
use mag_settings::{Loader, reference, starter};

#[test]
fn the_reference_names_every_setting_with_its_default_and_its_variable() {
    let page = reference(&with_vault());
    assert!(page.contains("## `[parts.gate]`\n\nThe HTTP door.\n"), "{page}");
    let port = "### `parts.gate.port`\n\nThe port on which the API answers.\n\n\
        | type | default | takes effect | environment |\n|---|---|---|---|\n\
        | integer | `8000` | at the next start | `MAGFLOCK_PARTS__GATE__PORT` |\n";
    assert!(page.contains(port), "{page}");
    assert!(
        page.contains("| size | `\"10MiB\"` | at once | `MAGFLOCK_PARTS__GATE__BODY_MAX` |"),
        "{page}"
    );
    assert!(page.contains("| auto \\| gzip \\| plain | `\"auto\"` |"), "{page}");
    assert!(page.contains("| secret | none: it must be set |"), "{page}");
    assert!(page.contains("### `parts.gate.limits.burst`"), "{page}");
    assert!(!page.contains("salted"));
}

#[test]
fn the_starter_is_all_comments_and_holds_when_they_are_taken_away() {
    let text = starter(&sections());
    assert!(text.contains("# The port on which the API answers.\n#port = 8000\n"), "{text}");
    let words = "# How answers are packed. (auto | gzip | plain)\n#packing = \"auto\"\n";
    assert!(text.contains(words), "{text}");
    let loaded = Loader::new(sections()).file("magflock.toml", text.clone()).load().unwrap();
    assert_eq!(loaded.section::<Gate>("parts.gate").unwrap(), Gate::default());

    let is_value =
        |line: &str| line.starts_with('#') && !line.starts_with("# ") && !line.contains("=  ");
    let live = text.lines().map(|line| if is_value(line) { &line[1..] } else { line });
    let live: Vec<&str> = live.collect();
    let loaded = Loader::new(sections()).file("magflock.toml", live.join("\n")).load().unwrap();
    assert_eq!(loaded.section::<Gate>("parts.gate").unwrap(), Gate::default());
    assert!(
        loaded
            .values()
            .iter()
            .any(|s| s.path == "parts.gate.port" && s.origin.to_string() != "default")
    );
}

#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Nothing {}

#[test]
fn a_part_without_settings_has_no_section_to_start_from_and_sets_nothing() {
    let mut all = sections();
    all.push(mag_settings::Section::of::<Nothing>("console", "A page."));
    let text = starter(&all);
    assert!(!text.contains("console") && text.contains("[parts.gate]"), "{text}");
    // A file from before, and one that says so beside the others.
    let loaded = Loader::new(all).file("magflock.toml", format!("{text}\n[console]\n")).load();
    let loaded = loaded.unwrap();
    let shown: Vec<String> = loaded.values().into_iter().map(|s| s.path).collect();
    assert!(!shown.iter().any(|path| path == "console"), "{shown:?}");
    assert!(shown.contains(&"log.parts".to_owned()), "an empty map is a setting: {shown:?}");
    assert!(loaded.section::<Nothing>("console").is_ok());
}
