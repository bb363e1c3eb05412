//! Decides whether a run of an optimiser ended at a minimum. The arithmetic and the algorithm
//! differ from those of every optimiser under test.

mod model;

use leastwise_testset::WideResidual;
use leastwise_testset::number::{DoubleDouble, Number};

use crate::jacobi::TallSvd;
use crate::wide::{dot, nan_max, norm};
use model::{
    LinearModel, curvature_scales, larger, length, one_for_zero, scaled, symmetric_eigen, unit,
};

/// Of the Levenberg-Marquardt descent.
const MOST_STEPS: usize = 200;

/// u
const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;

/// A limit for eigenvalues of the Hessian with columns of length 1. Eigenvalues above it can come
/// from rounding, or from the distance to the stationary point.
const NEGATIVE: f64 = -1e-10;

/// Judges the points where runs end. It searches for a lower loss ‖r(p)‖², near the point and
/// further away.
///
/// The judge takes at most 200 Levenberg-Marquardt steps from the point that a run claims, in
/// double-double with exact derivatives. The claim is false if they lower the loss L by more than
///
/// 10⁻⁶·L + m·(k·u·s)², s = max over i of |yᵢ|, |rᵢ| and Σⱼ|Jᵢⱼ·pⱼ|, k = max(4, n), u = 2⁻⁵³,
///
/// The first term allows a run to end slightly early. The second term is the rounding of y, r and p
/// in f64. If r has no data y, |rᵢ| at the standard start replaces |yᵢ|. From the end of the steps,
/// the judge tries two more ways to lower the loss:
///
/// - along a direction of negative curvature, vᵀ·∇²L·v < 0. A saddle has no gradient, so no
///   Levenberg-Marquardt step leaves it. ∇²L/2 = JᵀJ + Σᵢ rᵢ·∇²rᵢ is exact.
/// - by another value of a parameter that has no effect at this point, but has an effect elsewhere.
///   Such a point is on a plateau.
///
/// The judge then takes steps again.
///
/// Parameters may have bounds. A parameter that the descent pushes against its bound is fixed
/// there.
///
/// ```
/// use leastwise_conformance::{Claim, Judge};
/// use leastwise_testset::curves::{CurveThroughPoints, Model};
///
/// let x: Vec<f64> = (0..40).map(|i| f64::from(i) / 4.0).collect();
/// let y = x.iter().map(|x| 2.0 * (0.6 * x).cos()).collect();
/// let fit = CurveThroughPoints::new(Model::Cosine, x, y)?;
/// let judge = Judge::new(&fit);
/// assert!(judge.judge(&[2.0, 0.6]).is_minimum());
/// assert_eq!(judge.judge(&[2.0, 0.61]).claim, Claim::Slope);
/// // The best constant: by the sign of p₂ the loss cannot change to first order.
/// let constant: f64 = (0..40).map(|i| 2.0 * (0.15 * f64::from(i)).cos()).sum::<f64>() / 40.0;
/// let saddle = judge.judge(&[constant, 0.0]);
/// assert!(saddle.claim == Claim::Saddle && saddle.least_eigenvalue < 0.0);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// Source of the descent: D. W. Marquardt, *An algorithm for least-squares estimation of nonlinear parameters*, SIAM
/// Journal 11 (1963), 431–441, with the columns of J scaled to length 1 and the singular value decomposition for the
/// damped step.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    residual: &'a dyn WideResidual,
    bounds: Option<(&'a [f64], &'a [f64])>,
}

/// The verdict on the claim of a minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The claim is right: no way to a lower loss was found.
    Minimum,
    /// The claim is false: Levenberg-Marquardt steps lower the loss.
    Slope,
    /// The claim is false: a direction of negative curvature lowers the loss.
    Saddle,
    /// The claim is false: a parameter has no effect here but has an effect elsewhere, and steps
    /// from there lower the loss.
    Plateau,
    /// The claim is false: r or a derivative of r is not finite.
    Undefined,
}

/// The result of a [`Judge`].
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub claim: Claim,
    /// ‖r‖² at the claimed point.
    pub loss: f64,
    /// The decrease of the loss that is allowed.
    pub allowance: f64,
    /// The smallest ‖r‖² that was found.
    pub polished_loss: f64,
    /// The point at which it was found.
    pub polished: Vec<f64>,
    /// The smallest eigenvalue of D⁻¹·(JᵀJ + Σᵢ rᵢ·∇²rᵢ)·D⁻¹ where the first descent ended, with D so that the entries are
    /// at most 1. NaN if the claim was decided before.
    pub least_eigenvalue: f64,
}

