//! Operators over rows in memory: the meaning of an answer, against which engines are measured.
