//! Suites on data.
