//! Chance that can be repeated: SplitMix64.

#[derive(Clone, Debug)]
pub struct Chance {
    state: u64,
    /// Nothing is asked that can be known beforehand to be refused.
    sound: bool,
}

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self { state: seed, sound: false }
    }
    /// From here on without mishaps, or with them again.
    pub fn keep_sound(&mut self, sound: bool) {
        self.sound = sound;
    }
    pub fn is_sound(&self) -> bool {
        self.sound
    }
    /// So many times in a hundred something that is to be refused; never while calls are to be sound.
    pub fn mishap(&mut self, n: usize) -> bool {
        self.percent(n) && !self.sound
    }
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// From 0 to `n` - 1.
    pub fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).unwrap_or(1);
        usize::try_from(self.number() % n).unwrap_or(0)
    }
    pub fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }
    /// True so many times in a hundred.
    pub fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}
