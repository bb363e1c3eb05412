//! Laws of scaled gradient descent on two factors.

use leastwise_core::{Error, Factorizations, Mat, MatRef, Result, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::{
    Budget, Counts, GradientDescent, History, Objective, Optimizer, Quantity, Termination, minimize,
};
use leastwise_two_factor::{ScaledGradientDescent, TwoFactorProblem};

const U: f64 = f64::UNIT_ROUNDOFF;

/// ‖W₁·W₂·X − Y‖² by plain loops. A call does not allocate.
struct Factors {
    x: Mat<f64>,
    y: Mat<f64>,
    hidden: usize,
}

impl TwoFactorProblem<f64> for Factors {
    fn outputs(&self) -> usize {
        self.y.rows()
    }
    fn hidden(&self) -> usize {
        self.hidden
    }
    fn inputs(&self) -> usize {
        self.x.rows()
    }
    fn x(&self) -> MatRef<'_, f64> {
        self.x.as_ref()
    }
    fn y(&self) -> MatRef<'_, f64> {
        self.y.as_ref()
    }
}

impl Objective<f64> for Factors {
    fn dimension(&self) -> usize {
        self.hidden * (self.x.rows() + self.y.rows())
    }

    fn value_and_gradient(&self, w: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let (m, k, n) = (self.y.rows(), self.hidden, self.x.rows());
        let (w1, w2) = w.split_at(m * k);
        let hidden =
            |p: usize, c: usize| (0..n).map(|q| w2[k * q + p] * self.x[(q, c)]).sum::<f64>();
        gradient.fill(0.0);
        let mut value = 0.0;
        for c in 0..self.x.cols() {
            for i in 0..m {
                let output: f64 = (0..k).map(|p| w1[m * p + i] * hidden(p, c)).sum();
                let r = output - self.y[(i, c)];
                value += r * r;
                for p in 0..k {
                    gradient[m * p + i] += 2.0 * r * hidden(p, c);
                    for q in 0..n {
                        gradient[m * k + k * q + p] += 2.0 * r * w1[m * p + i] * self.x[(q, c)];
                    }
                }
            }
        }
        Ok(value)
    }
}

fn matrix(rows: usize, cols: usize, by_columns: &[f64]) -> Mat<f64> {
    Mat::from_col_major(by_columns.to_vec(), rows, cols).unwrap()
}

fn diagonal(entries: &[f64]) -> Mat<f64> {
    let n = entries.len();
    Mat::from_fn(n, n, |i, j| if i == j { entries[i] } else { 0.0 })
}

fn product(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    Mat::from_fn(a.rows(), b.cols(), |i, j| {
        (0..a.cols()).map(|l| a[(i, l)] * b[(l, j)]).sum()
    })
}

/// Numbers in [−1, 1) without a pattern: the fractional parts of multiples of the golden ratio.
fn spread(rows: usize, cols: usize, shift: usize) -> Mat<f64> {
    let golden = f64::midpoint(5f64.sqrt(), -1.0);
    Mat::from_fn(rows, cols, |i, j| {
        2.0 * (golden * ((i + rows * j + shift) as f64 + 1.0).powi(2)).fract() - 1.0
    })
}

fn stacked(w1: &Mat<f64>, w2: &Mat<f64>) -> Vec<f64> {
    [w1.data(), w2.data()].concat()
}

/// `optimizer` after one step from `start`.
fn step<O: Optimizer<f64, Factors>>(
    mut optimizer: O,
    problem: &Factors,
    start: &[f64],
) -> Vec<f64> {
    let budget = Budget::steps(1);
    let report = minimize(&mut optimizer, problem, start, &budget, &mut []).unwrap();
    assert_eq!((report.steps, report.counts.gradients), (1, 2));
    report.parameters
}

