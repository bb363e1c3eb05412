//! Small choices from bytes, for fuzzing and for seeded tests.

/// Bytes that are read one after the other. Beyond their end there are zeros.
pub(crate) struct Choices<'a> {
    bytes: &'a [u8],
}

impl<'a> Choices<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = rest;
        first
    }

    /// A number below `count`, which is at most 256.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count
    }

    /// One of `from`..=`to`, which are less than 65,536 apart.
    pub(crate) fn between(&mut self, from: i32, to: i32) -> i32 {
        let drawn = i32::from(self.byte()) << 8 | i32::from(self.byte());
        from + drawn % (to - from + 1)
    }
}
