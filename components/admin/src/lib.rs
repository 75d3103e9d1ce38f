//! Operations as HTTP.
