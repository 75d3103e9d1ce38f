//! Types of the database. Made by `mobo gen:types`; it is written anew, not edited.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::option_option,
    reason = "nobody uses all of it, and a column may be left out as well as be NULL"
)]

/// The schema `public`.
pub mod public {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum Nothing {
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum Option_ {
        #[serde(rename = "kind")]
        Kind,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum OptionKind {
        #[serde(rename = "y")]
        Y,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum String_ {
        #[serde(rename = "x")]
        X,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum Type_ {
        #[serde(rename = "")]
        Empty,
        #[serde(rename = "a\"b")]
        AB,
        #[serde(rename = "1")]
        N1,
        #[serde(rename = "a-b")]
        AB2,
        #[serde(rename = "a_b")]
        AB3,
        #[serde(rename = "None")]
        None,
        #[serde(rename = "class")]
        Class,
        #[serde(rename = "$x")]
        X,
        #[serde(rename = "back\\slash")]
        BackSlash,
        #[serde(rename = "it's")]
        ItS,
        #[serde(rename = "تست")]
        U62au633u62a,
        #[serde(rename = "Self")]
        Self_,
    }

    /// The composite type `a"c`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct AC {
        pub class: Option<String>,
        #[serde(rename = "user-id")]
        pub user_id: Option<i32>,
    }

    /// A row of the table `A-B`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct ABRow {
        pub id: Option<i32>,
    }

    /// What a new row of `A-B` says.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct ABInsert {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<Option<i32>>,
    }

    /// What a change of `A-B` says; what is left out stays.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct ABUpdate {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<Option<i32>>,
    }

