//! The parts of a test problem, and the checks that all problems share.

use leastwise_core::{Error, MatMut, Result, Scalar};

use super::KnownMinimum;
use crate::number::Number;

/// The mathematics of one problem. The callers check the sizes of slices and matrices.
pub(super) trait Formula {
    const NAME: &'static str;
    /// The number in section 3 of the paper.
    const NUMBER: u32;

    /// The sizes m and n.
    fn size(&self) -> (usize, usize);

    fn r<N: Number>(&self, x: &[N], r: &mut [N]);

    fn j<T: Scalar>(&self, x: &[T], j: MatMut<'_, T>);

    fn start(&self) -> Vec<f64>;

    fn minima(&self) -> Vec<KnownMinimum>;
}

/// A macro is needed, because Rust forbids a blanket implementation of a trait of another crate.
macro_rules! test_problem {
    ($problem:ty) => {
        const _: () = {
            use leastwise_core::{MatMut, Result, Scalar};
            use leastwise_optim::LeastSquaresProblem;
            use $crate::more_garbow_hillstrom::formula::Formula;
            use $crate::more_garbow_hillstrom::{KnownMinimum, TestProblem};
            use $crate::number::Number;
            use $crate::{GenericResidual, WideResidual, residual};

            impl<T: Scalar> LeastSquaresProblem<T> for $problem {
                fn residuals(&self) -> usize {
                    self.size().0
                }

                fn parameters(&self) -> usize {
                    self.size().1
                }

                fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
                    residual::checked(Self::NAME, self, x, r)
                }

                fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
                    residual::checked_sizes(Self::NAME, self, x, &j)?;
                    self.j(x, j);
                    Ok(())
                }
            }

            impl<T: Scalar> TestProblem<T> for $problem {
                fn name(&self) -> &'static str {
                    Self::NAME
                }

                fn number(&self) -> u32 {
                    Self::NUMBER
                }

                fn start(&self) -> Vec<T> {
                    Formula::start(self).into_iter().map(T::of).collect()
                }

                fn minima(&self) -> Vec<KnownMinimum> {
                    Formula::minima(self)
                }

                fn wide(&self) -> &dyn WideResidual {
                    self
                }
            }

            impl GenericResidual for $problem {
                fn residuals(&self) -> usize {
                    self.size().0
                }

                fn parameters(&self) -> usize {
                    self.size().1
                }

                fn evaluate<N: Number>(&self, p: &[N], r: &mut [N]) {
                    self.r(p, r);
                }

                fn magnitudes(&self) -> Vec<f64> {
                    let mut r = vec![0.0; self.size().0];
                    self.r(&Formula::start(self), &mut r);
                    r.into_iter().map(f64::abs).collect()
                }
            }
        };
    };
}
pub(super) use test_problem;

/// Returns `size` if it is at least `least`.
pub(super) fn at_least<F: Formula>(
    argument: &'static str,
    size: usize,
    least: usize,
) -> Result<usize> {
    if size >= least {
        return Ok(size);
    }
    let detail = format!("must be at least {least}, but it is {size}");
    Err(invalid::<F>(argument, detail))
}

/// Returns m and n if m ≥ n ≥ `least` and a Jacobian of f64 fits into the address space.
pub(super) fn tall<F: Formula>(
    residuals: usize,
    parameters: usize,
    least: usize,
) -> Result<(usize, usize)> {
    let n = at_least::<F>("parameters", parameters, least)?;
    let m = at_least::<F>("residuals", residuals, n)?;
    let bytes = m.checked_mul(n).and_then(|entries| entries.checked_mul(8));
    if bytes.is_some_and(|bytes| isize::try_from(bytes).is_ok()) {
        return Ok((m, n));
    }
    let detail = format!("must give a Jacobian that fits into memory, but it is {m}x{n}");
    Err(invalid::<F>("residuals", detail))
}

pub(super) fn invalid<F: Formula>(argument: &'static str, detail: String) -> Error {
    Error::InvalidArgument {
        operation: F::NAME,
        argument,
        detail,
    }
}

/// An index or a size as a number.
pub(super) fn number<N: Number>(i: usize) -> N {
    N::of(i as f64)
}