/// W₁ = [1 0; 1 1] and W₂ = [1 1; 0 1], so both Gram matrices are [2 1; 1 1] with the inverse [1 −1; −1 2].
/// For X = I and an error of one in entry (1, 1), ∇₁ = ∇₂ = [2 0; 0 0]. All numbers are small integers, so
/// all results are exact, except for √2 and 1/√2 in the Cholesky factorisation. These leave errors of a few u
/// in numbers below 8.
#[test]
fn a_step_is_the_formula_computed_by_hand() {
    let problem = Factors {
        x: diagonal(&[1.0, 1.0]),
        y: matrix(2, 2, &[0.0, 1.0, 1.0, 2.0]),
        hidden: 2,
    };
    let start = [1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
    let backend = Faer::default();
    let scaled = || ScaledGradientDescent::new(&backend, 0.25).unwrap();
    let undamped = step(scaled(), &problem, &start);
    // ∇₁·[1 −1; −1 2] = [2 −2; 0 0] and [1 −1; −1 2]·∇₂ = [2 0; −2 0].
    near(&undamped, &[0.5, 1.0, 0.5, 1.0, 0.5, 0.5, 1.0, 1.0]);
    // λ = 1: [3 1; 1 2]⁻¹ = [2 −1; −1 3]/5.
    let damped = step(scaled().with_damping(1.0).unwrap(), &problem, &start);
    near(&damped, &[0.8, 1.0, 0.1, 1.0, 0.8, 0.1, 1.0, 1.0]);
    // The loss and ν are 1, so c = 1 means λ = 1.
    let by_loss = step(
        scaled().with_residual_damping(1.0).unwrap(),
        &problem,
        &start,
    );
    near(&by_loss, &[0.8, 1.0, 0.1, 1.0, 0.8, 0.1, 1.0, 1.0]);
}

/// All sizes are 1 except n = 2, and X = diag(3, 1), so ν = 5 and G = diag(9, 1)/5. W₁ = 2, W₂ = [1 1], Y =
/// [5 2]. Then R = [1 0], ∇₁ = 2·R·(W₂X)ᵀ = 6, ∇₂ = 2·W₁·R·Xᵀ = [12 0]. With the metric, ∇₁ is divided by
/// W₂GW₂ᵀ = 2, and ∇₂ by W₁² = 4 and by G.
#[test]
fn the_input_metric_is_the_formula_computed_by_hand() {
    let problem = Factors {
        x: diagonal(&[3.0, 1.0]),
        y: matrix(1, 2, &[5.0, 2.0]),
        hidden: 1,
    };
    let backend = Faer::default();
    let scaled = || ScaledGradientDescent::new(&backend, 0.3).unwrap();
    let with = step(scaled().with_input_metric(), &problem, &[2.0, 1.0, 1.0]);
    near(&with, &[2.0 - 0.3 * 3.0, 1.0 - 0.3 * 3.0 * 5.0 / 9.0, 1.0]);
    let without = step(scaled(), &problem, &[2.0, 1.0, 1.0]);
    near(&without, &[2.0 - 0.3 * 3.0, 1.0 - 0.3 * 3.0, 1.0]);
}

/// Within 40·u of a number below 8, because each entry has fewer than 40 roundings.
fn near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!(
            (f - e).abs() <= 40.0 * U * 8.0,
            "{found:?} is not {expected:?}"
        );
    }
}

