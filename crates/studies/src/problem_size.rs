//! The sizes of the experiment's net, in real numbers that do not overflow, and what they take.

/// n inputs, layers of hidden units from the input on, m outputs, s samples.
#[derive(Clone, Debug)]
pub(crate) struct Net {
    pub(crate) inputs: f64,
    pub(crate) hidden: Vec<f64>,
    pub(crate) outputs: f64,
    pub(crate) samples: f64,
}

impl Net {
    /// Entries of X and Y.
    pub(crate) fn data(&self) -> f64 {
        (self.inputs + self.outputs) * self.samples
    }

    pub(crate) fn parameters(&self) -> f64 {
        let sizes = [&[self.inputs], &self.hidden[..], &[self.outputs]].concat();
        sizes.windows(2).map(|pair| pair[0] * pair[1]).sum()
    }

    /// Rows and columns.
    pub(crate) fn jacobian(&self) -> (f64, f64) {
        (self.outputs * self.samples, self.parameters())
    }

    /// The most that `TwoLayerNetSpec::draw` holds at a time, for a scalar type of this many bytes: X and Y in
    /// f64, rounded, and transposed; A and its factors; the parameters in f64 and rounded.
    pub(crate) fn draw_bytes(&self, scalar: f64) -> f64 {
        let data = (8.0 + 2.0 * scalar) * self.data() + scalar * self.samples;
        let factors = 12.0 * 8.0 * self.inputs * self.outputs;
        data + factors + (8.0 + 2.0 * scalar) * self.parameters()
    }
}
