//! Every example of every operation, typed as a person would, does what it was declared to do.

use crate::follow::first_line;
use crate::house::House;
use serde_json::Value as Json;

#[test]
fn every_example_of_every_operation_holds() {
    let house = House::with_board();
    let specs = house.mobo("help --json").good().json();
    // Those that only look come first: they show a board that nobody has changed yet.
    let mut specs = specs.as_array().unwrap().clone();
    specs.sort_by_key(|spec| spec["effect"] != "read");
    let mut run = 0;
    for spec in &specs {
        let name = spec["name"].as_str().unwrap();
        for example in spec["examples"].as_array().unwrap() {
            let input = example["input"].to_string();
            let words = [name, "--json", "--input", &input];
            let expect = &example["expect"];
            match expect.as_str() {
                Some("own_test") => continue,
                Some("line") => {
                    assert!(!first_line(&house, &words).is_empty(), "{name} says nothing");
                }
                Some(other) => panic!("{name}: nobody knows how to check `{other}`"),
                None => check(&house, &words, expect),
            }
            run += 1;
        }
    }
    assert!(run > 20, "only {run} examples were run");
}

fn check(house: &House, words: &[&str], expect: &Json) {
    let said = house.mobo_of(words);
    if let Some(code) = expect.get("fault") {
        assert_eq!(&said.problem()["code"], code, "{words:?}");
        assert_ne!(said.code, 0, "{words:?}");
    } else {
        let answer = said.good().json();
        let wanted = &expect["answer"];
        assert!(holds(wanted, &answer), "{words:?}\nwanted {wanted}\ngot {answer}");
    }
}

/// Whether all that is wanted is there; more may be.
fn holds(wanted: &Json, got: &Json) -> bool {
    match (wanted, got) {
        (Json::Object(wanted), Json::Object(got)) => {
            wanted.iter().all(|(k, v)| got.get(k).is_some_and(|g| holds(v, g)))
        }
        (Json::Array(wanted), Json::Array(got)) => {
            wanted.iter().all(|w| got.iter().any(|g| holds(w, g)))
        }
        (wanted, got) => wanted == got,
    }
}
