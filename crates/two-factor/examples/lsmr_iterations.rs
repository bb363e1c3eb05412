//! Counts the iterations that LSMR takes for the steps of Levenberg-Marquardt on deep linear nets. It
//! compares plain LSMR, LSMR with some or all vectors reorthogonalised, and LSMR that is preconditioned from
//! the right. The preconditioner is made of the diagonal blocks of JᵀJ + λI, which are (Hᵢ₋₁Hᵢ₋₁ᵀ) ⊗
//! (PᵢᵀPᵢ) + λI.
//!
//! The preconditioner does not reduce the iterations. Plain LSMR never leaves the range of Jᵀ, so the null
//! space of J costs no iterations. The null space of J·R⁻¹ with the damping does cost iterations. LSMR then
//! takes up to as many iterations as there are parameters, instead of as many as there are non-zero singular
//! values.
//!
//! The program prints iterations, not seconds:
//!
//! `cargo run --release -p leastwise-two-factor --example lsmr_iterations`

use std::cell::RefCell;
use std::ops::Range;

use leastwise_core::norm::euclidean;
use leastwise_core::{Factorizations, Mat, MatMul, MatMut, MatRef, Result};
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{
    AdaptiveDamping, DampedStepSolver, MatrixFree, StepSolver,
};
use leastwise_optim::{
    Budget, Counts, Evaluation, JacobianProducts, LeastSquaresProblem, LevenbergMarquardt, minimize,
};
use leastwise_two_factor::{LinearNet, LinearNetPoint, Spectrum, TwoLayerNetSpec, draw_start};

type Net<'b> = LinearNet<'b, f64, Faer>;

fn main() -> Result<()> {
    let backend = Faer::default();
    println!(
        "iterations: the total, and the most of one solve in parentheses; by the number of last vectors \
         that are reorthogonalised, and with the preconditioner; first: the difference between the \
         first preconditioned step and the plain one\n"
    );
    println!("sizes | κ(A) | solves | loss | none | 10 | 50 | all | preconditioned | first");
    println!("---|--:|--:|--:|--:|--:|--:|--:|--:|--:");
    for hidden in [
        &[6][..],
        &[6, 6],
        &[6, 6, 6],
        &[6, 6, 6, 6],
        &[12],
        &[12, 12],
    ] {
        for condition in [1.0, 1e3, 1e5] {
            report(backend, hidden, condition)?;
        }
    }
    Ok(())
}

fn report(backend: Faer, hidden: &[usize], condition: f64) -> Result<()> {
    let spec = TwoLayerNetSpec {
        xdim: hidden[0],
        ydim: hidden[0] + 4,
        nsamples: 5 * hidden[0],
        spectrum: Spectrum::Prescribed { condition },
        ..TwoLayerNetSpec::default()
    };
    let drawn = spec.draw::<f64>()?.net;
    let (x, y) = (drawn.x().to_mat(), drawn.y().to_mat());
    let net = LinearNet::new(&backend, x, y, hidden)?;
    let scale = 1.0 / (hidden[0] as f64).sqrt();
    let start = draw_start(net.sizes(), scale, spec.seed)?;
    let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), Probe::new(backend));
    let report = minimize(&mut lm, &net, &start, &Budget::steps(60), &mut [])?;
    let probe = lm.solver();
    let summary = |counts: &Vec<usize>| {
        let most = counts.iter().max().copied().unwrap_or_default();
        format!("{} ({most})", counts.iter().sum::<usize>())
    };
    let iterations: Vec<String> = probe.iterations.iter().map(summary).collect();
    println!(
        "{:?} | {condition:.0e} | {} | {:.0e} | {} | {:.0e}",
        net.sizes(),
        report.counts.solves,
        report.loss,
        iterations.join(" | "),
        probe.first_difference.unwrap_or_default(),
    );
    Ok(())
}

const WINDOWS: [usize; 4] = [0, 10, 50, usize::MAX];

/// Takes the step with all vectors reorthogonalised, and counts the iterations that the other solvers take.
struct Probe {
    backend: Faer,
    solvers: [MatrixFree<f64, LinearNetPoint<f64>>; WINDOWS.len()],
    x: Vec<f64>,
    /// The iterations of each of `solvers` and of the preconditioned one.
    iterations: [Vec<usize>; WINDOWS.len() + 1],
    first_difference: Option<f64>,
}

impl Probe {
    fn new(backend: Faer) -> Self {
        Self {
            backend,
            solvers: WINDOWS.map(|window| MatrixFree::new().with_reorthogonalization(window)),
            x: Vec::new(),
            iterations: Default::default(),
            first_difference: None,
        }
    }
}

