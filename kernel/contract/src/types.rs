//! Maps whose keys are types: the compiler has hashed those already. Pure.

use std::any::TypeId;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

pub(crate) type TypeMap<V> = HashMap<TypeId, V, BuildHasherDefault<AsItIs>>;

/// The last eight bytes that it is given.
#[derive(Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_own_place() {
        let keys = [TypeId::of::<u8>(), TypeId::of::<String>(), TypeId::of::<Vec<u8>>()];
        let map: TypeMap<usize> = keys.iter().enumerate().map(|(n, key)| (*key, n)).collect();
        for (n, key) in keys.iter().enumerate() {
            assert_eq!(map.get(key), Some(&n));
        }
        assert_eq!(map.get(&TypeId::of::<i8>()), None);
    }
}
