//! Passes over the rows of a tall problem: the residual, and the triangle of [J r].

use leastwise_core::blocks::{self, Reducer, Triangle};
use leastwise_core::norm::dot;
use leastwise_core::{Backend, Error, Mat, MatRef, Result, Scalar};

use super::{RowProblem, Rows, Steps, Walk};
use crate::fit::guarded::caught;
use crate::wrappers::scale_rows;
use crate::{Bounds, LeastSquaresProblem, RobustLoss, check, power};

/// A problem of some rows and parameters of another one, evaluated a block of rows at a time.
pub(crate) struct Tall<'p, T: Scalar, P: ?Sized, W> {
    problem: &'p P,
    walk: &'p W,
    layers: Layers<'p, T>,
}

/// What lies between a problem and its user. It can be shared between threads, which a problem need not.
#[derive(Clone, Debug)]
pub(crate) struct Layers<'p, T: Scalar> {
    /// The rows of a sample; `None` for all.
    pub(crate) sample: Option<&'p [usize]>,
    /// The number of rows.
    pub(crate) m: usize,
    /// The rows on which steps of differences are chosen.
    pub(crate) pilot: &'p [usize],
    /// All parameters, with the values of those that are fixed.
    pub(crate) values: &'p [T],
    /// The indices of the free parameters, in ascending order.
    pub(crate) free: &'p [usize],
    /// Of all parameters.
    pub(crate) bounds: Option<&'p Bounds<T>>,
    /// Of the free ones.
    pub(crate) free_bounds: Option<&'p Bounds<T>>,
    pub(crate) loss: Option<RobustLoss<T>>,
    pub(crate) constant_norm: T,
    pub(crate) jacobian_error: T,
    pub(crate) draft_error: Option<T>,
    /// About how many rows a block has.
    pub(crate) rows_per_block: usize,
}

/// Σ(2⁻ᵉ·rᵢ)², and the largest |2⁻ᵉ·rᵢ|. The sum is not finite if a residual is not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size<T> {
    pub(crate) squares: T,
    pub(crate) largest: T,
}

/// An entry that is not finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bad<T> {
    pub(crate) row: usize,
    /// The index of the parameter among all.
    pub(crate) col: usize,
    pub(crate) value: T,
}

/// [R c; 0 ρ] of the rows of [J r], in units of 2ᵉ, or the first entry of J that is not finite.
#[derive(Clone, Debug)]
pub(crate) struct Reduction<T> {
    /// (n + 1)×n, and the last row is zero.
    pub(crate) r: Mat<T>,
    /// n + 1 entries, and the last one is ρ.
    pub(crate) c: Vec<T>,
    pub(crate) bad: Option<Bad<T>>,
    /// How often the residual of a row was evaluated.
    pub(crate) evaluations: usize,
    /// How often those of the pilot rows were.
    pub(crate) pilot_evaluations: usize,
}

/// What a segment of rows contributes.
struct Part<T> {
    triangle: Triangle<T>,
    /// The first entry of each column that is not finite.
    bad: Vec<Option<Bad<T>>>,
}

impl<T: Scalar> Size<T> {
    fn add(self, other: Self) -> Self {
        Self {
            squares: self.squares + other.squares,
            largest: self.largest.max(other.largest),
        }
    }
}

fn by_rows<T: Scalar, P: LeastSquaresProblem<T> + ?Sized>(
    problem: &P,
) -> Result<&dyn RowProblem<T>> {
    problem.by_rows().ok_or_else(|| {
        let detail = "must evaluate rows on their own".to_owned();
        check::invalid("Fit", "problem", detail)
    })
}

