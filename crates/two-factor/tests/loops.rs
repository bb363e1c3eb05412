//! The products by loops, and the nets that use them.

use leastwise_core::norm::dot;
use leastwise_core::{Mat, MatMul, MatMut, MatRef, Scalar};
use leastwise_optim::{JacobianProducts, LeastSquaresProblem};
use leastwise_two_factor::{LinearNetPoint, Loops, TwoLayerNetSpec};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The entries of a matrix with contiguous columns or contiguous rows, which are `padding` apart.
struct Stored {
    data: Vec<f64>,
    rows: usize,
    cols: usize,
    strides: (usize, usize),
}

impl Stored {
    fn drawn(rng: &mut StdRng, rows: usize, cols: usize) -> Self {
        let padding = rng.random_range(0..3);
        let strides = if rng.random() {
            (1, rows + padding)
        } else {
            (cols + padding, 1)
        };
        let len = (rows + padding) * (cols + padding) + 1;
        let data = (0..len).map(|_| rng.random_range(-1.0..1.0)).collect();
        Self {
            data,
            rows,
            cols,
            strides,
        }
    }

    fn view(&self) -> MatRef<'_, f64> {
        let (down, across) = self.strides;
        MatRef::with_strides(&self.data, self.rows, self.cols, down, across).unwrap()
    }

    fn view_mut(&mut self) -> MatMut<'_, f64> {
        let (down, across) = self.strides;
        MatMut::with_strides(&mut self.data, self.rows, self.cols, down, across).unwrap()
    }
}

/// |C − (α·A·B + β·C₀)| ≤ (k + 3)·u·(|α|·|A|·|B| + |β|·|C₀|) for k terms and their two factors (N. Higham,
/// *Accuracy and Stability of Numerical Algorithms*, §3.5). The bound is twice that, because the expected
/// value is rounded as well.
#[test]
fn products_of_every_shape_and_layout_are_right() {
    for seed in 0..2000 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut size = || rng.random_range(0..14);
        let (m, k, n) = (size(), size(), size());
        let (a, b) = (Stored::drawn(&mut rng, m, k), Stored::drawn(&mut rng, k, n));
        let mut c = Stored::drawn(&mut rng, m, n);
        let alpha = [1.0, -0.5, 0.0][rng.random_range(0..3)];
        let beta = [0.0, 1.0, 2.5][rng.random_range(0..3)];
        let before = c.view().to_mat();
        let untouched = c.data.clone();
        if beta == 0.0 {
            c.view_mut().fill(f64::NAN);
        }
        let product = Loops.matmul(alpha, a.view(), b.view(), beta, c.view_mut());
        product.unwrap();
        let (a, b) = (a.view(), b.view());
        for i in 0..m {
            for j in 0..n {
                let terms = (0..k).map(|l| a[(i, l)] * b[(l, j)]);
                let size: f64 = terms.clone().map(f64::abs).sum();
                let expected = alpha * terms.sum::<f64>() + beta * before[(i, j)];
                let size = alpha.abs() * size + beta * before[(i, j)].abs();
                let bound = 2.0 * (k + 3) as f64 * f64::UNIT_ROUNDOFF * size;
                let error = (c.view()[(i, j)] - expected).abs();
                assert!(
                    error <= bound,
                    "seed {seed}: ({i}, {j}): {error:e} > {bound:e}"
                );
            }
        }
        // Storage outside the entries is unchanged.
        c.view_mut().copy_from(before.as_ref()).unwrap();
        assert_eq!(c.data, untouched, "seed {seed}: padding");
    }
}

/// J·v and Jᵀ·u are sums of mk + kn and ms terms. Each term is a product of rounded sums of k and m terms. So
/// the error is within the bound of a sum of all of them.
#[test]
fn a_small_net_has_the_products_of_its_jacobian() {
    for seed in 0..50 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut size = |most| rng.random_range(1..most);
        let spec = TwoLayerNetSpec {
            xdim: size(5),
            wdim: size(5),
            ydim: size(5),
            nsamples: size(300),
            seed,
            ..TwoLayerNetSpec::default()
        };
        let drawn = spec.draw::<f64>().unwrap();
        let (net, w) = (&drawn.net, &drawn.start);
        let (rows, cols) = (net.residuals(), net.parameters());
        let mut j = Mat::zeros(rows, cols);
        net.jacobian(w, j.as_mut()).unwrap();
        let mut residual = vec![f64::NAN; rows];
        net.residual(w, &mut residual).unwrap();
        let (mut r, mut point) = (vec![f64::NAN; rows], LinearNetPoint::default());
        net.linearize(w, &mut r, &mut point).unwrap();
        assert_eq!(r, residual, "seed {seed}");

        let mut draw =
            |len: usize| -> Vec<f64> { (0..len).map(|_| rng.random_range(-1.0..1.0)).collect() };
        let (v, u) = (draw(cols), draw(rows));
        let (mut jv, mut jtu) = (vec![f64::NAN; rows], vec![f64::NAN; cols]);
        net.jacobian_times(&mut point, &v, &mut jv).unwrap();
        net.transposed_jacobian_times(&mut point, &u, &mut jtu)
            .unwrap();
        // |W₁|·|W₂|·|X| bounds the sums of which the entries of W₂·X and W₁ᵀ·U consist.
        let largest = |values: &[f64]| values.iter().fold(1.0f64, |most, x| most.max(x.abs()));
        let x = net.x().to_mat();
        let size = largest(w) * largest(x.data()) * (spec.wdim + spec.ydim + spec.xdim) as f64;
        let bound = |terms: usize| {
            let count = (terms + spec.wdim + spec.ydim + spec.xdim) as f64;
            2.0 * count * f64::UNIT_ROUNDOFF * terms as f64 * size
        };
        let transposed = j.transposed();
        for (i, &value) in jv.iter().enumerate() {
            let error = (value - dot(transposed.col(i), &v)).abs();
            assert!(error <= bound(cols), "seed {seed}: row {i}: {error:e}");
        }
        for (i, &value) in jtu.iter().enumerate() {
            let error = (value - dot(j.col(i), &u)).abs();
            assert!(error <= bound(rows), "seed {seed}: column {i}: {error:e}");
        }
    }
}