impl StepSolver<f64, Net<'_>> for Probe {
    fn dimension(&self, net: &Net<'_>) -> usize {
        net.parameters()
    }

    fn init(&mut self, net: &Net<'_>) -> Result<()> {
        self.solvers
            .iter_mut()
            .try_for_each(|solver| solver.init(net))
    }

    fn linearize(
        &mut self,
        net: &Net<'_>,
        x: &[f64],
        counts: &mut Counts,
    ) -> Result<Evaluation<f64>> {
        self.x = x.to_vec();
        let [others @ .., last] = &mut self.solvers;
        for solver in others {
            solver.linearize(net, x, &mut Counts::default())?;
        }
        last.linearize(net, x, counts)
    }

    fn direction(&mut self, net: &Net<'_>, delta: &mut [f64], counts: &mut Counts) -> Result<()> {
        self.solvers[0].direction(net, delta, counts)
    }
}

impl DampedStepSolver<f64, Net<'_>> for Probe {
    fn gradient(&self) -> &[f64] {
        DampedStepSolver::<f64, Net<'_>>::gradient(&self.solvers[0])
    }

    fn curvature(&mut self, net: &Net<'_>) -> Result<f64> {
        self.solvers[0].curvature(net)
    }

    fn damped_direction(
        &mut self,
        net: &Net<'_>,
        lambda: f64,
        delta: &mut [f64],
        counts: &mut Counts,
    ) -> Result<()> {
        counts.solves += 1;
        for (solver, iterations) in self.solvers.iter_mut().zip(&mut self.iterations) {
            solver.damped_direction(net, lambda, delta, &mut Counts::default())?;
            iterations.extend(solver.last_iterations());
        }

        let problem = Preconditioned::new(net, self.backend, &self.x, lambda)?;
        let mut solver = MatrixFree::<f64, ()>::new();
        let mut y = vec![0.0; delta.len()];
        solver.init(&problem)?;
        solver.linearize(&problem, &y, &mut Counts::default())?;
        solver.direction(&problem, &mut y, &mut Counts::default())?;
        self.iterations[WINDOWS.len()].extend(solver.last_iterations());
        let mut other = vec![0.0; delta.len()];
        problem.undo(&y, &mut other)?;
        for (oi, di) in other.iter_mut().zip(&*delta) {
            *oi -= di;
        }
        let difference = euclidean(&other) / euclidean(delta);
        self.first_difference.get_or_insert(difference);
        Ok(())
    }

    fn loss(&mut self, net: &Net<'_>, x: &[f64], counts: &mut Counts) -> Result<f64> {
        self.solvers[0].loss(net, x, counts)
    }
}

type Block = (Mat<f64>, Mat<f64>, Mat<f64>);

/// The residual [J; √λ·I]·R⁻¹·y + [r; 0], where RᵀR is the block diagonal of JᵀJ + λI.
struct Preconditioned<'a, 'b> {
    net: &'a Net<'b>,
    point: RefCell<LinearNetPoint<f64>>,
    residual: Vec<f64>,
    root: f64,
    /// For W_L, …, W₁: Z and Q with R⁻¹·vec(V) = vec(Z·(D∘V)·Qᵀ), and D.
    blocks: Vec<Block>,
    backend: Faer,
}

impl<'a, 'b> Preconditioned<'a, 'b> {
    fn new(net: &'a Net<'b>, backend: Faer, x: &[f64], lambda: f64) -> Result<Self> {
        let (mut residual, mut point) = (vec![0.0; net.residuals()], LinearNetPoint::default());
        net.linearize(x, &mut residual, &mut point)?;
        let layers = net.weights(x)?;
        let product = |a: MatRef<'_, f64>, b: MatRef<'_, f64>| -> Result<Mat<f64>> {
            let mut c = Mat::zeros(a.rows(), b.cols());
            backend.matmul(1.0, a, b, 0.0, c.as_mut())?;
            Ok(c)
        };
        let mut below = vec![net.x().to_mat()];
        for w in layers.iter().rev() {
            below.push(product(*w, below[below.len() - 1].as_ref())?);
        }
        below.pop();
        let mut above = Mat::identity(net.y().rows());
        let mut blocks = Vec::new();
        for (w, h) in layers.iter().zip(below.iter().rev()) {
            let outer = product(h.as_ref(), h.as_ref().transpose())?;
            let inner = product(above.as_ref().transpose(), above.as_ref())?;
            let outer = backend.symmetric_eigen(outer.as_ref())?;
            let inner = backend.symmetric_eigen(inner.as_ref())?;
            let d = Mat::from_fn(w.rows(), w.cols(), |p, q| {
                let product = inner.values[p].max(0.0) * outer.values[q].max(0.0);
                1.0 / (product + lambda).sqrt()
            });
            blocks.push((inner.vectors, outer.vectors, d));
            above = product(above.as_ref(), *w)?;
        }
        Ok(Self {
            net,
            point: RefCell::new(point),
            residual,
            root: lambda.sqrt(),
            blocks,
            backend,
        })
    }

