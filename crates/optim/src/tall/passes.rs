//! Passes over the rows of a tall problem: the residual, and the triangle of [J r].

use leastwise_core::blocks::{self, Reducer, Triangle};
use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, Error, Mat, MatRef, Result, Scalar};

use super::{Pilot, RowProblem, Rows, Sample, Steps, Team, Walk};
use crate::caught::caught;
use crate::ranks::{Message, Number, Numbers};
use crate::wrappers::{scale_of_median, scale_rows};
use crate::{Bounds, LeastSquaresProblem, RobustLoss, check, power};

/// A problem of some rows and parameters of another one, evaluated a block of rows at a time.
pub(crate) struct Tall<'p, T: Scalar> {
    walk: Walk<'p, T>,
    team: Team<'p>,
    layers: Layers<'p, T>,
}

/// What lies between a problem and its user. It can be shared between threads, which a problem need not.
#[derive(Clone, Debug)]
pub(crate) struct Layers<'p, T: Scalar> {
    /// The rows of a sample; `None` for all.
    pub(crate) sample: Option<&'p [usize]>,
    /// The number of rows of this rank.
    pub(crate) m: usize,
    /// The number of rows of all ranks.
    pub(crate) total: usize,
    /// Whether residuals are evaluated again where they are needed, and not stored.
    pub(crate) is_streamed: bool,
    /// The rows on which steps of differences are chosen.
    pub(crate) pilot: &'p Sample,
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

/// Residuals of this rank at a point, without the robust loss, and the size of those of all ranks, with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evaluated<T> {
    /// The free parameters.
    pub(crate) x: Vec<T>,
    /// Empty if residuals are not stored.
    pub(crate) r: Vec<T>,
    pub(crate) size: Size<T>,
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
    /// The rank that has the row.
    pub(crate) rank: usize,
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

/// What a range of rows contributes. No rows contribute no triangle.
struct Part<T> {
    triangle: Option<Triangle<T>>,
    /// The first entry of each column that is not finite.
    bad: Vec<Option<Bad<T>>>,
}

/// The rows of a segment so far.
struct Segment<'b, T: Scalar> {
    reducer: Reducer<'b, T, dyn Backend<T> + 'b>,
    bad: Vec<Option<Bad<T>>>,
    j: Mat<T>,
    transformed: Vec<T>,
}

/// The sums of an M-estimator over the observations: their number, the length of the influences, and the sum of slopes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Influences<T> {
    pub(crate) count: usize,
    pub(crate) length: T,
    pub(crate) slopes: T,
}

impl<T: Scalar> Size<T> {
    fn add(self, other: Self) -> Self {
        Self {
            squares: self.squares + other.squares,
            largest: self.largest.max(other.largest),
        }
    }
}

impl<T: Scalar> Message for Size<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        (Number(self.squares), Number(self.largest)).write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (squares, largest) = <(Number<T>, Number<T>)>::read(bytes)?;
        Some(Self {
            squares: squares.0,
            largest: largest.0,
        })
    }
}

impl<T: Scalar> Message for Bad<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        (self.rank, self.row, self.col).write(bytes);
        Number(self.value).write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (rank, row, col) = Message::read(bytes)?;
        let value = Number::read(bytes)?.0;
        Some(Self {
            rank,
            row,
            col,
            value,
        })
    }
}

impl<T: Scalar> Message for Part<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.triangle.write(bytes);
        // Almost always, all entries are finite.
        let is_bad = self.bad.iter().any(Option::is_some);
        (self.bad.len(), is_bad).write(bytes);
        if is_bad {
            self.bad.write(bytes);
        }
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let triangle = Message::read(bytes)?;
        let (count, is_bad) = <(usize, bool)>::read(bytes)?;
        let bad = if is_bad {
            Message::read(bytes)?
        } else {
            vec![None; count]
        };
        Some(Self { triangle, bad })
    }
}

impl<T: Scalar> Message for Influences<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        (self.count, Number(self.length), Number(self.slopes)).write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (count, length, slopes) = <(usize, Number<T>, Number<T>)>::read(bytes)?;
        Some(Self {
            count,
            length: length.0,
            slopes: slopes.0,
        })
    }
}

