//! What is asked of the functions, and what each caller is told.

use serde_json::{Value as Json, json};

/// Who asks, the request, the body, the status, and what is told.
pub(super) type Case = (&'static str, &'static str, &'static str, u16, Json);

pub(super) fn groups_and_joins() -> Vec<Case> {
    let tagged = |rows: Json| -> Json {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| json!({"note": row[0], "tag": row[1]})).collect()
    };
    vec![
        ("all", "GET /rpc/busy_owners", "", 200, json!(["ann", "bob"])),
        ("anon", "GET /rpc/busy_owners", "", 200, json!(["bob"])),
        (
            "all",
            "GET /rpc/loud_owners",
            "",
            200,
            json!([{"who": "BOB", "votes": 1}, {"who": "ANN", "votes": 8}]),
        ),
        (
            "anon",
            "GET /rpc/loud_owners",
            "",
            200,
            json!([{"who": "BOB", "votes": 1}, {"who": "ANN", "votes": 3}]),
        ),
        (
            "all",
            "GET /rpc/per_key",
            "",
            200,
            json!([{"id": 1, "body": "first", "tags": 1}, {"id": 2, "body": "second", "tags": 2},
                {"id": 3, "body": "third", "tags": 0}, {"id": 4, "body": null, "tags": 0}]),
        ),
        ("anon", "GET /rpc/per_key?select=id", "", 200, json!([{"id": 1}, {"id": 3}, {"id": 4}])),
        ("all", "GET /rpc/many", "", 200, json!([4])),
        ("anon", "GET /rpc/many", "", 200, json!([])),
        (
            "all",
            "GET /rpc/different",
            "",
            200,
            json!([{"owners": 2, "some_open": true, "all_open": false}]),
        ),
        (
            "anon",
            "GET /rpc/different",
            "",
            200,
            json!([{"owners": 2, "some_open": true, "all_open": true}]),
        ),
        (
            "all",
            "GET /rpc/ranked_owners",
            "",
            200,
            json!([{"who": "ann", "place": 1}, {"who": "bob", "place": 2}]),
        ),
        (
            "anon",
            "GET /rpc/ranked_owners",
            "",
            200,
            json!([{"who": "bob", "place": 1}, {"who": "ann", "place": 2}]),
        ),
        ("all", "GET /rpc/of_busy", "", 200, json!([1, 2, 3, 4])),
        ("anon", "GET /rpc/of_busy", "", 200, json!([3, 4])),
        (
            "anon",
            "GET /rpc/by_shown",
            "",
            200,
            json!([{"shouted": "ANN", "n": 1}, {"shouted": "BOB", "n": 2}]),
        ),
        (
            "all",
            "GET /rpc/tags_right",
            "",
            200,
            tagged(json!([[1, "x"], [2, "x"], [2, "y"], [null, "z"]])),
        ),
        (
            "anon",
            "GET /rpc/tags_right",
            "",
            200,
            tagged(json!([[1, "x"], [null, "x"], [null, "y"], [null, "z"]])),
        ),
        (
            "all",
            "GET /rpc/notes_right",
            "",
            200,
            tagged(json!([[1, "x"], [2, "x"], [2, "y"], [3, null], [4, null]])),
        ),
        ("anon", "GET /rpc/notes_right", "", 200, tagged(json!([[1, "x"], [3, null], [4, null]]))),
        (
            "all",
            "GET /rpc/full_pairs",
            "",
            200,
            tagged(json!([[1, "x"], [2, "x"], [2, "y"], [3, null], [4, null], [null, "z"]])),
        ),
        (
            "anon",
            "GET /rpc/full_pairs",
            "",
            200,
            tagged(json!([[1, "x"], [null, "x"], [null, "y"], [3, null], [4, null], [null, "z"]])),
        ),
        (
            "all",
            "GET /rpc/three",
            "",
            200,
            json!([{"note": 1, "other": 2, "tag": "x"}, {"note": null, "other": null, "tag": "x"},
                {"note": null, "other": null, "tag": "y"}, {"note": null, "other": null, "tag": "z"}]),
        ),
        ("anon", "GET /rpc/three?other=not.is.null", "", 200, json!([])),
        (
            "all",
            "GET /rpc/beside?select=day,note,tag&limit=3",
            "",
            200,
            json!([{"day": 1, "note": 1, "tag": "x"}, {"day": 1, "note": 2, "tag": "x"}, {"day": 1, "note": 2, "tag": "y"}]),
        ),
        (
            "anon",
            "GET /rpc/beside",
            "",
            200,
            json!([{"day": 1, "note": 1, "tag": "x"}, {"day": 1, "note": null, "tag": "x"},
                {"day": 1, "note": null, "tag": "y"}, {"day": 1, "note": 3, "tag": null},
                {"day": 1, "note": 4, "tag": null}, {"day": 1, "note": null, "tag": "z"}]),
        ),
        ("all", "GET /rpc/crossed", "", 200, json!(16)),
        ("anon", "GET /rpc/crossed", "", 200, json!(12)),
    ]
}