impl Judgement {
    /// Whether the claim is right.
    #[must_use]
    pub fn is_minimum(&self) -> bool {
        self.claim == Claim::Minimum
    }
}

/// A point and its residual.
#[derive(Clone)]
struct Point {
    p: Vec<DoubleDouble>,
    r: Vec<DoubleDouble>,
    loss: DoubleDouble,
}

struct Curvature {
    least_eigenvalue: f64,
    /// In parameters, one for each negative eigenvalue.
    descending: Vec<Vec<DoubleDouble>>,
}

impl<'a> Judge<'a> {
    /// For this residual.
    #[must_use]
    pub fn new(residual: &'a dyn WideResidual) -> Self {
        Self {
            residual,
            bounds: None,
        }
    }

    /// Adds the bounds lowerⱼ ≤ pⱼ ≤ upperⱼ. ±∞ means no bound. For a fixed parameter both bounds
    /// are equal.
    ///
    /// # Panics
    /// Unless both have n entries.
    #[must_use]
    pub fn within(self, lower: &'a [f64], upper: &'a [f64]) -> Self {
        let n = self.residual.parameters();
        assert!(lower.len() == n && upper.len() == n, "n = {n} bounds");
        Self {
            bounds: Some((lower, upper)),
            ..self
        }
    }

    /// Whether `p` is a minimum.
    ///
    /// # Panics
    /// Unless `p` has n entries.
    #[must_use]
    pub fn judge(&self, p: &[f64]) -> Judgement {
        let start = self.at(p.iter().map(|&pj| Number::of(pj)).collect());
        let jacobian = self.jacobian(&start.p);
        let allowance = self.allowance(&start, &jacobian);
        let judgement = |claim, end: &Point, least_eigenvalue| Judgement {
            claim,
            loss: start.loss.high(),
            allowance,
            polished_loss: end.loss.high(),
            polished: end.p.iter().map(|pj| pj.high()).collect(),
            least_eigenvalue,
        };
        let is_lower = |end: &Point| (start.loss - end.loss).high() > allowance;
        if !allowance.is_finite() {
            return judgement(Claim::Undefined, &start, f64::NAN);
        }
        // No loss is lower by more.
        if start.loss.high() <= allowance {
            return judgement(Claim::Minimum, &start, f64::NAN);
        }
        let end = self.descend(start.clone());
        if is_lower(&end) {
            return judgement(Claim::Slope, &end, f64::NAN);
        }
        let Some(curvature) = self.curvature(&end) else {
            return judgement(Claim::Undefined, &end, f64::NAN);
        };
        let least = curvature.least_eigenvalue;
        for direction in &curvature.descending {
            let beyond = self.descend(self.search(&end, direction));
            if is_lower(&beyond) {
                return judgement(Claim::Saddle, &beyond, least);
            }
        }
        for other in self.revivals(&start, &jacobian) {
            let beyond = self.descend(other);
            if is_lower(&beyond) {
                return judgement(Claim::Plateau, &beyond, least);
            }
        }
        judgement(Claim::Minimum, &end, least)
    }

    fn at(&self, p: Vec<DoubleDouble>) -> Point {
        let r = self.residual.values(&p);
        let loss = dot(&r, &r);
        Point { p, r, loss }
    }

    fn jacobian(&self, p: &[DoubleDouble]) -> Vec<Vec<DoubleDouble>> {
        let columns = 0..p.len();
        columns.map(|j| self.residual.slopes(p, j)).collect()
    }

    /// 10⁻⁶·L + m·(k·u·s)²; NaN or ∞ where r or J is not finite.
    fn allowance(&self, at: &Point, jacobian: &[Vec<DoubleDouble>]) -> f64 {
        let scale = self.largest_term(at, jacobian);
        let roundings = at.p.len().max(4) as f64;
        let rounding = roundings * UNIT_ROUNDOFF * scale;
        1e-6 * at.loss.high() + at.r.len() as f64 * rounding * rounding
    }