fn by_rows<T: Scalar>(problem: &dyn LeastSquaresProblem<T>) -> Result<&dyn RowProblem<T>> {
    problem.by_rows().ok_or_else(|| {
        let detail = "must evaluate rows on their own".to_owned();
        check::invalid("Fit", "problem", detail)
    })
}

/// What a pass over the rows does with the residuals of a block: `see` gets what `begin` returned, the problem, the position
/// of the first row, and the residuals.
struct Pass<Begin, See, End, Merge> {
    step: &'static str,
    begin: Begin,
    see: See,
    end: End,
    merge: Merge,
}

impl<'p, T: Scalar> Tall<'p, T> {
    pub(crate) fn new(walk: Walk<'p, T>, team: Team<'p>, layers: Layers<'p, T>) -> Self {
        Self { walk, team, layers }
    }

    pub(crate) fn layers(&self) -> &Layers<'p, T> {
        &self.layers
    }

    pub(crate) fn team(&self) -> Team<'p> {
        self.team
    }

    /// The same with other layers.
    pub(crate) fn with(&self, layers: Layers<'p, T>) -> Self {
        Self { layers, ..*self }
    }

    /// Allocates residuals, if they are stored.
    pub(crate) fn allocate<const N: usize>(&self, all: [&mut Evaluated<T>; N]) -> Result<()> {
        let m = if self.layers.is_streamed {
            0
        } else {
            self.layers.m
        };
        let mut outcome = Ok(());
        for Evaluated { r, .. } in all {
            let missing = m.saturating_sub(r.len());
            if r.try_reserve_exact(missing).is_err() {
                let detail = format!("must have residuals that fit into memory, but it has {m}");
                outcome = Err(check::invalid("Fit", "problem", detail));
            } else {
                r.resize(m, T::nan());
            }
        }
        self.team.agree("allocate", outcome)
    }

    /// Evaluates the residuals at `x`, without the robust loss, and their size with it.
    pub(crate) fn residual(&self, x: &[T], exponent: i32, at: &mut Evaluated<T>) -> Result<()> {
        at.x.clear();
        at.x.extend_from_slice(x);
        at.size = self.size_of(true, exponent, at)?;
        Ok(())
    }

    /// The size of residuals that [`residual`](Self::residual) has evaluated, in another unit.
    pub(crate) fn size(&self, at: &mut Evaluated<T>, exponent: i32) -> Result<Size<T>> {
        self.size_of(false, exponent, at)
    }

    fn size_of(&self, is_new: bool, exponent: i32, at: &mut Evaluated<T>) -> Result<Size<T>> {
        let layers = &self.layers;
        let pass = Pass {
            step: "residual",
            begin: || (Size::default(), Vec::new()),
            see: |(size, copy): &mut (Size<T>, Vec<T>), _: &dyn RowProblem<T>, _, r: &mut [T]| {
                *size = size.add(layers.size(r, exponent, copy));
                Ok(())
            },
            end: |(size, _)| Ok(size),
            merge: |a: Size<T>, b| Ok(a.add(b)),
        };
        self.pass((&at.x, is_new), &mut at.r, &pass)
    }

    /// Σ(2⁻ᵉ·(aᵢ − bᵢ))² with the robust loss in both. What is stored of `a` is overwritten.
    pub(crate) fn distance(
        &self,
        a: &mut Evaluated<T>,
        b: &Evaluated<T>,
        exponent: i32,
    ) -> Result<T> {
        let layers = &self.layers;
        let other = layers.all_parameters(&b.x);
        let pass = Pass {
            step: "distance",
            begin: || (T::zero(), Vec::new()),
            see: |(sum, copy): &mut (T, Vec<T>), rows: &dyn RowProblem<T>, first, a: &mut [T]| {
                let b = if layers.is_streamed {
                    copy.clear();
                    copy.resize(a.len(), T::nan());
                    layers.evaluate(rows, &other, first, copy)?;
                    &copy[..]
                } else {
                    &b.r[first..]
                };
                for (a, &b) in a.iter_mut().zip(b) {
                    *a = layers.transformed(*a) - layers.transformed(b);
                }
                power::scale(a, -exponent);
                *sum += dot(a, a);
                Ok(())
            },
            end: |(sum, _)| Ok(Number(sum)),
            merge: |a: Number<T>, b: Number<T>| Ok(Number(a.0 + b.0)),
        };
        self.pass((&a.x, false), &mut a.r, &pass).map(|sum| sum.0)
    }

    /// The triangle at the point of `at`.
    pub(crate) fn reduction(
        &self,
        backend: &dyn Backend<T>,
        is_draft: bool,
        (at, exponent): (&mut Evaluated<T>, i32),
    ) -> Result<Reduction<T>> {
        let layers = &self.layers;
        let x = layers.all_parameters(&at.x);
        let mut steps = self.steps(&x, is_draft)?;
        let units = self.units(&x, &steps)?;
        let n = layers.free.len();
        let rank = self.team.rank();
        let mut evaluations = 0;
        loop {
            let pass = Pass {
                step: "reduction",
                begin: || Segment {
                    reducer: Reducer::new(backend, (n, 1), layers.rows_per_block),
                    bad: vec![None; n],
                    j: Mat::default(),
                    transformed: Vec::new(),
                },
                see: |segment: &mut Segment<'_, T>,
                      rows: &dyn RowProblem<T>,
                      first,
                      r: &mut [T]| {
                    layers.reduce_block(segment, rows, (&x, &steps), &units, (first, r, rank))
                },
                end: |mut segment: Segment<'_, T>| {
                    Ok(Part {
                        triangle: Some(segment.reducer.take()?),
                        bad: segment.bad,
                    })
                },
                merge: |first: Part<T>, second: Part<T>| {
                    let bad = first.bad.into_iter().zip(second.bad);
                    Ok(Part {
                        triangle: match (first.triangle, second.triangle) {
                            (Some(first), Some(second)) => {
                                Some(blocks::merge(backend, &first, &second)?)
                            }
                            (first, second) => first.or(second),
                        },
                        bad: bad.map(|(first, second)| first.or(second)).collect(),
                    })
                },
            };
            let part = if layers.m == 0 {
                let none = Part {
                    triangle: None,
                    bad: vec![None; n],
                };
                self.team.merge(pass.step, &at.x, Ok(none), pass.merge)?
            } else {
                self.pass((&at.x, false), &mut at.r, &pass)?
            };
            evaluations += steps.evaluations() + usize::from(layers.is_streamed);
            // Every column that is not finite needs another difference.
            let mut wrong = part.bad.iter().flatten().peekable();
            let can_retreat = wrong.peek().is_some()
                && wrong.all(|bad| steps.retreat(bad.col, x[bad.col], layers.bounds));
            if can_retreat {
                continue;
            }
            let bad = part.bad.into_iter().flatten().next();
            let triangle = match part.triangle {
                Some(triangle) => triangle,
                None => Reducer::new(backend, (n, 1), 0).take()?,
            };
            let (matrix, c) = in_unit(triangle, &units, exponent);
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

    /// Calls `see` with all rows of J at the point of `at` from one block after the other, and with `count` sums, to which it
    /// adds. Returns the sums of all ranks, and how often residuals were evaluated.
    pub(crate) fn jacobian(
        &self,
        at: &Evaluated<T>,
        count: usize,
        mut see: impl FnMut(usize, &Mat<T>, &mut [f64]),
    ) -> Result<(Vec<f64>, usize)> {
        let layers = &self.layers;
        let x = layers.all_parameters(&at.x);
        let steps = self.steps(&x, false)?;
        let mut own = || {
            let rows = by_rows(self.walk.problem())?;
            let mut sums = vec![0.0; count];
            let (mut j, mut r) = (Mat::default(), Vec::new());
            for first in (0..layers.m).step_by(layers.block()) {
                let rows_of_block = layers.block().min(layers.m - first);
                if layers.is_streamed {
                    r.resize(rows_of_block, T::nan());
                    layers.evaluate(rows, &x, first, &mut r)?;
                } else {
                    r.clear();
                    r.extend_from_slice(&at.r[first..first + rows_of_block]);
                }
                layers.jacobian_block(rows, (&x, &steps), (first, &r), &mut j)?;
                see(first, &j, &mut sums);
            }
            Ok(sums)
        };
        let sums = self.team.merge("jacobian", &at.x, own(), |mut a, b| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            Ok(a)
        })?;
        Ok((sums, steps.evaluations() + usize::from(layers.is_streamed)))
    }

    /// The sums of an M-estimator with the influences of `loss`. `is_observed` are the rows that represent an observation.
    pub(crate) fn influences(
        &self,
        at: &mut Evaluated<T>,
        loss: &RobustLoss<T>,
        is_observed: &(impl Fn(usize) -> bool + Sync),
    ) -> Result<Influences<T>> {
        let pass = Pass {
            step: "influences",
            begin: Influences::default,
            see: |sums: &mut Influences<T>, _: &dyn RowProblem<T>, first, r: &mut [T]| {
                let rows = (first..).zip(&*r).filter(|(row, _)| is_observed(*row));
                let observed: Vec<T> = rows.map(|(_, &r)| r).collect();
                let influences: Vec<T> = observed.iter().map(|&r| loss.influence(r)).collect();
                sums.count += observed.len();
                sums.length = sums.length.hypot(euclidean(&influences));
                let slopes = observed.iter().map(|&r| loss.influence_derivative(r));
                sums.slopes += slopes.sum::<T>();
                Ok(())
            },
            end: Ok,
            merge: |a: Influences<T>, b: Influences<T>| {
                Ok(Influences {
                    count: a.count + b.count,
                    length: a.length.hypot(b.length),
                    slopes: a.slopes + b.slopes,
                })
            },
        };
        self.pass((&at.x, false), &mut at.r, &pass)
    }

    /// Σ(ψ′(rᵢ) − `mean`)² over the observations.
    pub(crate) fn spread_of_slopes(
        &self,
        at: &mut Evaluated<T>,
        (loss, mean): (&RobustLoss<T>, T),
        is_observed: &(impl Fn(usize) -> bool + Sync),
    ) -> Result<T> {
        let pass = Pass {
            step: "slopes",
            begin: T::zero,
            see: |sum: &mut T, _: &dyn RowProblem<T>, first, r: &mut [T]| {
                let rows = (first..).zip(&*r).filter(|(row, _)| is_observed(*row));
                let slopes = rows.map(|(_, &r)| loss.influence_derivative(r) - mean);
                *sum += slopes.map(|s| s * s).sum::<T>();
                Ok(())
            },
            end: |sum| Ok(Number(sum)),
            merge: |a: Number<T>, b: Number<T>| Ok(Number(a.0 + b.0)),
        };
        self.pass((&at.x, false), &mut at.r, &pass).map(|sum| sum.0)
    }

    /// The first residual that is not finite.
    pub(crate) fn first_not_finite(&self, at: &mut Evaluated<T>) -> Result<Option<Bad<T>>> {
        let rank = self.team.rank();
        let pass = Pass {
            step: "first not finite",
            begin: || None,
            see: |found: &mut Option<Bad<T>>, _: &dyn RowProblem<T>, first, r: &mut [T]| {
                let place = r.iter().position(|r| !r.is_finite());
                if let (None, Some(place)) = (&found, place) {
                    *found = Some(Bad {
                        rank,
                        row: first + place,
                        col: 0,
                        value: r[place],
                    });
                }
                Ok(())
            },
            end: Ok,
            merge: |a: Option<Bad<T>>, b| Ok(a.or(b)),
        };
        self.pass((&at.x, false), &mut at.r, &pass)
    }

    /// 1.4826·median |rᵢ| at `x`.
    pub(crate) fn robust_scale(&self, x: &[T]) -> Result<T> {
        let total = self.layers.total;
        check::at_least_one("robust_scale", "residuals", total)?;
        let mut at = Evaluated::default();
        self.allocate([&mut at])?;
        self.residual(x, 0, &mut at)?;
        if let Some(bad) = self.first_not_finite(&mut at)? {
            let error = Error::NonFinite {
                operation: "robust_scale",
                argument: "residuals",
                row: bad.row,
                col: 0,
                value: bad.value.as_f64(),
            };
            return Err(self.team.error_of(bad.rank, error));
        }
        let low = self.order_statistic(&mut at, (total - 1) / 2)?;
        let high = if total.is_multiple_of(2) {
            self.order_statistic(&mut at, total / 2)?
        } else {
            low
        };
        Ok(scale_of_median(low + 0.5 * (high - low)))
    }

    /// The |rᵢ| that has `place` smaller or equal ones before it. The leading bits of a number without a sign order it.
    fn order_statistic(&self, at: &mut Evaluated<T>, place: usize) -> Result<f64> {
        let mut place = place as u64;
        let (mut prefix, mut known) = (0u64, 0u32);
        while known < u64::BITS {
            let bits = DIGIT.min(u64::BITS - known);
            let counts = self.digits(at, (prefix, known), bits)?;
            let mut digit = 0;
            for count in counts {
                if place < count {
                    break;
                }
                place -= count;
                digit += 1;
            }
            prefix = (prefix << bits) | digit;
            known += bits;
        }
        Ok(f64::from_bits(prefix))
    }

    /// How many of the |rᵢ| that begin with the `known` bits of `prefix` have each value of the next `bits` ones.
    fn digits(
        &self,
        at: &mut Evaluated<T>,
        (prefix, known): (u64, u32),
        bits: u32,
    ) -> Result<Vec<u64>> {
        let pass = Pass {
            step: "digits",
            begin: || vec![0u64; 1 << bits],
            see: |counts: &mut Vec<u64>, _: &dyn RowProblem<T>, _, r: &mut [T]| {
                for r in r {
                    let size = r.abs().as_f64().to_bits();
                    let (begin, rest) = if known == 0 {
                        (0, size)
                    } else {
                        (size >> (u64::BITS - known), size << known)
                    };
                    if begin == prefix {
                        let digit = usize::try_from(rest >> (u64::BITS - bits)).unwrap_or(0);
                        counts[digit] += 1;
                    }
                }
                Ok(())
            },
            end: Ok,
            merge: |mut a: Vec<u64>, b: Vec<u64>| {
                a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
                Ok(a)
            },
        };
        self.pass((&at.x, false), &mut at.r, &pass)
    }

    /// Exponents of the sizes of the free columns, from the pilot rows. They are zero if the sizes differ so little that no
    /// square can leave the range.
    fn units(&self, x: &[T], steps: &Steps<T>) -> Result<Vec<i32>> {
        let layers = &self.layers;
        let own = || {
            let rows = by_rows(self.walk.problem())?;
            let pilot = Rows::Listed(&layers.pilot.own);
            let mut r = vec![T::nan(); layers.pilot.own.len()];
            let mut j = Mat::from_fn(r.len(), x.len(), |_, _| T::nan());
            if !r.is_empty() {
                caught("residual", || rows.residual_rows(x, pilot, &mut r))??;
                caught("jacobian", || {
                    rows.jacobian_rows(x, steps, pilot, &r, j.as_mut())
                })??;
            }
            let size = |&col: &usize| {
                let entries = j.col(col).iter().map(|entry| entry.abs());
                entries
                    .filter(|size| size.is_finite())
                    .fold(T::zero(), T::max)
            };
            Ok(Numbers(layers.free.iter().map(size).collect()))
        };
        let sizes = self.team.merge("units", x, own(), |mut a: Numbers<T>, b| {
            let pairs = a.0.iter_mut().zip(b.0);
            pairs.for_each(|(a, b)| *a = a.max(b));
            Ok(a)
        })?;
        if power::are_similar(&sizes.0) {
            return Ok(vec![0; sizes.0.len()]);
        }
        Ok(sizes.0.into_iter().map(power::exponent).collect())
    }

    fn steps(&self, x: &[T], is_draft: bool) -> Result<Steps<T>> {
        let layers = &self.layers;
        let rows = by_rows(self.walk.problem())?;
        let pilot = Pilot::new(&layers.pilot.own, layers.pilot.count, self.team);
        let mut steps = caught("jacobian", || rows.steps(x, layers.bounds, is_draft, pilot))??;
        steps.keep(layers.free);
        Ok(steps)
    }

    /// Goes through all rows at the free parameters `x`. `r` has the residuals, unless they are new or not stored.
    fn pass<A, R, Begin, See, End, Merge>(
        &self,
        (x, is_new): (&[T], bool),
        r: &mut [T],
        pass: &Pass<Begin, See, End, Merge>,
    ) -> Result<R>
    where
        R: Message + Send,
        Begin: Fn() -> A + Sync,
        See: Fn(&mut A, &dyn RowProblem<T>, usize, &mut [T]) -> Result<()> + Sync,
        End: Fn(A) -> Result<R> + Sync,
        Merge: Fn(R, R) -> Result<R> + Sync,
    {
        let layers = &self.layers;
        let all = layers.all_parameters(x);
        let block = layers.block();
        let segment = block * blocks::SEGMENT;
        let is_alone = self.team.is_alone();
        let own = if layers.is_streamed {
            let leaf = |problem: &dyn LeastSquaresProblem<T>, first: usize, places: &mut [()]| {
                let (rows, mut a) = (by_rows(problem)?, (pass.begin)());
                let mut r = Vec::new();
                for start in (0..places.len()).step_by(block) {
                    r.clear();
                    r.resize(block.min(places.len() - start), T::nan());
                    layers.evaluate_here(rows, &all, first + start, &mut r, is_alone)?;
                    (pass.see)(&mut a, rows, first + start, &mut r)?;
                }
                (pass.end)(a)
            };
            // Places take no memory.
            let mut places = vec![(); layers.m];
            self.walk.walk(&mut places, segment, &leaf, &pass.merge)
        } else {
            let leaf = |problem: &dyn LeastSquaresProblem<T>, first: usize, r: &mut [T]| {
                let (rows, mut a) = (by_rows(problem)?, (pass.begin)());
                for (k, r) in r.chunks_mut(block).enumerate() {
                    let first = first + k * block;
                    if is_new {
                        r.fill(T::nan());
                        layers.evaluate_here(rows, &all, first, r, is_alone)?;
                    }
                    (pass.see)(&mut a, rows, first, r)?;
                }
                (pass.end)(a)
            };
            self.walk.walk(r, segment, &leaf, &pass.merge)
        };
        self.team.merge(pass.step, x, own, &pass.merge)
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

    /// Writes the residuals of a block.
    fn evaluate(&self, rows: &dyn RowProblem<T>, x: &[T], first: usize, r: &mut [T]) -> Result<()> {
        let of_block = self.rows(first, r.len());
        caught("residual", || rows.residual_rows(x, of_block, r)).flatten()
    }

    /// The same. Across ranks, an error names the first row that panics.
    fn evaluate_here(
        &self,
        rows: &dyn RowProblem<T>,
        x: &[T],
        first: usize,
        r: &mut [T],
        is_alone: bool,
    ) -> Result<()> {
        let outcome = self.evaluate(rows, x, first, r);
        match outcome {
            Err(Error::Panic { .. }) if !is_alone => {
                let mut entries = r.iter_mut().enumerate();
                let panics = entries.find_map(|(k, entry)| {
                    let r = std::slice::from_mut(entry);
                    let outcome = self.evaluate(rows, x, first + k, r);
                    outcome.is_err().then_some(first + k)
                });
                let row = panics.map_or_else(
                    || format!("in one of the rows from {first} on"),
                    |row| format!("in row {row}"),
                );
                outcome.map_err(|error| with_row(error, &row))
            }
            outcome => outcome,
        }
    }

    fn reduce_block(
        &self,
        segment: &mut Segment<'_, T>,
        rows: &dyn RowProblem<T>,
        at: (&[T], &Steps<T>),
        units: &[i32],
        (first, r, rank): (usize, &[T], usize),
    ) -> Result<()> {
        let Segment {
            reducer,
            bad,
            j,
            transformed,
        } = segment;
        self.jacobian_block(rows, at, (first, r), j)?;
        for (col, &unit) in units.iter().enumerate() {
            power::scale(j.col_mut(col), -unit);
        }
        let r = if self.loss.is_some() {
            transformed.clear();
            transformed.extend(r.iter().map(|&ri| self.transformed(ri)));
            transformed
        } else {
            r
        };
        match reducer.push(j.as_ref(), MatRef::from_column(r)) {
            Ok(()) => {}
            Err(Error::NonFinite { .. }) => self.note(j, (first, rank), bad),
            Err(error) => return Err(error),
        }
        Ok(())
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
    fn note(&self, j: &Mat<T>, (first, rank): (usize, usize), bad: &mut [Option<Bad<T>>]) {
        for (col, bad) in bad.iter_mut().enumerate() {
            let row = j.col(col).iter().position(|entry| !entry.is_finite());
            if let (None, Some(row)) = (&bad, row) {
                *bad = Some(Bad {
                    rank,
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

/// The bits of a digit of an order statistic. Its counts take 16 KiB in a message.
const DIGIT: u32 = 11;

fn with_row(error: Error, row: &str) -> Error {
    match error {
        Error::Panic {
            operation,
            argument,
            detail,
        } => Error::Panic {
            operation,
            argument,
            detail: format!("{detail}, {row}"),
        },
        error => error,
    }
}
