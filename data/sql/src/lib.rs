//! One renderer for all SQL engines, and what a dialect may change of it.
