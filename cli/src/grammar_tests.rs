//! What flags mean, and that every operation of the kernel can be typed.

use super::*;
use serde_json::json;

/// An operation with a field of each shape.
fn sample() -> Spec {
    let input = json!({
        "type": "object",
        "required": ["part"],
        "properties": {
            "part": { "type": "string", "description": "Which part." },
            "force": { "type": "boolean", "default": false },
            "limit": { "type": "integer", "default": 100 },
            "share": { "type": ["number", "null"] },
            "state": { "anyOf": [{ "$ref": "#/$defs/State" }, { "type": "null" }] },
            "kind_of": { "oneOf": [{ "const": "a" }, { "const": "b" }] },
            "tag": { "type": "array", "items": { "type": "string" } },
            "deep": { "type": "object" },
        },
        "$defs": { "State": { "type": "string", "enum": ["queued", "dead"] } },
    });
    Spec {
        name: "demo:run",
        summary: "Runs a demonstration",
        about: "",
        effect: Effect::Read,
        permission: "demo.read",
        positional: &["part"],
        aliases: &[],
        preview: false,
        undo: None,
        follows: false,
        within: std::time::Duration::from_secs(1),
        input,
        output: json!({}),
        examples: vec![],
    }
}

fn check(typed: &str, expected: Json) {
    let words: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
    let input = input(&sample(), &words, || Ok("{\"part\": \"piped\"}".into()));
    let shown = input.unwrap_or_else(|f| {
        json!(format!("{} ({})", f.message(), f.hint_text().unwrap_or_default()))
    });
    assert_eq!(shown, expected, "{typed}");
}

#[test]
fn each_shape_of_a_schema_is_a_flag_of_its_own() {
    check("gate", json!({ "part": "gate" }));
    check("gate --force --limit 5", json!({ "part": "gate", "force": true, "limit": 5 }));
    check("gate --force=false", json!({ "part": "gate", "force": false }));
    check("gate --share 0.5 --limit=-1", json!({ "part": "gate", "share": 0.5, "limit": -1 }));
    check(
        "gate --state dead --kind-of a",
        json!({ "part": "gate", "state": "dead", "kind_of": "a" }),
    );
    check("gate --tag a --tag b", json!({ "part": "gate", "tag": ["a", "b"] }));
    check("gate --deep {\"x\":1}", json!({ "part": "gate", "deep": { "x": 1 } }));
    check("--input {\"part\":\"x\",\"limit\":1} --limit 2", json!({ "part": "x", "limit": 2 }));
    check("--input -", json!({ "part": "piped" }));
}

#[test]
fn wrong_words_are_refused_with_a_sentence_and_a_next_step() {
    let help = "`mobo help demo:run` shows what it takes";
    check(
        "gate --forse",
        json!(format!("`demo:run` has no flag `--forse` (did you mean `--force`? {help})")),
    );
    check("gate more", json!(format!("`demo:run` does not take `more` ({help})")));
    check("", json!(format!("`demo:run` needs <PART> ({help})")));
    check(
        "gate --limit many",
        json!(format!("`many` is not a value of `--limit <LIMIT>` ({help})")),
    );
    check(
        "gate --state ded",
        json!(
            "`ded` is not a value of `--state <STATE>` (did you mean `dead`? it takes queued, dead)"
        ),
    );
    check(
        "--input [1]",
        json!("the input is not a JSON object (such as `--input '{\"limit\": 5}'`)"),
    );
}

#[test]
fn an_example_is_what_a_person_would_type_and_means_the_same() {
    for (input, expected) in [
        (
            json!({ "part": "gate", "force": true, "tag": ["a b"] }),
            "demo:run gate --force --tag 'a b'",
        ),
        (
            json!({ "part": "x", "deep": { "y": 1 } }),
            "demo:run --input '{\"part\":\"x\",\"deep\":{\"y\":1}}'",
        ),
    ] {
        let words = typed_out(&sample(), &input);
        assert_eq!(quoted(&words), expected);
        let read = super::input(&sample(), &words[1..], || unreachable!("no input is piped"));
        assert_eq!(read.unwrap(), input);
    }
}

#[test]
fn every_operation_of_the_kernel_fits_a_command_line() {
    for spec in mag_mobo::operations::specs() {
        command(&spec).debug_assert();
        for field in fields(&spec) {
            let taken = crate::options::GLOBAL.iter().any(|(flag, _, _)| *flag == field.flag());
            assert!(!taken, "{}: `--{}` is a flag of everybody", spec.name, field.flag());
        }
        for example in &spec.examples {
            let words = typed_out(&spec, &example.input);
            let read = input(&spec, &words[1..], || unreachable!("no input is piped"));
            assert_eq!(read.unwrap(), example.input, "{}", quoted(&words));
        }
    }
}