/// For λ = 0, the product after a step is the same from (W₁, W₂) and from (W₁·G, G⁻¹·W₂).
///
/// Each run is compared with exact arithmetic. A solve with a k×k Gram matrix of inner products of t terms is
/// exact for a matrix within (4k(3k + 1) + t)·u of it, relative to its trace (Higham, theorem 10.4 and §3.5).
/// So the preconditioned gradient has a relative error of at most k·(4k(3k + 1) + t)·u·κ₂, where κ₂ is the
/// square of the condition number of the factor. The gradient itself is a sum of at most (n + k + 2)·s and
/// (m + k + 2)·s products, relative to their magnitudes, which are below those of the norms used here. W₁·G
/// and G⁻¹·W₂ are exact, because G has one entry ±2ʲ in each row and column. The last part is the product of
/// the factors with these errors.
#[test]
fn the_product_does_not_depend_on_how_it_is_split() {
    let (m, k, n, s) = (5, 3, 4, 7);
    let problem = Factors {
        x: spread(n, s, 100),
        y: spread(m, s, 200),
        hidden: k,
    };
    let (w1, w2) = (spread(m, k, 300), spread(k, n, 400));
    // G = [0 2 0; −1/2 0 0; 0 0 1]
    let g = matrix(3, 3, &[0.0, -0.5, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    let g_inverse = matrix(3, 3, &[0.0, 0.5, 0.0, -2.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    let split = product(w1.as_ref(), g.as_ref());
    let split = stacked(&split, &product(g_inverse.as_ref(), w2.as_ref()));
    let start = stacked(&w1, &w2);
    let backend = Faer::default();
    let alpha = 0.01;
    for metric in [false, true] {
        let after = |start: &[f64]| {
            let optimizer = ScaledGradientDescent::new(&backend, alpha).unwrap();
            let optimizer = if metric {
                optimizer.with_input_metric()
            } else {
                optimizer
            };
            let w = step(optimizer, &problem, start);
            (
                factors_product(&w, m, k, n),
                error_bound(&problem, start, &w, alpha),
            )
        };
        let ((one, bound), (other, other_bound)) = (after(&start), after(&split));
        let difference = difference(&one, &other);
        let bound = bound + other_bound;
        // The bound must be too small for a method that is not invariant.
        let descent = |start: &[f64]| {
            let w = step(GradientDescent::new(alpha).unwrap(), &problem, start);
            factors_product(&w, m, k, n)
        };
        let plain = self::difference(&descent(&start), &descent(&split));
        assert!(bound < 1e-3 * plain, "{bound:e} against {plain:e}");
        assert!(difference <= bound, "{difference:e} > {bound:e}");
    }
}

fn factors_product(w: &[f64], m: usize, k: usize, n: usize) -> Mat<f64> {
    let (w1, w2) = w.split_at(m * k);
    let w1 = MatRef::from_col_major(w1, m, k).unwrap();
    product(w1, MatRef::from_col_major(w2, k, n).unwrap())
}

fn difference(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    Mat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)] - b[(i, j)]).frobenius_norm()
}

fn singular_values(a: MatRef<'_, f64>) -> Vec<f64> {
    Faer::default().svd(a).unwrap().s
}

/// A bound on the error of W₁·W₂ after a step, to first order; see above.
fn error_bound(problem: &Factors, before: &[f64], after: &[f64], alpha: f64) -> f64 {
    let (m, k, n, s) = (
        problem.y.rows(),
        problem.hidden,
        problem.x.rows(),
        problem.x.cols(),
    );
    let norms = |w: &[f64]| {
        let (w1, w2) = w.split_at(m * k);
        let w1 = singular_values(MatRef::from_col_major(w1, m, k).unwrap());
        let w2 = singular_values(MatRef::from_col_major(w2, k, n).unwrap());
        [w1, w2].map(|s| (s.iter().map(|v| v * v).sum::<f64>().sqrt(), s[k - 1]))
    };
    let [(w1, smallest1), (w2, smallest2)] = norms(before);
    let [(after1, _), (after2, _)] = norms(after);
    let (x, y) = (problem.x.frobenius_norm(), problem.y.frobenius_norm());
    let x_singular = singular_values(problem.x.as_ref());
    // G and G⁻¹ change norms by at most this factor, and the solve with the metric adds κ₂(G).
    let kappa_x = (x / x_singular[n - 1]).powi(2);
    let residual = w1 * w2 * x + y;
    let (kappa1, kappa2) = ((w1 / smallest1).powi(2), (w2 / smallest2).powi(2) * kappa_x);
    let solve = |terms: usize| (k * (4 * k * (3 * k + 1) + terms)) as f64;
    let metric_solve = (n * (4 * n * (3 * n + 1) + s)) as f64;
    let sums = ((n + k + 2) + (m + k + 2) + s) as f64;
    let gradients = [2.0 * residual * w2 * x, 2.0 * residual * w1 * x];
    // ‖(W₂W₂ᵀ)⁻¹‖ = 1/σ_k(W₂)², and with the metric at most κ₂(G) times that.
    let direction1 = gradients[0] * kappa_x / smallest2.powi(2);
    let direction2 = gradients[1] * kappa_x / smallest1.powi(2);
    let error1 = direction1 * (sums + solve(n + s) * kappa2);
    let error2 = direction2 * (sums + solve(m) * kappa1 + metric_solve * kappa_x);
    U * (alpha * (error1 * after2 + error2 * after1) + (k + 4) as f64 * after1 * after2)
}

/// A = diag(logspace(1, 1/κ)) at ν = 3, and factors whose distance from A is at most that of the theorem.
fn near_a_solution(condition: f64) -> (Factors, Vec<f64>) {
    let r = 4;
    let sigma: Vec<f64> = (0..r)
        .map(|i| condition.powf(-(i as f64) / (r - 1) as f64))
        .collect();
    let nu = 3.0f64;
    let y = Mat::from_fn(6, r, |i, j| if i == j { sigma[i] * nu.sqrt() } else { 0.0 });
    let problem = Factors {
        x: diagonal(&[nu.sqrt(); 4]),
        y,
        hidden: r,
    };
    // dist² ≤ ‖ΔW₁·Σ^½‖² + ‖Σ^½·ΔW₂‖² = (0.1·σ_r)².
    let (d1, d2) = (spread(6, r, 0), spread(r, r, 50));
    let size = |d: &Mat<f64>| 0.1 * sigma[r - 1] / (2f64.sqrt() * d.frobenius_norm());
    let (size1, size2) = (size(&d1), size(&d2));
    let w1 = Mat::from_fn(6, r, |i, j| {
        let exact = if i == j { sigma[i].sqrt() } else { 0.0 };
        exact + size1 * d1[(i, j)] / sigma[j].sqrt()
    });
    let w2 = Mat::from_fn(r, r, |i, j| {
        let exact = if i == j { sigma[i].sqrt() } else { 0.0 };
        exact + size2 * d2[(i, j)] / sigma[i].sqrt()
    });
    (problem, stacked(&w1, &w2))
}

/// The theorem of Tong, Ma and Chi for low-rank factorisation. If dist ≤ 0.1·σ_r and η = 2αν ≤ 2/3, then
/// ‖W₁W₂ − A‖_F ≤ (1 − 0.7·η)ᵗ·0.15·σ_r for every κ₂(A). Rounding leaves at most (k + n + 4)·u·‖W₁‖·‖W₂‖·√ν
/// in the root of the loss, where both norms are at most 1.1·√r.
#[test]
fn the_rate_near_a_solution_is_that_of_the_theorem_for_every_condition() {
    let backend = Faer::default();
    let (nu, eta) = (3.0f64, 2.0 / 3.0);
    for condition in [1e1, 1e2, 1e3, 1e4, 1e5] {
        let (problem, start) = near_a_solution(condition);
        let alpha = eta / (2.0 * nu);
        let mut optimizer = ScaledGradientDescent::new(&backend, alpha).unwrap();
        let violations = |history: &History<f64>| {
            let floor = 12.0 * U * 1.1 * 1.1 * 4.0 * nu.sqrt();
            let errors = history.losses().iter().enumerate();
            errors
                .filter(|(t, loss)| {
                    let rate = (1.0 - 0.7 * eta).powi(i32::try_from(*t).unwrap());
                    !(loss.sqrt() <= rate * 0.15 / condition * nu.sqrt() + floor)
                })
                .count()
        };
        let mut history = History::new();
        let budget = Budget::steps(60);
        minimize(
            &mut optimizer,
            &problem,
            &start,
            &budget,
            &mut [&mut history],
        )
        .unwrap();
        assert_eq!(
            violations(&history),
            0,
            "κ = {condition:e}: {:?}",
            history.losses()
        );

        // Without the preconditioner, no step size achieves this rate. The largest stable one is about
        // 1/(2ν).
        let mut plain = History::new();
        let mut descent = GradientDescent::new(alpha / 2.0).unwrap();
        minimize(&mut descent, &problem, &start, &budget, &mut [&mut plain]).unwrap();
        assert!(
            condition < 1e2 || violations(&plain) > 0,
            "κ = {condition:e}"
        );
    }
}

/// The result of Xu, Shen, Chi and Ma. From a small start, with a constant λ of the order of σ_r, the number
/// of steps is at most C·log κ·log(κ·n). That of gradient descent grows with κ₂(A).
///
/// The theorem does not give C. For κ₂(A) = 1e1, …, 1e5, the test observed 21, 28, 239, 47 and 84 steps; the
/// third run passes close to a saddle point. Gradient descent took 162, 1600 and 15980 steps.
#[test]
fn from_a_small_start_steps_grow_with_the_logarithm_of_the_condition() {
    let backend = Faer::default();
    for condition in [1e1f64, 1e2, 1e3, 1e4, 1e5] {
        let (problem, exact) = near_a_solution(condition);
        let small = spread(exact.len(), 1, 7);
        let start: Vec<_> = small
            .data()
            .iter()
            .map(|w| 1e-3 * w / condition.sqrt())
            .collect();
        // ‖W₁W₂ − A‖ ≤ σ_r/100.
        let target = 3.0 * (0.01 / condition).powi(2);
        let bound = (5.0 * condition.ln() * (4.0 * condition).ln()).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "below 1000"
        )]
        let budget = Budget::steps(bound as usize).with_target_loss(target);

        let mut scaled = ScaledGradientDescent::new(&backend, 0.1)
            .and_then(|optimizer| optimizer.with_damping(1.0 / condition))
            .unwrap();
        let report = minimize(&mut scaled, &problem, &start, &budget, &mut []).unwrap();
        assert_eq!(
            report.termination,
            Termination::TargetReached,
            "κ = {condition:e}"
        );

        let mut descent = GradientDescent::new(0.1).unwrap();
        let report = minimize(&mut descent, &problem, &start, &budget, &mut []).unwrap();
        assert_eq!(
            report.termination,
            Termination::StepBudget,
            "κ = {condition:e}"
        );
    }
}