    /// max over i of |yᵢ|, |rᵢ| and Σⱼ|Jᵢⱼ·pⱼ|; NaN where r or J is.
    fn largest_term(&self, at: &Point, jacobian: &[Vec<DoubleDouble>]) -> f64 {
        let rows = self.residual.magnitudes().into_iter().enumerate();
        let terms = rows.flat_map(|(i, y)| {
            let terms = jacobian
                .iter()
                .zip(&at.p)
                .map(|(column, &pj)| column[i] * pj);
            let moved: f64 = terms.map(|term| term.abs().high()).sum();
            [y, at.r[i].abs().high(), moved]
        });
        terms.fold(0.0, nan_max)
    }

    fn clamped(&self, p: &[DoubleDouble]) -> Vec<DoubleDouble> {
        let Some((lower, upper)) = self.bounds else {
            return p.to_vec();
        };
        let clamp = |(j, &pj): (usize, &DoubleDouble)| {
            let (low, high) = (Number::of(lower[j]), Number::of(upper[j]));
            if pj < low {
                low
            } else if pj > high {
                high
            } else {
                pj
            }
        };
        p.iter().enumerate().map(clamp).collect()
    }

    /// The parameters that no bound holds against the direction of steepest descent.
    fn free(&self, at: &Point, jacobian: &[Vec<DoubleDouble>]) -> Vec<usize> {
        let Some((lower, upper)) = self.bounds else {
            return (0..at.p.len()).collect();
        };
        let is_free = |&j: &usize| {
            let gradient = dot(&jacobian[j], &at.r).high();
            let p = at.p[j].high();
            lower[j] < upper[j]
                && !(p <= lower[j] && gradient > 0.0)
                && !(p >= upper[j] && gradient < 0.0)
        };
        (0..at.p.len()).filter(is_free).collect()
    }

    /// Where at most 200 steps of Levenberg-Marquardt lead.
    fn descend(&self, mut at: Point) -> Point {
        let mut damping = 1e-3;
        let mut lengths = vec![DoubleDouble::zero(); at.p.len()];
        for _ in 0..MOST_STEPS {
            let Some(model) = self.linear_model(&at, &mut lengths) else {
                return at;
            };
            if model.decrease(0.0) <= 1e-26 * at.loss.high() {
                return at;
            }
            // Double-double cannot show such a decrease.
            let negligible = 1e-28 * at.loss.high();
            let next = loop {
                let promised = model.decrease(damping);
                if !(promised > negligible) {
                    return at;
                }
                let mut p = at.p.clone();
                for (&j, step) in model.free.iter().zip(model.step(damping)) {
                    p[j] += step;
                }
                let next = self.at(self.clamped(&p));
                let gain = (at.loss - next.loss).high() / promised;
                if gain > 0.75 {
                    damping = (damping / 5.0).max(1e-20);
                } else if !(gain > 0.25) {
                    damping *= 4.0;
                }
                if next.loss < at.loss {
                    break next;
                }
            };
            at = next;
        }
        at
    }

    /// r + J·δ over the free parameters; nothing where J is not finite. `longest` has the largest length of each column
    /// that was seen.
    fn linear_model(&self, at: &Point, longest: &mut [DoubleDouble]) -> Option<LinearModel> {
        let jacobian = self.jacobian(&at.p);
        if !jacobian.iter().flatten().all(|x| x.is_finite()) {
            return None;
        }
        let free = self.free(at, &jacobian);
        let n = free.len();
        for (longest, column) in longest.iter_mut().zip(&jacobian) {
            *longest = larger(*longest, length(column));
        }
        let lengths: Vec<_> = free.iter().map(|&j| one_for_zero(longest[j])).collect();
        let mut r = at.r.clone();
        let rows = r.len().max(n);
        r.resize(rows, Number::zero());
        let column = |(&j, &length): (&usize, &DoubleDouble)| {
            let mut column: Vec<_> = jacobian[j].iter().map(|&x| x / length).collect();
            column.resize(rows, Number::zero());
            column
        };
        let svd = TallSvd::new(free.iter().zip(&lengths).map(column).collect());
        Some(LinearModel {
            coefficients: svd.ut_times(r),
            svd,
            lengths,
            free,
        })
    }

