//! REST on the built binary: one file of requests, one file of answers, and both engines give them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends at the first surprise")]

mod arguments;
mod around;
mod batch;
mod bodies;
mod cinema;
mod clients;
mod corners;
mod cursor;
mod dialect;
mod functions;
mod holes;
mod house;
mod mistakes;
mod moments;
mod parity;
mod recall;
mod small_print;
mod views;