impl<'p, T, P, W> Tall<'p, T, P, W>
where
    T: Scalar,
    P: LeastSquaresProblem<T> + ?Sized,
    W: Walk<P>,
{
    pub(crate) fn new(problem: &'p P, walk: &'p W, layers: Layers<'p, T>) -> Self {
        Self {
            problem,
            walk,
            layers,
        }
    }

    pub(crate) fn layers(&self) -> &Layers<'p, T> {
        &self.layers
    }

    /// The same with other layers.
    pub(crate) fn with(&self, layers: Layers<'p, T>) -> Self {
        Self { layers, ..*self }
    }

    /// Writes the residuals at `x`, without the robust loss, to `r`, and returns their size with it.
    pub(crate) fn residual(&self, x: &[T], exponent: i32, r: &mut [T]) -> Result<Size<T>> {
        let (layers, x) = (&self.layers, self.layers.all_parameters(x));
        let leaf = |problem: &P, first: usize, r: &mut [T]| {
            let rows = by_rows(problem)?;
            let mut size = Size::default();
            let mut copy = Vec::new();
            for (k, block) in r.chunks_mut(layers.block()).enumerate() {
                let of_block = layers.rows(first + k * layers.block(), block.len());
                block.fill(T::nan());
                caught("residual", || rows.residual_rows(&x, of_block, block))??;
                size = size.add(layers.size(block, exponent, &mut copy));
            }
            Ok(size)
        };
        self.walk_all(r, &leaf, &|a, b| Ok(a.add(b)))
    }

    /// The size of residuals that [`residual`](Self::residual) has written, in another unit.
    pub(crate) fn size(&self, r: &mut [T], exponent: i32) -> Result<Size<T>> {
        let layers = &self.layers;
        let leaf = |_: &P, _: usize, r: &mut [T]| {
            let mut copy = Vec::new();
            let blocks = r.chunks(layers.block());
            Ok(blocks.fold(Size::default(), |size: Size<T>, block| {
                size.add(layers.size(block, exponent, &mut copy))
            }))
        };
        self.walk_all(r, &leaf, &|a, b| Ok(a.add(b)))
    }

    /// Σ(2⁻ᵉ·(aᵢ − bᵢ))² with the robust loss in both. `a` is overwritten.
    pub(crate) fn distance(&self, a: &mut [T], b: &[T], exponent: i32) -> Result<T> {
        let layers = &self.layers;
        let leaf = |_: &P, first: usize, a: &mut [T]| {
            let mut sum = T::zero();
            let blocks = a.chunks_mut(layers.block());
            for (a, b) in blocks.zip(b[first..].chunks(layers.block())) {
                for (a, &b) in a.iter_mut().zip(b) {
                    *a = layers.transformed(*a) - layers.transformed(b);
                }
                power::scale(a, -exponent);
                sum += dot(a, a);
            }
            Ok(sum)
        };
        self.walk_all(a, &leaf, &|a, b| Ok(a + b))
    }

    /// The triangle at `x`, where `r` has the residuals.
    pub(crate) fn reduction<B: Backend<T> + ?Sized>(
        &self,
        backend: &B,
        x: &[T],
        is_draft: bool,
        (r, exponent): (&mut [T], i32),
    ) -> Result<Reduction<T>> {
        let layers = &self.layers;
        let x = layers.all_parameters(x);
        let mut steps = self.steps(&x, is_draft)?;
        let units = self.units(&x, &steps)?;
        let mut evaluations = 0;
        loop {
            let leaf = |problem: &P, first: usize, r: &mut [T]| {
                let rows = by_rows(problem)?;
                layers.reduce_segment(backend, rows, (&x, &steps), &units, (first, r))
            };
            let merge = |first: Part<T>, second: Part<T>| {
                let bad = first.bad.into_iter().zip(second.bad);
                Ok(Part {
                    triangle: blocks::merge(backend, &first.triangle, &second.triangle)?,
                    bad: bad.map(|(first, second)| first.or(second)).collect(),
                })
            };
            let part = self.walk_all(r, &leaf, &merge)?;
            evaluations += steps.evaluations();
            // Every column that is not finite needs another difference.
            let mut wrong = part.bad.iter().flatten().peekable();
            let can_retreat = wrong.peek().is_some()
                && wrong.all(|bad| steps.retreat(bad.col, x[bad.col], layers.bounds));
            if can_retreat {
                continue;
            }
            let bad = part.bad.into_iter().flatten().next();
            let (matrix, c) = in_unit(part.triangle, &units, exponent);
            return Ok(Reduction {
                r: matrix,
                c,
                bad,
                evaluations,
                // Once more for the units.
                pilot_evaluations: steps.pilot_evaluations + steps.evaluations() + 1,
            });
        }
    }

    /// Calls `see` with all rows of J at `x` from one block after the other. `r` has the residuals.
    pub(crate) fn jacobian(
        &self,
        x: &[T],
        r: &[T],
        mut see: impl FnMut(usize, &Mat<T>),
    ) -> Result<usize> {
        let layers = &self.layers;
        let x = layers.all_parameters(x);
        let steps = self.steps(&x, false)?;
        let rows = by_rows(self.problem)?;
        let mut j = Mat::default();
        for (k, block) in r.chunks(layers.block()).enumerate() {
            let first = k * layers.block();
            layers.jacobian_block(rows, (&x, &steps), (first, block), &mut j)?;
            see(first, &j);
        }
        Ok(steps.evaluations())
    }

    /// Exponents of the sizes of the free columns, from the pilot rows. They are zero if the sizes differ so little that no
    /// square can leave the range.
    fn units(&self, x: &[T], steps: &Steps<T>) -> Result<Vec<i32>> {
        let layers = &self.layers;
        let rows = by_rows(self.problem)?;
        let pilot = Rows::Listed(layers.pilot);
        let mut r = vec![T::nan(); layers.pilot.len()];
        let mut j = Mat::from_fn(r.len(), x.len(), |_, _| T::nan());
        caught("residual", || rows.residual_rows(x, pilot, &mut r))??;
        caught("jacobian", || {
            rows.jacobian_rows(x, steps, pilot, &r, j.as_mut())
        })??;
        let size = |&col: &usize| {
            let entries = j.col(col).iter().map(|entry| entry.abs());
            entries
                .filter(|size| size.is_finite())
                .fold(T::zero(), T::max)
        };
        let sizes: Vec<T> = layers.free.iter().map(size).collect();
        if power::are_similar(&sizes) {
            return Ok(vec![0; sizes.len()]);
        }
        Ok(sizes.into_iter().map(power::exponent).collect())
    }

    fn steps(&self, x: &[T], is_draft: bool) -> Result<Steps<T>> {
        let layers = &self.layers;
        let rows = by_rows(self.problem)?;
        let mut steps = caught("jacobian", || {
            rows.steps(x, layers.bounds, is_draft, layers.pilot)
        })??;
        steps.keep(layers.free);
        Ok(steps)
    }

    fn walk_all<R: Send>(
        &self,
        r: &mut [T],
        leaf: &(impl Fn(&P, usize, &mut [T]) -> Result<R> + Sync),
        merge: &(impl Fn(R, R) -> Result<R> + Sync),
    ) -> Result<R> {
        let segment = self.layers.block() * blocks::SEGMENT;
        self.walk.walk(self.problem, r, segment, leaf, merge)
    }
}

