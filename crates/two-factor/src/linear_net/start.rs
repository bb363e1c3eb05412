//! The starting point.

use leastwise_core::{Result, Scalar, check};

use super::fits_into_memory;
use leastwise_random::{normal, stream};

const OPERATION: &str = "draw_start";

/// Starting weights for a [`LinearNet`](super::LinearNet) of these `sizes` (h₀ = n, h₁, …,
/// h_L = m): standard normal, times `scale`, in the net's layout vec(W_L), …, vec(W₁).
///
/// The weights are drawn in f64 and rounded to `T`. Each layer has its own stream of `seed`: W_L has stream
/// 2, the next layer below it stream 3, and so on. So two layers equal those of
/// [`TwoLayerNetSpec::draw`](crate::TwoLayerNetSpec::draw), and another layer on the input side does not
/// change the layers above it.
///
/// ```
/// use leastwise_two_factor::{TwoLayerNetSpec, draw_start};
/// let spec = TwoLayerNetSpec { nsamples: 20, ..TwoLayerNetSpec::default() };
/// let start: Vec<f64> = draw_start(&[spec.xdim, spec.wdim, spec.ydim], 1.0, spec.seed)?;
/// assert_eq!(start, spec.draw::<f64>()?.start);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) if there are fewer than two sizes, or
/// if a size is zero or too large for the memory. Also if `scale` is negative or not finite.
pub fn draw_start<T: Scalar>(sizes: &[usize], scale: f64, seed: u64) -> Result<Vec<T>> {
    if sizes.len() < 2 || !fits_into_memory::<f64>(sizes, 1) {
        let detail = format!(
            "must be two or more sizes of at least 1 with weights that fit into memory, but they are {sizes:?}"
        );
        return Err(check::invalid(OPERATION, "sizes", detail));
    }
    if !(scale >= 0.0 && scale.is_finite()) {
        let detail = format!("must be at least 0 and finite, but it is {scale}");
        return Err(check::invalid(OPERATION, "scale", detail));
    }
    let mut start = Vec::new();
    for (number, layer) in (2..).zip(sizes.windows(2).rev()) {
        let w = normal(&mut stream(seed, number), layer[1], layer[0]);
        start.extend(w.data().iter().map(|&wi| T::of(scale * wi)));
    }
    Ok(start)
}
