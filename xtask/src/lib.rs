//! Automation of this repository: build and run, test, check, render the book.
//! Never part of the product: nothing here is compiled into `mobo`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a build tool speaks on the terminal"
)]

pub mod bench;
pub mod book;
pub mod ci;
pub mod markdown;
pub mod run;
pub mod screen;
pub mod shell;
pub mod test;
pub mod tidy;
pub mod tools;
pub mod tree;

/// How a verb ends: well, or with the sentence that is shown to the person.
pub type Done = Result<(), String>;