    /// A row of the table `a"b`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct ABRow2 {
        pub id: Option<i32>,
    }

    /// What a new row of `a"b` says.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct ABInsert2 {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<Option<i32>>,
    }

    /// What a change of `a"b` says; what is left out stays.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct ABUpdate2 {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<Option<i32>>,
    }

    /// */ """ \ $x `y`
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct ClassRow {
        #[serde(rename = "type")]
        pub type_: Type_,
        pub user_id: i32,
        #[serde(rename = "user-id")]
        pub user_id2: Option<i32>,
        #[serde(rename = "userId")]
        pub user_id3: Option<i32>,
        #[serde(rename = "self")]
        pub self_: Option<bool>,
        #[serde(rename = "1st")]
        pub n1st: Option<String>,
        #[serde(rename = "a\"b")]
        pub a_b: Option<AC>,
        #[serde(rename = "it's")]
        pub it_s: Option<String>,
        #[serde(rename = "x*/y")]
        pub x_y: Option<String>,
        #[serde(rename = "line\nbreak")]
        pub line_break: Option<String>,
        #[serde(rename = "$name")]
        pub name: Option<String>,
        #[serde(rename = "back\\slash")]
        pub back_slash: Option<String>,
        #[serde(rename = "`tick`")]
        pub tick: Option<String>,
        #[serde(rename = "a,b")]
        pub a_b2: Option<String>,
        #[serde(rename = "__secret")]
        pub secret: Option<String>,
        #[serde(rename = "None")]
        pub none: Option<String>,
        pub select: Option<String>,
        #[serde(rename = "تست")]
        pub u62au633u62a: Option<Vec<String>>,
        #[serde(rename = "{id}")]
        pub id: Option<Vec<Type_>>,
    }

    /// What a new row of `class` says.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct ClassInsert {
        #[serde(rename = "type")]
        pub type_: Type_,
        pub user_id: i32,
        #[serde(rename = "user-id", skip_serializing_if = "Option::is_none")]
        pub user_id2: Option<Option<i32>>,
        #[serde(rename = "userId", skip_serializing_if = "Option::is_none")]
        pub user_id3: Option<Option<i32>>,
        #[serde(rename = "self", skip_serializing_if = "Option::is_none")]
        pub self_: Option<Option<bool>>,
        #[serde(rename = "1st", skip_serializing_if = "Option::is_none")]
        pub n1st: Option<Option<String>>,
        #[serde(rename = "a\"b", skip_serializing_if = "Option::is_none")]
        pub a_b: Option<Option<AC>>,
        #[serde(rename = "it's", skip_serializing_if = "Option::is_none")]
        pub it_s: Option<Option<String>>,
        #[serde(rename = "x*/y", skip_serializing_if = "Option::is_none")]
        pub x_y: Option<Option<String>>,
        #[serde(rename = "line\nbreak", skip_serializing_if = "Option::is_none")]
        pub line_break: Option<Option<String>>,
        #[serde(rename = "$name", skip_serializing_if = "Option::is_none")]
        pub name: Option<Option<String>>,
        #[serde(rename = "back\\slash", skip_serializing_if = "Option::is_none")]
        pub back_slash: Option<Option<String>>,
        #[serde(rename = "`tick`", skip_serializing_if = "Option::is_none")]
        pub tick: Option<Option<String>>,
        #[serde(rename = "a,b", skip_serializing_if = "Option::is_none")]
        pub a_b2: Option<Option<String>>,
        #[serde(rename = "__secret", skip_serializing_if = "Option::is_none")]
        pub secret: Option<Option<String>>,
        #[serde(rename = "None", skip_serializing_if = "Option::is_none")]
        pub none: Option<Option<String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub select: Option<Option<String>>,
        #[serde(rename = "تست", skip_serializing_if = "Option::is_none")]
        pub u62au633u62a: Option<Option<Vec<String>>>,
        #[serde(rename = "{id}", skip_serializing_if = "Option::is_none")]
        pub id: Option<Option<Vec<Type_>>>,
    }

    /// What a change of `class` says; what is left out stays.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct ClassUpdate {
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        pub type_: Option<Type_>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub user_id: Option<i32>,
        #[serde(rename = "user-id", skip_serializing_if = "Option::is_none")]
        pub user_id2: Option<Option<i32>>,
        #[serde(rename = "userId", skip_serializing_if = "Option::is_none")]
        pub user_id3: Option<Option<i32>>,
        #[serde(rename = "self", skip_serializing_if = "Option::is_none")]
        pub self_: Option<Option<bool>>,
        #[serde(rename = "1st", skip_serializing_if = "Option::is_none")]
        pub n1st: Option<Option<String>>,
        #[serde(rename = "a\"b", skip_serializing_if = "Option::is_none")]
        pub a_b: Option<Option<AC>>,
        #[serde(rename = "it's", skip_serializing_if = "Option::is_none")]
        pub it_s: Option<Option<String>>,
        #[serde(rename = "x*/y", skip_serializing_if = "Option::is_none")]
        pub x_y: Option<Option<String>>,
        #[serde(rename = "line\nbreak", skip_serializing_if = "Option::is_none")]
        pub line_break: Option<Option<String>>,
        #[serde(rename = "$name", skip_serializing_if = "Option::is_none")]
        pub name: Option<Option<String>>,
        #[serde(rename = "back\\slash", skip_serializing_if = "Option::is_none")]
        pub back_slash: Option<Option<String>>,
        #[serde(rename = "`tick`", skip_serializing_if = "Option::is_none")]
        pub tick: Option<Option<String>>,
        #[serde(rename = "a,b", skip_serializing_if = "Option::is_none")]
        pub a_b2: Option<Option<String>>,
        #[serde(rename = "__secret", skip_serializing_if = "Option::is_none")]
        pub secret: Option<Option<String>>,
        #[serde(rename = "None", skip_serializing_if = "Option::is_none")]
        pub none: Option<Option<String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub select: Option<Option<String>>,
        #[serde(rename = "تست", skip_serializing_if = "Option::is_none")]
        pub u62au633u62a: Option<Option<Vec<String>>>,
        #[serde(rename = "{id}", skip_serializing_if = "Option::is_none")]
        pub id: Option<Option<Vec<Type_>>>,
    }

    /// /*/ opens,  turns
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct WordsRow {
        pub int: Option<i32>,
        pub str: Option<String>,
        pub double: Option<f64>,
        pub bool: Option<bool>,
        pub hash_value: Option<String>,
        #[serde(rename = "m²")]
        pub mub2: Option<i32>,
        pub string: Option<String_>,
        pub option: Option<Option_>,
        pub many: Option<Vec<i32>>,
        pub list: Option<Vec<String>>,
    }

    /// What a new row of `words` says.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct WordsInsert {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub int: Option<Option<i32>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub str: Option<Option<String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub double: Option<Option<f64>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub bool: Option<Option<bool>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub hash_value: Option<Option<String>>,
        #[serde(rename = "m²", skip_serializing_if = "Option::is_none")]
        pub mub2: Option<Option<i32>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub string: Option<Option<String_>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub option: Option<Option<Option_>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub many: Option<Option<Vec<i32>>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub list: Option<Option<Vec<String>>>,
    }

    /// What a change of `words` says; what is left out stays.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct WordsUpdate {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub int: Option<Option<i32>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub str: Option<Option<String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub double: Option<Option<f64>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub bool: Option<Option<bool>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub hash_value: Option<Option<String>>,
        #[serde(rename = "m²", skip_serializing_if = "Option::is_none")]
        pub mub2: Option<Option<i32>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub string: Option<Option<String_>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub option: Option<Option<Option_>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub many: Option<Option<Vec<i32>>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub list: Option<Option<Vec<String>>>,
    }

    /// A row of the table `x/y?z#{w}`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct XYZWRow {
        pub id: Option<i32>,
    }

    /// What a new row of `x/y?z#{w}` says.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct XYZWInsert {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<Option<i32>>,
    }

    /// What a change of `x/y?z#{w}` says; what is left out stays.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct XYZWUpdate {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<Option<i32>>,
    }

    /// A row of the table `تست`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct U62au633u62aRow {
        pub id: Option<i32>,
    }

    /// What a new row of `تست` says.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct U62au633u62aInsert {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<Option<i32>>,
    }

    /// What a change of `تست` says; what is left out stays.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct U62au633u62aUpdate {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<Option<i32>>,
    }

    /// What the function `class` takes.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct ClassArgs {
        pub fun: i32,
        #[serde(rename = "it's", skip_serializing_if = "Option::is_none")]
        pub it_s: Option<Type_>,
    }
}
