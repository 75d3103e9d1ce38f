//! Test doubles of the board.