    /// The Hessian over the free parameters; nothing where it is not finite.
    fn curvature(&self, at: &Point) -> Option<Curvature> {
        let jacobian = self.jacobian(&at.p);
        let free = self.free(at, &jacobian);
        let n = free.len();
        // Products of columns in these units do not overflow. Short columns stay: their curvature may be far larger.
        let units = free.iter().map(|&j| unit(&jacobian[j]).min(1.0));
        let units: Vec<_> = units.collect();
        let columns: Vec<_> = free
            .iter()
            .zip(&units)
            .map(|(&j, &unit)| scaled(&jacobian[j], unit))
            .collect();
        let mut hessian = vec![vec![DoubleDouble::zero(); n]; n];
        for a in 0..n {
            for b in 0..=a {
                let bends = self.residual.curvatures(&at.p, free[a], free[b]);
                let bends = scaled(&scaled(&bends, units[a]), units[b]);
                hessian[a][b] = dot(&columns[a], &columns[b]) + dot(&at.r, &bends);
                hessian[b][a] = hessian[a][b];
            }
        }
        if !hessian.iter().flatten().all(|x| x.is_finite()) {
            return None;
        }
        let squares: Vec<_> = columns.iter().map(|column| dot(column, column)).collect();
        let scales = curvature_scales(&hessian, &squares);
        for a in 0..n {
            for b in 0..n {
                hessian[a][b] = hessian[a][b] / (scales[a] * scales[b]);
            }
        }
        let eigenpairs = symmetric_eigen(&hessian);
        let in_parameters = |vector: &[DoubleDouble]| {
            let mut direction = vec![DoubleDouble::zero(); at.p.len()];
            let scales = scales.iter().zip(&units);
            for ((&j, &v), (&scale, &unit)) in free.iter().zip(vector).zip(scales) {
                direction[j] = v / scale * Number::of(unit);
            }
            direction
        };
        let descending = eigenpairs.iter().filter(|(value, _)| *value < NEGATIVE);
        Some(Curvature {
            least_eigenvalue: eigenpairs
                .iter()
                .map(|pair| pair.0)
                .fold(f64::INFINITY, f64::min),
            descending: descending
                .map(|(_, vector)| in_parameters(vector))
                .collect(),
        })
    }

    /// The end of the way down along v or −v, in steps that double: p + t·v for t = ‖r‖·2ᵏ, where t
    /// of ‖r‖ changes r by about its length. Another valley behind a ridge is not considered.
    fn search(&self, from: &Point, direction: &[DoubleDouble]) -> Point {
        let length = norm(&from.r).high();
        // In double-double.
        let rounding = 1e-28 * from.loss.high();
        let along = |sign: f64| {
            let mut best = from.clone();
            for k in -60..=20 {
                let t: DoubleDouble = Number::of(sign * length * 2f64.powi(k));
                let moved = from.p.iter().zip(direction).map(|(&p, &v)| p + t * v);
                let next = self.at(self.clamped(&moved.collect::<Vec<_>>()));
                let fall = (best.loss - next.loss).high();
                if !(fall >= -rounding) {
                    break;
                }
                if fall > 0.0 {
                    best = next;
                }
            }
            best
        };
        let [up, down] = [1.0, -1.0].map(along);
        if up.loss < down.loss { up } else { down }
    }

    /// `at`, with one parameter without effect moved to a value at which it has an effect.
    fn revivals(&self, at: &Point, jacobian: &[Vec<DoubleDouble>]) -> Vec<Point> {
        let noise = UNIT_ROUNDOFF * self.largest_term(at, jacobian);
        let mut points = Vec::new();
        for j in 0..at.p.len() {
            let p = at.p[j].high();
            let length = length(&jacobian[j]).high();
            if length * p.abs() > noise || (p == 0.0 && length > 0.0) {
                continue;
            }
            // The likely ones first: by the size of data that were scaled, then of smaller and larger.
            let powers = (0..=6).flat_map(|k| [10f64.powi(-k), 10f64.powi(k)]);
            let probes = powers.flat_map(|t| [t, -t, p * t]).chain([0.0]);
            for probe in probes {
                let mut moved = at.p.clone();
                moved[j] = Number::of(probe);
                let next = self.at(self.clamped(&moved));
                let change = next
                    .r
                    .iter()
                    .zip(&at.r)
                    .map(|(&a, &b)| (a - b).abs().high());
                if next.loss.is_finite() && change.fold(0.0, f64::max) > noise {
                    points.push(next);
                }
            }
        }
        points
    }
}
