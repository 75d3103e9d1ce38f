//! Clients that people use already, unmodified, against the built binary: see the folders beside `src`.
