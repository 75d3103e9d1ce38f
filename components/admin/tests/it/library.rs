//! Toy operations: one that looks, one that takes steps, one that destroys, one that follows.

use mag_contract::operation::{Call, Example, Offer, Operation};
use mag_contract::{Effect, Fault, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Calls of `book:wait` that learned that they were taken back; each test waits in its own shelf.
pub(crate) static TAKEN_BACK: [AtomicUsize; 3] =
    [AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0)];
/// Calls that have begun to wait.
pub(crate) static WAITED_FOR: [AtomicUsize; 3] =
    [AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0)];

#[derive(Serialize, Deserialize, JsonSchema, Clone)]
pub(crate) struct Book {
    title: String,
    /// The book that it continues.
    continues: Option<Box<Book>>,
    kind: Kind,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Novel,
    Atlas,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Look {
    /// At most so many.
    #[serde(default)]
    limit: Option<u32>,
    #[serde(default)]
    kind: Option<Kind>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Books {
    books: Vec<Book>,
    asked_by: String,
    door: String,
}

pub(crate) struct List;
impl Operation for List {
    type Input = Look;
    type Output = Books;
    const NAME: &'static str = "book:list";
    const SUMMARY: &'static str = "the books";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "books.read";
    fn examples() -> Vec<Example> {
        vec![Example::new("one", json!({ "limit": 1 }), json!({ "books": [{}] }))]
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Named {
    title: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Burnt {
    burnt: bool,
    title: String,
}

pub(crate) struct Burn;
impl Operation for Burn {
    type Input = Named;
    type Output = Burnt;
    const NAME: &'static str = "book:burn";
    const SUMMARY: &'static str = "destroy a book";
    const EFFECT: Effect = Effect::Destructive;
    const PERMISSION: &'static str = "books.write";
    const PREVIEW: bool = true;
    fn examples() -> Vec<Example> {
        vec![Example::refused("without consent", json!({ "title": "a" }), "MF1004")]
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Pages {
    pages: u64,
    #[serde(default)]
    fail: bool,
}

pub(crate) struct Print;
impl Operation for Print {
    type Input = Pages;
    type Output = u64;
    const NAME: &'static str = "book:print";
    const SUMMARY: &'static str = "print a book, page by page";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "books.write";
    fn examples() -> Vec<Example> {
        vec![Example::new("two pages", json!({ "pages": 2 }), json!(2))]
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Shelf {
    shelf: usize,
}

/// It tells one thing and then waits until it is taken back.
pub(crate) struct Watch;
impl Operation for Watch {
    type Input = Shelf;
    type Output = ();
    const NAME: &'static str = "book:watch";
    const SUMMARY: &'static str = "see who reads";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "books.read";
    const FOLLOWS: bool = true;
    fn examples() -> Vec<Example> {
        vec![]
    }
}

pub(crate) struct Wait;
impl Operation for Wait {
    type Input = Shelf;
    type Output = ();
    const NAME: &'static str = "book:wait";
    const SUMMARY: &'static str = "wait for a book";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "books.write";
    fn examples() -> Vec<Example> {
        vec![]
    }
}

pub(crate) fn offers() -> Vec<Offer> {
    vec![
        Offer::new::<List, _, _>(list),
        Offer::new::<Burn, _, _>(burn),
        Offer::new::<Print, _, _>(print),
        Offer::new::<Watch, _, _>(watch),
        Offer::new::<Wait, _, _>(wait),
    ]
}

async fn list(look: Look, call: Call) -> Result<Books, Fault> {
    let first = Book { title: "one".into(), continues: None, kind: Kind::Novel };
    let second =
        Book { title: "two".into(), continues: Some(first.clone().into()), kind: Kind::Atlas };
    let wanted = |book: &Book| look.kind.is_none_or(|kind| kind == book.kind);
    let limit = look.limit.map_or(usize::MAX, |n| usize::try_from(n).unwrap());
    let books = [first, second].into_iter().filter(wanted).take(limit).collect();
    Ok(Books { books, asked_by: call.actor.id, door: call.door.into() })
}

async fn burn(named: Named, call: Call) -> Result<Burnt, Fault> {
    Ok(Burnt { burnt: !call.preview, title: named.title })
}

async fn print(order: Pages, call: Call) -> Result<u64, Fault> {
    for page in 1..=order.pages {
        call.progress.say("printed", Some((page, order.pages)));
        call.progress.item(json!({ "page": page })).await;
    }
    match order.fail {
        true => Err(Fault::new(codes::STATE_CONFLICT, "the paper is used up")),
        false => Ok(order.pages),
    }
}

async fn watch(shelf: Shelf, call: Call) -> Result<(), Fault> {
    call.progress.item(json!({ "reader": "ada" })).await;
    wait(shelf, call).await
}

async fn wait(shelf: Shelf, mut call: Call) -> Result<(), Fault> {
    WAITED_FOR[shelf.shelf].fetch_add(1, Ordering::SeqCst);
    call.cancelled.wait().await;
    assert!(call.cancelled.is(), "a call that is taken back is told so");
    TAKEN_BACK[shelf.shelf].fetch_add(1, Ordering::SeqCst);
    Ok(())
}