pub(super) fn windows() -> Vec<Case> {
    let running = |rows: Json| -> Json {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|r| json!({"id": r[0], "total": r[1], "mean": r[2], "top": r[3]})).collect()
    };
    let placed = |rows: Json| -> Json {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|r| json!({"id": r[0], "n": r[1], "half": r[2], "last": r[3], "second": r[4]}))
            .collect()
    };
    let frames = |rows: Json| -> Json {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|r| json!({"id": r[0], "near": r[1], "peers": r[2], "said": r[3]})).collect()
    };
    let sums = |rows: Json| -> Json {
        rows.as_array()
            .unwrap()
            .iter()
            .map(|r| json!({"day": r[0], "two": r[1], "lowest": r[2]}))
            .collect()
    };
    let third = 1.0 / 3.0;
    vec![
        (
            "all",
            "GET /rpc/running",
            "",
            200,
            running(json!([[1, 3, 3.0, 5], [2, 8, 4.0, 5], [3, 9, 3.0, 5], [4, 9, 2.25, 1]])),
        ),
        (
            "anon",
            "GET /rpc/running",
            "",
            200,
            running(json!([[1, 3, 3.0, 3], [3, 4, 2.0, 3], [4, 4, 1.333_333_333_333_333_3, 1]])),
        ),
        (
            "all",
            "GET /rpc/placed",
            "",
            200,
            placed(json!([[1, 1, 1, 2, 2], [2, 2, 1, 2, 2], [3, 1, 2, 4, 4], [4, 2, 2, 4, 4]])),
        ),
        (
            "anon",
            "GET /rpc/placed",
            "",
            200,
            placed(json!([[1, 1, 1, 1, null], [3, 1, 1, 4, 4], [4, 2, 2, 4, 4]])),
        ),
        (
            "all",
            "GET /rpc/shares?id=in.(2,4)",
            "",
            200,
            json!([{"id": 2, "place": 1, "share": 1}, {"id": 4, "place": 0, "share": 0.25}]),
        ),
        (
            "anon",
            "GET /rpc/shares",
            "",
            200,
            json!([{"id": 1, "place": 1, "share": 1}, {"id": 3, "place": 0.5, "share": 2.0 * third},
                {"id": 4, "place": 0, "share": third}]),
        ),
        (
            "all",
            "GET /rpc/frames",
            "",
            200,
            frames(json!([[1, 2, 2, 9], [2, 2, 2, 9], [3, 2, 4, 9], [4, 1, 4, 9]])),
        ),
        (
            "anon",
            "GET /rpc/frames",
            "",
            200,
            frames(json!([[1, 2, 1, 4], [3, 2, 3, 4], [4, 1, 3, 4]])),
        ),
        (
            "all",
            "GET /rpc/sums",
            "",
            200,
            sums(json!([[1, 1.1, 1.1], [2, 3.3, 1.1], [3, 5.5, 1.1], [4, 7.3, 1.1]])),
        ),
        (
            "anon",
            "GET /rpc/sums",
            "",
            200,
            sums(json!([[1, 1.1, 1.1], [3, 4.4, 1.1], [4, 7.3, 1.1]])),
        ),
        ("all", "GET /rpc/moving?back=1", "", 200, json!([3, 8, 6, 1])),
        ("anon", "GET /rpc/moving?back=1", "", 200, json!([3, 4, 1])),
        ("anon", "GET /rpc/moving?back=-1", "", 400, Json::Null),
        ("all", "GET /rpc/before", "", 200, json!([-1, -1, 1, 2])),
        ("anon", "GET /rpc/before", "", 200, json!([-1, -1, 1])),
        ("all", "GET /rpc/by_window", "", 200, json!([2, 1, 3, 4])),
        ("anon", "GET /rpc/by_window", "", 200, json!([1, 3, 4])),
    ]
}

