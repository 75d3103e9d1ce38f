//! A small generator with a seed, so that a failure can be repeated.

pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
    pub(crate) fn heads(&mut self) -> bool {
        self.throw(2) == 0
    }
}