impl<'p, T: Scalar> Layers<'p, T> {
    fn rows(&self, first: usize, count: usize) -> Rows<'p> {
        let all = self.sample.map_or(Rows::From(0), Rows::Listed);
        all.part(first, count)
    }

    /// The rows of a block: those of a [`Reducer`].
    fn block(&self) -> usize {
        const ALIGNMENT: usize = 16;
        let rows = self.rows_per_block.max(self.free.len());
        rows.next_multiple_of(ALIGNMENT)
    }

    pub(crate) fn all_parameters(&self, x: &[T]) -> Vec<T> {
        let mut all = self.values.to_vec();
        for (&j, &xj) in self.free.iter().zip(x) {
            all[j] = xj;
        }
        all
    }

    /// A value that is not finite is returned unchanged, as by [`Robust`](crate::Robust).
    fn transformed(&self, r: T) -> T {
        match &self.loss {
            Some(loss) if r.is_finite() => loss.transformed(r),
            _ => r,
        }
    }

    fn size(&self, r: &[T], exponent: i32, copy: &mut Vec<T>) -> Size<T> {
        let r = if self.loss.is_none() && exponent == 0 {
            r
        } else {
            copy.clear();
            copy.extend(r.iter().map(|&ri| self.transformed(ri)));
            power::scale(copy, -exponent);
            &*copy
        };
        let largest = r.iter().fold(T::zero(), |largest, &ri| {
            let size = ri.abs();
            if size > largest { size } else { largest }
        });
        Size {
            squares: dot(r, r),
            largest,
        }
    }

    fn reduce_segment<B: Backend<T> + ?Sized>(
        &self,
        backend: &B,
        rows: &dyn RowProblem<T>,
        at: (&[T], &Steps<T>),
        units: &[i32],
        (first, r): (usize, &[T]),
    ) -> Result<Part<T>> {
        let n = self.free.len();
        let mut reducer = Reducer::new(backend, (n, 1), self.rows_per_block);
        let mut bad = vec![None; n];
        let (mut j, mut transformed) = (Mat::default(), Vec::new());
        for (k, block) in r.chunks(self.block()).enumerate() {
            let first = first + k * self.block();
            self.jacobian_block(rows, at, (first, block), &mut j)?;
            for (col, &unit) in units.iter().enumerate() {
                power::scale(j.col_mut(col), -unit);
            }
            let r = if self.loss.is_some() {
                transformed.clear();
                transformed.extend(block.iter().map(|&ri| self.transformed(ri)));
                &transformed
            } else {
                block
            };
            match reducer.push(j.as_ref(), MatRef::from_column(r)) {
                Ok(()) => {}
                Err(Error::NonFinite { .. }) => self.note(&j, first, &mut bad),
                Err(error) => return Err(error),
            }
        }
        Ok(Part {
            triangle: reducer.take()?,
            bad,
        })
    }

    /// The free columns of a block of J, with the robust loss.
    fn jacobian_block(
        &self,
        rows: &dyn RowProblem<T>,
        (x, steps): (&[T], &Steps<T>),
        (first, r): (usize, &[T]),
        j: &mut Mat<T>,
    ) -> Result<()> {
        j.reshape_for_overwrite(r.len(), x.len());
        j.data_mut().fill(T::nan());
        let of_block = self.rows(first, r.len());
        caught("jacobian", || {
            rows.jacobian_rows(x, steps, of_block, r, j.as_mut())
        })??;
        if self.free.len() < x.len() {
            for (col, &of_all) in self.free.iter().enumerate() {
                let rows = r.len();
                j.data_mut()
                    .copy_within(of_all * rows..(of_all + 1) * rows, col * rows);
            }
            j.reshape_for_overwrite(r.len(), self.free.len());
        }
        if let Some(loss) = &self.loss {
            let slopes: Vec<T> = r
                .iter()
                .map(|&ri| loss.transformed_derivative(ri))
                .collect();
            scale_rows(&mut j.as_mut(), &slopes);
        }
        Ok(())
    }

    /// Notes the first entry of each column of the block that is not finite.
    #[cold]
    fn note(&self, j: &Mat<T>, first: usize, bad: &mut [Option<Bad<T>>]) {
        for (col, bad) in bad.iter_mut().enumerate() {
            let row = j.col(col).iter().position(|entry| !entry.is_finite());
            if let (None, Some(row)) = (&bad, row) {
                *bad = Some(Bad {
                    row: first + row,
                    col: self.free[col],
                    value: j[(row, col)],
                });
            }
        }
    }
}

/// R with a row of zeros below, and (c, ρ), in units of 2ᵉ.
fn in_unit<T: Scalar>(triangle: Triangle<T>, units: &[i32], exponent: i32) -> (Mat<T>, Vec<T>) {
    let reduced = triangle.into_reduced();
    let n = reduced.r.cols();
    let of_a = reduced.of_a.unwrap_or(0) - exponent;
    let of_b = reduced.of_b[0] - exponent;
    let mut r = Mat::zeros(n + 1, n);
    for (j, &unit) in units.iter().enumerate() {
        r.col_mut(j)[..n].copy_from_slice(reduced.r.col(j));
        power::scale(r.col_mut(j), of_a + unit);
    }
    let mut c = reduced.c.col(0).to_vec();
    c.push(reduced.residual_norms[0]);
    power::scale(&mut c, of_b);
    (r, c)
}
