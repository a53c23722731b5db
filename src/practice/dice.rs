//! Chance for the made-up book: the same seed, place and salt always give the same numbers.
//! Decides how randomness is drawn. It must never look at a clock or at what was drawn elsewhere,
//! so that any record can be made on its own, in any order.

/// A short stream of numbers that depends only on what it was made from.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

/// Stirs 64 bits so that neighbouring inputs give unrelated outputs.
pub(crate) fn stir(mut x: u64) -> u64 {
    x = (x ^ (x >> 31)).wrapping_mul(0x7fb5_d329_728e_a185);
    x = (x ^ (x >> 27)).wrapping_mul(0x81da_def4_bc2d_d44d);
    x ^ (x >> 33)
}

/// One number for a place (`seed`, `a`, `b`), without a stream.
pub(crate) fn roll(seed: u64, a: u64, b: u64) -> u64 {
    let mixed = stir(seed ^ a.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    stir(mixed.wrapping_add(b.wrapping_mul(0xd134_2543_de82_ef95)) ^ 0x5851_f42d_4c95_7f2d)
}

/// One number in `0.0..1.0` for a place.
pub(crate) fn share(seed: u64, a: u64, b: u64) -> f64 {
    (roll(seed, a, b) >> 11) as f64 / (1u64 << 53) as f64
}

impl Dice {
    pub(crate) fn new(seed: u64, a: u64, b: u64) -> Self {
        Dice(roll(seed, a, b))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        stir(self.0)
    }

    /// A number in `0.0..1.0`.
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True in about `p` of the cases.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.share() < p
    }

    /// A number in `low..=high`; `low` when the range is empty.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = (high - low).max(0) as u64 + 1;
        low + (self.next() % width) as i64
    }

    /// A number in `low..high`.
    pub(crate) fn real(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    /// An index into a list of `len` things (0 when it is empty).
    pub(crate) fn index(&mut self, len: usize) -> usize {
        (self.next() % len.max(1) as u64) as usize
    }

    /// One of the (non-empty) list.
    pub(crate) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.index(list.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_gives_the_same_numbers() {
        let (mut a, mut b) = (Dice::new(7, 3, 1), Dice::new(7, 3, 1));
        assert!((0..50).all(|_| a.next() == b.next()));
        assert_ne!(Dice::new(7, 3, 1).next(), Dice::new(7, 4, 1).next());
        assert_ne!(Dice::new(7, 3, 1).next(), Dice::new(8, 3, 1).next());
    }

    #[test]
    fn draws_stay_in_their_range_and_spread() {
        let mut dice = Dice::new(1, 2, 3);
        let mut sum = 0.0;
        for _ in 0..2000 {
            assert!((-3..=9).contains(&dice.between(-3, 9)));
            let s = dice.share();
            assert!((0.0..1.0).contains(&s));
            sum += s;
        }
        assert!((sum / 2000.0 - 0.5).abs() < 0.03);
    }
}