pub(super) fn recursion() -> Vec<Case> {
    let depths = |rows: Json| -> Json {
        rows.as_array().unwrap().iter().map(|r| json!({"id": r[0], "depth": r[1]})).collect()
    };
    vec![
        ("all", "GET /rpc/counting?n=4", "", 200, json!([1, 2, 3, 4])),
        (
            "all",
            "GET /rpc/below?top=1",
            "",
            200,
            depths(json!([[1, 0], [2, 1], [3, 2], [4, 1], [5, 2]])),
        ),
        // What is behind a hidden row is not found by way of it.
        ("anon", "GET /rpc/below?top=1", "", 200, depths(json!([[1, 0], [4, 1], [5, 2]]))),
        ("anon", "GET /rpc/below?top=2", "", 200, json!([])),
        ("all", "GET /rpc/below_twice", "", 200, json!(5)),
        ("anon", "GET /rpc/below_twice", "", 200, json!(3)),
        ("all", "GET /rpc/rounds", "", 200, json!([1, 2, 3, 4])),
        ("anon", "GET /rpc/rounds", "", 200, json!([1, 2, 3])),
        ("all", "GET /rpc/half", "", 200, json!(["ann", "bob"])),
        ("anon", "GET /rpc/half", "", 200, json!(["ann"])),
        ("all", "GET /rpc/beside_one", "", 200, json!([])),
        ("anon", "GET /rpc/beside_one", "", 200, json!([1, 3, 4])),
        (
            "anon",
            "GET /rpc/of_all",
            "",
            200,
            json!([{"who": "bob", "n": 2, "whole": 3}, {"who": "ann", "n": 1, "whole": 3}]),
        ),
        ("all", "GET /rpc/reached", "", 200, json!([1, 2, 3, 4])),
        ("anon", "GET /rpc/reached", "", 200, json!([1, 2])),
        ("all", "GET /rpc/leaves", "", 200, json!([3, 5])),
        ("anon", "GET /rpc/leaves", "", 200, json!([5])),
    ]
}

