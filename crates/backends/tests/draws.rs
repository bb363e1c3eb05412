//! Random numbers of tests.

/// Uniform numbers by SplitMix64.
pub(crate) struct Draws(pub(crate) u64);

impl Draws {
    pub(crate) fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let high = u32::try_from((z ^ (z >> 31)) >> 32).expect("half of the bits are left");
        f64::from(high) / f64::from(u32::MAX)
    }

    pub(crate) fn index(&mut self, count: usize) -> usize {
        let drawn = self.draw() * count as f64;
        (1..count).take_while(|&i| i as f64 <= drawn).count()
    }
}