    /// The blocks, each with the range of its parameters.
    fn ranges(&self) -> impl Iterator<Item = (Range<usize>, &Block)> {
        let mut start = 0;
        self.blocks.iter().map(move |block| {
            let range = start..start + block.2.data().len();
            start = range.end;
            (range, block)
        })
    }

    /// R⁻¹·y
    fn undo(&self, y: &[f64], delta: &mut [f64]) -> Result<()> {
        for (range, (z, q, d)) in self.ranges() {
            let (rows, cols) = (d.rows(), d.cols());
            let scaled = Mat::from_fn(rows, cols, |i, j| d[(i, j)] * y[range.start + j * rows + i]);
            let mut half = Mat::zeros(rows, cols);
            let backend = self.backend;
            backend.matmul(1.0, z.as_ref(), scaled.as_ref(), 0.0, half.as_mut())?;
            let target = MatMut::from_col_major(&mut delta[range], rows, cols)?;
            backend.matmul(1.0, half.as_ref(), q.as_ref().transpose(), 0.0, target)?;
        }
        Ok(())
    }

    /// R⁻ᵀ·g, in place.
    fn undo_transposed(&self, g: &mut [f64]) -> Result<()> {
        for (range, (z, q, d)) in self.ranges() {
            let (rows, cols) = (d.rows(), d.cols());
            let mut half = Mat::zeros(rows, cols);
            let source = MatRef::from_col_major(&g[range.clone()], rows, cols)?;
            let backend = self.backend;
            backend.matmul(1.0, z.as_ref().transpose(), source, 0.0, half.as_mut())?;
            let mut target = MatMut::from_col_major(&mut g[range], rows, cols)?;
            backend.matmul(1.0, half.as_ref(), q.as_ref(), 0.0, target.reborrow())?;
            for j in 0..cols {
                for i in 0..rows {
                    target[(i, j)] *= d[(i, j)];
                }
            }
        }
        Ok(())
    }
}

impl LeastSquaresProblem<f64> for Preconditioned<'_, '_> {
    fn residuals(&self) -> usize {
        self.net.residuals() + self.net.parameters()
    }

    fn parameters(&self) -> usize {
        self.net.parameters()
    }

    fn residual(&self, y: &[f64], r: &mut [f64]) -> Result<()> {
        self.jacobian_times(&mut (), y, r)?;
        for (ri, &bi) in r.iter_mut().zip(&self.residual) {
            *ri += bi;
        }
        Ok(())
    }

    fn jacobian(&self, _: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
        let mut unit = vec![0.0; self.parameters()];
        let mut column = vec![0.0; self.residuals()];
        for l in 0..unit.len() {
            unit[l] = 1.0;
            self.jacobian_times(&mut (), &unit, &mut column)?;
            unit[l] = 0.0;
            for (i, &entry) in column.iter().enumerate() {
                j[(i, l)] = entry;
            }
        }
        Ok(())
    }
}

impl JacobianProducts<f64> for Preconditioned<'_, '_> {
    type Point = ();

    fn linearize(&self, y: &[f64], r: &mut [f64], (): &mut ()) -> Result<()> {
        self.residual(y, r)
    }

    fn jacobian_times(&self, (): &mut (), y: &[f64], image: &mut [f64]) -> Result<()> {
        let (top, bottom) = image.split_at_mut(self.residual.len());
        self.undo(y, bottom)?;
        self.net
            .jacobian_times(&mut self.point.borrow_mut(), bottom, top)?;
        for entry in bottom {
            *entry *= self.root;
        }
        Ok(())
    }

    fn transposed_jacobian_times(&self, (): &mut (), u: &[f64], g: &mut [f64]) -> Result<()> {
        let (top, bottom) = u.split_at(self.residual.len());
        self.net
            .transposed_jacobian_times(&mut self.point.borrow_mut(), top, g)?;
        for (gi, &bi) in g.iter_mut().zip(bottom) {
            *gi += self.root * bi;
        }
        self.undo_transposed(g)
    }
}