#[test]
fn a_singular_gram_matrix_is_an_error_that_names_it() {
    let backend = Faer::default();
    let problem = |hidden| Factors {
        x: diagonal(&[1.0, 2.0]),
        y: spread(3, 2, 0),
        hidden,
    };
    let run = |mut optimizer: ScaledGradientDescent<'_, f64, Faer>, hidden, start: &[f64]| {
        minimize(
            &mut optimizer,
            &problem(hidden),
            start,
            &Budget::steps(3),
            &mut [],
        )
    };
    let scaled = || ScaledGradientDescent::new(&backend, 0.01).unwrap();

    let wide = spread(15, 1, 3);
    let error = run(scaled(), 3, wide.data()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ScaledGradientDescent: lambda must be positive where a Gram matrix is singular, as for \
         m = 3, k = 3, n = 2, but it is 0"
    );
    assert!(run(scaled().with_damping(0.1).unwrap(), 3, wide.data()).is_ok());
    assert!(run(scaled().with_residual_damping(0.1).unwrap(), 3, wide.data()).is_ok());

    // Rows of W₂ in the ratio 1:3. Rounding turns them into a matrix of rank two.
    let dependent = [1.0, 2.0, 3.0, 0.5, 1.0, -1.0, 0.1, 0.3, 0.7, 2.1];
    let error = run(scaled(), 2, &dependent).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ScaledGradientDescent: W₂·W₂ᵀ + λ·I is not positive definite to working precision"
    );
    let parallel = [0.1, 0.2, 0.7, 0.3, 0.6, 2.1, 1.0, 0.0, 0.0, 1.0];
    let error = run(scaled(), 2, &parallel).unwrap_err();
    assert!(error.to_string().contains("W₁ᵀ·W₁"), "{error}");

    let singular = Factors {
        x: matrix(2, 2, &[0.1, 0.3, 0.7, 2.1]),
        ..problem(2)
    };
    let mut metric = scaled().with_input_metric();
    let start = spread(10, 1, 3);
    let error = minimize(
        &mut metric,
        &singular,
        start.data(),
        &Budget::steps(1),
        &mut [],
    );
    assert!(error.unwrap_err().to_string().contains("X·Xᵀ"));
}

