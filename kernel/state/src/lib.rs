//! The state of the board.