pub(super) fn writes() -> Vec<Case> {
    let told = |rows: Json| -> Json {
        rows.as_array().unwrap().iter().map(|r| json!({"id": r[0], "said": r[1]})).collect()
    };
    let counted = |rows: Json| -> Json {
        rows.as_array().unwrap().iter().map(|r| json!({"name": r[0], "n": r[1]})).collect()
    };
    let counters = "GET /counters?select=name,n&order=name";
    vec![
        ("anon", "POST /rpc/copy", "{}", 204, Json::Null),
        ("all", "GET /log?order=id", "", 200, told(json!([[101, "first"], [103, "third"]]))),
        // One row that a policy refuses, and nothing of it is written.
        ("anon", "POST /rpc/copy_bad", "{}", 401, Json::Null),
        ("anon", "POST /rpc/copy_secret", "{}", 401, Json::Null),
        ("all", "GET /log?select=id&id=gt.200", "", 200, json!([])),
        (
            "anon",
            "POST /rpc/copy_few?order=id",
            "{}",
            200,
            told(json!([[403, "third"], [404, "none"]])),
        ),
        ("all", "POST /rpc/copy_few", "{}", 409, Json::Null),
        // It is told, and so the caller must be allowed to see it.
        ("anon", "POST /rpc/copy_out_of_sight", "{}", 401, Json::Null),
        ("all", "GET /log?select=id&id=gt.500", "", 200, json!([])),
        ("all", "POST /rpc/copy_itself", "{}", 204, Json::Null),
        (
            "all",
            "GET /log?select=id&id=gt.500&order=id",
            "",
            200,
            json!([{"id": 601}, {"id": 603}, {"id": 903}, {"id": 904}]),
        ),
        ("anon", "POST /rpc/hit", r#"{"what": "A", "by": 2}"#, 204, Json::Null),
        ("anon", "POST /rpc/hit", r#"{"what": "new", "by": 1}"#, 204, Json::Null),
        ("all", counters, "", 200, counted(json!([["a", 3], ["new", 1], ["r", 1]]))),
        // As it would become, as it would be made, and as it is there.
        ("anon", "POST /rpc/hit", r#"{"what": "a", "by": 8}"#, 401, Json::Null),
        ("anon", "POST /rpc/hit", r#"{"what": "newer", "by": 20}"#, 401, Json::Null),
        ("anon", "POST /rpc/hit", r#"{"what": "a", "by": 20}"#, 401, Json::Null),
        ("anon", "POST /rpc/hit", r#"{"what": "r", "by": 1}"#, 401, Json::Null),
        ("all", counters, "", 200, counted(json!([["a", 3], ["new", 1], ["r", 1]]))),
        ("anon", "POST /rpc/hit_if", r#"{"what": "a", "by": 1, "most": 2}"#, 200, json!([])),
        ("anon", "POST /rpc/hit_if", r#"{"what": "a", "by": 1, "most": 100}"#, 200, json!([4])),
        ("anon", "POST /rpc/hit_if", r#"{"what": "r", "by": 1, "most": 100}"#, 401, Json::Null),
        ("anon", "POST /rpc/keep", r#"{"what": "r"}"#, 204, Json::Null),
        ("anon", "POST /rpc/keep", r#"{"what": "kept"}"#, 204, Json::Null),
        ("anon", "POST /rpc/keep_named", r#"{"what": "a", "whose": "ann"}"#, 204, Json::Null),
        ("anon", "POST /rpc/keep_named", r#"{"what": "mine", "whose": "root"}"#, 401, Json::Null),
        ("all", counters, "", 200, counted(json!([["a", 4], ["kept", 5], ["new", 1], ["r", 1]]))),
        ("anon", "POST /rpc/tell_owners", "{}", 204, Json::Null),
        ("anon", "POST /rpc/tell_owners", "{}", 204, Json::Null),
        (
            "all",
            "GET /counters?select=name,n&order=name&name=in.(ann,bob)",
            "",
            200,
            counted(json!([["ann", 2], ["bob", 2]])),
        ),
        ("anon", "POST /rpc/count_them", "{}", 200, json!([0])),
        ("anon", "POST /rpc/count_them", "{}", 200, json!([1])),
        ("anon", "POST /rpc/twice", "{}", 500, Json::Null),
        ("anon", "POST /rpc/take_secret", "{}", 401, Json::Null),
        ("all", "POST /rpc/take_secret", "{}", 204, Json::Null),
        ("all", "GET /counters?select=owner&name=eq.a", "", 200, json!([{"owner": "s1"}])),
        ("all", "GET /counters?select=name&name=in.(dup,mine,newer)", "", 200, json!([])),
    ]
}