#[test]
fn what_cannot_be_configured_is_refused_by_its_name() {
    let backend = Faer::default();
    for (error, name) in [
        (ScaledGradientDescent::new(&backend, f64::NAN).err(), "step"),
        (scaled_with(&backend, |s| s.with_damping(0.0)), "lambda"),
        (
            scaled_with(&backend, |s| s.with_residual_damping(-1.0)),
            "factor",
        ),
    ] {
        assert!(error.unwrap().to_string().contains(name));
    }
}

fn scaled_with<'b>(
    backend: &'b Faer,
    configure: impl FnOnce(
        ScaledGradientDescent<'b, f64, Faer>,
    ) -> Result<ScaledGradientDescent<'b, f64, Faer>>,
) -> Option<Error> {
    configure(ScaledGradientDescent::new(backend, 1.0).unwrap()).err()
}

#[test]
fn divergence_and_a_stationary_start_are_data() {
    let backend = Faer::default();
    let problem = Factors {
        x: diagonal(&[1.0, 1.0]),
        y: spread(2, 2, 0),
        hidden: 2,
    };
    // The Gram matrix of entries of 1e160 overflows, but their product does not.
    let huge = [1e160, 0.0, 0.0, 1e160, 1e-160, 0.0, 0.0, 1e-160];
    let mut optimizer = ScaledGradientDescent::new(&backend, 0.1)
        .and_then(|s| s.with_damping(1.0))
        .unwrap();
    let budget = Budget::steps(5);
    let report = minimize(&mut optimizer, &problem, &huge, &budget, &mut []).unwrap();
    let quantity = Quantity::Direction;
    assert_eq!(report.termination, Termination::NonFinite { quantity });
    let report = minimize(&mut optimizer, &problem, &[0.0; 8], &budget, &mut []).unwrap();
    assert_eq!(report.termination, Termination::Stalled);
}

#[test]
fn a_step_allocates_what_its_two_factorisations_do() {
    let backend = Faer::default();
    let (problem, mut w) = near_a_solution(10.0);
    let gram = Mat::<f64>::identity(4);
    let factorisation = allocation_counter::measure(|| drop(backend.cholesky(gram.as_ref())));
    let mut optimizer = ScaledGradientDescent::new(&backend, 0.1)
        .unwrap()
        .with_input_metric();
    let mut counts = Counts::default();
    optimizer.init(&problem, &w, &mut counts).unwrap();
    optimizer.step(&problem, &mut w, &mut counts).unwrap();
    let steps = allocation_counter::measure(|| {
        for _ in 0..3 {
            optimizer.step(&problem, &mut w, &mut counts).unwrap();
        }
    });
    assert_eq!(steps.count_total, 3 * 2 * factorisation.count_total);
}
