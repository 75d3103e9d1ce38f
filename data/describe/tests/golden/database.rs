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
    pub enum OrderState {
        #[serde(rename = "open")]
        Open,
        #[serde(rename = "paid")]
        Paid,
        #[serde(rename = "IN TRANSIT")]
        InTransit,
        #[serde(rename = "done")]
        Done,
    }

    /// The composite type `address`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Address {
        pub street: Option<String>,
        pub city: Option<String>,
        pub geo: Option<Vec<f64>>,
    }

    /// A row of the view `open orders`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct OpenOrdersRow {
        pub id: Option<i64>,
        pub person_id: Option<String>,
        pub size: Option<i64>,
    }

    /// What a new row of `open orders` says.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct OpenOrdersInsert {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<Option<i64>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub person_id: Option<Option<String>>,
    }

    /// What a change of `open orders` says; what is left out stays.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct OpenOrdersUpdate {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<Option<i64>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub person_id: Option<Option<String>>,
    }

    /// A row of the table `order_lines`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct OrderLinesRow {
        pub order_id: i64,
        pub line: i32,
        pub what: String,
        pub count: i32,
    }

    /// What a new row of `order_lines` says.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct OrderLinesInsert {
        pub order_id: i64,
        pub line: i32,
        pub what: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub count: Option<i32>,
    }

    /// What a change of `order_lines` says; what is left out stays.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct OrderLinesUpdate {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub order_id: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub line: Option<i32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub what: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub count: Option<i32>,
    }

    /// A row of the table `orders`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct OrdersRow {
        pub id: i64,
        pub person_id: String,
        pub state: OrderState,
        pub states: Option<Vec<OrderState>>,
        pub total: f64,
        pub rate: Option<f32>,
        pub note: Option<String>,
        pub days: Option<String>,
        pub words: Option<String>,
        #[serde(rename = "type")]
        pub type_: i16,
        #[serde(rename = "ship-to")]
        pub ship_to: Option<Address>,
    }

    /// What a new row of `orders` says.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct OrdersInsert {
        pub person_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub state: Option<OrderState>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub states: Option<Option<Vec<OrderState>>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub total: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub rate: Option<Option<f32>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub note: Option<Option<String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub days: Option<Option<String>>,
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        pub type_: Option<i16>,
        #[serde(rename = "ship-to", skip_serializing_if = "Option::is_none")]
        pub ship_to: Option<Option<Address>>,
    }

    /// What a change of `orders` says; what is left out stays.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct OrdersUpdate {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub person_id: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub state: Option<OrderState>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub states: Option<Option<Vec<OrderState>>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub total: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub rate: Option<Option<f32>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub note: Option<Option<String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub days: Option<Option<String>>,
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        pub type_: Option<i16>,
        #[serde(rename = "ship-to", skip_serializing_if = "Option::is_none")]
        pub ship_to: Option<Option<Address>>,
    }

    /// Customers
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct PeopleRow {
        pub id: String,
        pub email: String,
        pub name: Option<String>,
        pub home: Option<Address>,
        pub is_vip: bool,
        pub settings: serde_json::Value,
        pub invited_by: Option<String>,
        pub created_at: String,
    }

    /// What a new row of `people` says.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct PeopleInsert {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<String>,
        pub email: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub name: Option<Option<String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub home: Option<Option<Address>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub is_vip: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub settings: Option<serde_json::Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub invited_by: Option<Option<String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub created_at: Option<String>,
    }

    /// What a change of `people` says; what is left out stays.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct PeopleUpdate {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub email: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub name: Option<Option<String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub home: Option<Option<Address>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub is_vip: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub settings: Option<serde_json::Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub invited_by: Option<Option<String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub created_at: Option<String>,
    }

    /// A row of the view `sales`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct SalesRow {
        pub day: Option<String>,
        pub total: Option<f64>,
    }

    /// What the function `add` takes.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct AddArgs {
        pub a: i32,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub b: Option<i32>,
    }

    /// What the function `close_day` takes.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct CloseDayArgs {
        pub day: String,
    }

    /// What the function `either` takes.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct EitherArgs {
        pub x: String,
    }

    /// What the function `orders_of` takes.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct OrdersOfArgs {
        pub person: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub states: Option<Vec<OrderState>>,
    }

    /// What the function `search` takes.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct SearchArgs {
        pub query: String,
        pub most: i32,
    }
}

/// The schema `staff`.
pub mod staff {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum Shift {
        #[serde(rename = "early")]
        Early,
        #[serde(rename = "late")]
        Late,
    }

    /// A row of the table `empty`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct EmptyRow {
    }

    /// What a new row of `empty` says.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct EmptyInsert {
    }

    /// What a change of `empty` says; what is left out stays.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct EmptyUpdate {
    }

    /// A row of the table `members`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct MembersRow {
        pub id: i32,
        pub shift: Shift,
        pub serves: Option<super::public::OrderState>,
        pub salary: Option<f64>,
    }

    /// What a new row of `members` says.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct MembersInsert {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<i32>,
        pub shift: Shift,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub serves: Option<Option<super::public::OrderState>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub salary: Option<Option<f64>>,
    }

    /// What a change of `members` says; what is left out stays.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct MembersUpdate {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<i32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub shift: Option<Shift>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub serves: Option<Option<super::public::OrderState>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub salary: Option<Option<f64>>,
    }
}
