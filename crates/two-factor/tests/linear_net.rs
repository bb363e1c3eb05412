//! Laws of the deep linear net. Bounds are multiples of u = 2⁻⁵³ times a magnitude: the value of the same
//! formula for the absolute values of all its terms. This covers each rounding with either sign, and any
//! order in which a product adds its terms.

use leastwise_core::{Backend, Error, Mat, MatMul, MatMut, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::{JacobianProducts, LeastSquaresProblem, Objective};
use leastwise_testset::standard_normal;
use leastwise_two_factor::TwoFactorProblem;
use leastwise_two_factor::{
    LinearNet, LinearNetPoint, TwoFactorNet, TwoLayerNetInstance, TwoLayerNetSpec, draw_start,
};

const U: f64 = f64::UNIT_ROUNDOFF;
const FAER: fn() -> Faer = Faer::default;

type Net<'b> = LinearNet<'b, f64, Faer>;

/// A net and a point. The cases have fewer samples than inputs, and more.
struct Case<'b> {
    net: Net<'b>,
    /// The net of |X| and −|Y|. Its residual at |w| is |W_L|···|W₁|·|X| + |Y|.
    absolute: Net<'b>,
    w: Vec<f64>,
}

fn cases(backend: &Faer) -> Vec<Case<'_>> {
    let shapes: [(&[usize], usize); 7] = [
        (&[5, 3], 4),
        (&[5, 3], 9),
        (&[7, 3, 5], 4),
        (&[3, 5, 7], 11),
        (&[7, 5, 3, 5], 6),
        (&[3, 9, 1, 5], 1),
        (&[5, 3, 7, 3, 9], 4),
    ];
    let case = |(seed, &(sizes, s)): (u64, &(&[usize], usize))| {
        let (n, m) = (sizes[0], sizes[sizes.len() - 1]);
        let (x, y) = (
            standard_normal(n, s, seed, 0),
            standard_normal(m, s, seed, 1),
        );
        let absolute = |a: &Mat<f64>, sign: f64| {
            Mat::from_fn(a.rows(), a.cols(), |i, j| sign * a[(i, j)].abs())
        };
        let hidden = &sizes[1..sizes.len() - 1];
        let (xa, ya) = (absolute(&x, 1.0), absolute(&y, -1.0));
        Case {
            net: LinearNet::new(backend, x, y, hidden).unwrap(),
            absolute: LinearNet::new(backend, xa, ya, hidden).unwrap(),
            w: draw_start(sizes, 1.0, seed).unwrap(),
        }
    };
    (0..).zip(&shapes).map(case).collect()
}

impl Case<'_> {
    /// The number of roundings behind an entry of a residual, a Jacobian or one of its products. Every
    /// product of two matrices has as many as its inner dimension, and one more for the term that is added.
    fn roundings(&self) -> f64 {
        let samples = self.net.samples();
        (self.net.sizes().iter().map(|h| h + 1).sum::<usize>() + samples) as f64
    }

    fn grown(&self, slack: f64) -> Vec<f64> {
        self.w.iter().map(|wi| wi.abs() + slack).collect()
    }
}

fn absolute(v: &[f64]) -> Vec<f64> {
    v.iter().map(|vi| vi.abs()).collect()
}

fn residual<P: LeastSquaresProblem<f64>>(net: &P, w: &[f64]) -> Vec<f64> {
    let mut r = vec![f64::NAN; net.residuals()];
    net.residual(w, &mut r).unwrap();
    r
}

fn jacobian<P: LeastSquaresProblem<f64>>(net: &P, w: &[f64]) -> Mat<f64> {
    let mut j = Mat::from_fn(net.residuals(), net.parameters(), |_, _| f64::NAN);
    net.jacobian(w, j.as_mut()).unwrap();
    j
}

fn gradient<P: Objective<f64>>(net: &P, w: &[f64]) -> (f64, Vec<f64>) {
    let mut gradient = vec![f64::NAN; net.dimension()];
    let value = net.value_and_gradient(w, &mut gradient).unwrap();
    (value, gradient)
}

fn linearized<P: JacobianProducts<f64>>(net: &P, w: &[f64]) -> (Vec<f64>, P::Point) {
    let (mut r, mut point) = (vec![f64::NAN; net.residuals()], P::Point::default());
    net.linearize(w, &mut r, &mut point).unwrap();
    (r, point)
}

fn times(j: &Mat<f64>, v: &[f64]) -> Vec<f64> {
    let row = |i| (0..j.cols()).map(|l| j[(i, l)] * v[l]).sum();
    (0..j.rows()).map(row).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn drawn(len: usize, number: u32) -> Vec<f64> {
    standard_normal(len, 1, 99, number).into_vec()
}

fn assert_close(found: &[f64], expected: &[f64], size: &[f64], factor: f64, what: &str) {
    assert_eq!(found.len(), expected.len());
    for (i, ((a, b), size)) in found.iter().zip(expected).zip(size).enumerate() {
        let (error, bound) = ((a - b).abs(), factor * U * size);
        assert!(error <= bound, "{what}, {i}: {error:e} > {bound:e}");
    }
}

/// The residual is affine in each single weight. So a central difference of any width is exact except for
/// rounding. With width 1, it is half the difference of two residuals. The rounding of w ± 1 changes each of
/// them by another u for the weight.
#[test]
fn the_jacobian_is_the_central_difference_of_the_residual() {
    for case in cases(&FAER()) {
        let (net, j) = (&case.net, jacobian(&case.net, &case.w));
        let size = residual(&case.absolute, &case.grown(1.0));
        for column in 0..net.parameters() {
            let shifted = |by: f64| {
                let mut w = case.w.clone();
                w[column] += by;
                residual(net, &w)
            };
            let (above, below) = (shifted(1.0), shifted(-1.0));
            let difference: Vec<f64> = above
                .iter()
                .zip(&below)
                .map(|(a, b)| (a - b) / 2.0)
                .collect();
            let factor = 2.0 * (case.roundings() + 1.0);
            assert_close(
                &difference,
                j.col(column),
                &size,
                factor,
                "central difference",
            );
        }
    }
}

/// Both sides are within their roundings and those of a sum over all columns of |J|·|v|. |J| is the Jacobian
/// of the net of absolute values.
#[test]
fn products_with_vectors_are_those_of_the_dense_jacobian() {
    for case in cases(&FAER()) {
        let net = &case.net;
        let (j, size) = (
            jacobian(net, &case.w),
            jacobian(&case.absolute, &case.grown(0.0)),
        );
        let (r, mut point) = linearized(net, &case.w);
        assert_eq!(r, residual(net, &case.w));
        let (v, u) = (drawn(net.parameters(), 0), drawn(net.residuals(), 1));
        let mut jv = vec![f64::NAN; net.residuals()];
        net.jacobian_times(&mut point, &v, &mut jv).unwrap();
        let terms = 2.0 * case.roundings() + net.parameters() as f64;
        assert_close(
            &jv,
            &times(&j, &v),
            &times(&size, &absolute(&v)),
            terms,
            "J·v",
        );
        let mut jtu = vec![f64::NAN; net.parameters()];
        net.transposed_jacobian_times(&mut point, &u, &mut jtu)
            .unwrap();
        let terms = 2.0 * case.roundings() + net.residuals() as f64;
        let (dense, size) = (
            times(&j.transposed(), &u),
            times(&size.transposed(), &absolute(&u)),
        );
        assert_close(&jtu, &dense, &size, terms, "Jᵀ·u");
    }
}

/// ⟨J·v, u⟩ = ⟨v, Jᵀ·u⟩, without the dense Jacobian. Each side is a sum of at most all its entries, after the
/// roundings of the product.
#[test]
fn the_two_products_are_adjoint() {
    for case in cases(&FAER()) {
        let net = &case.net;
        let (_, mut point) = linearized(net, &case.w);
        for number in 2..12 {
            let (v, u) = (
                drawn(net.parameters(), number),
                drawn(net.residuals(), number + 10),
            );
            let (mut jv, mut jtu) = (vec![f64::NAN; u.len()], vec![f64::NAN; v.len()]);
            net.jacobian_times(&mut point, &v, &mut jv).unwrap();
            net.transposed_jacobian_times(&mut point, &u, &mut jtu)
                .unwrap();
            let size = jacobian(&case.absolute, &case.grown(0.0));
            let size = dot(&times(&size, &absolute(&v)), &absolute(&u));
            let terms = 2.0 * case.roundings() + (u.len() + v.len()) as f64;
            let (left, right) = ([dot(&jv, &u)], [dot(&v, &jtu)]);
            assert_close(&left, &right, &[size], terms, "adjoint");
        }
    }
}

/// Both residuals are equal bit by bit. The products differ as above.
#[test]
fn the_gradient_is_twice_the_transposed_jacobian_times_the_residual() {
    for case in cases(&FAER()) {
        let (value, found) = gradient(&case.net, &case.w);
        let r = residual(&case.net, &case.w);
        let size = jacobian(&case.absolute, &case.grown(0.0)).transposed();
        let expected = times(&jacobian(&case.net, &case.w).transposed(), &r);
        let halves: Vec<f64> = found.iter().map(|g| g / 2.0).collect();
        let terms = 2.0 * case.roundings() + r.len() as f64;
        assert_close(
            &halves,
            &expected,
            &times(&size, &absolute(&r)),
            terms,
            "gradient",
        );
        let squares = dot(&r, &r);
        assert_close(
            &[value],
            &[squares],
            &[squares],
            2.0 * r.len() as f64,
            "value",
        );
    }
}

/// Both nets are within their roundings of the exact value. Those of the two-layer net are n + k + 2 for a
/// residual, and at most m + s more for a quantity computed from it.
#[test]
fn two_layers_are_the_two_layer_net() {
    let backend = FAER();
    for nsamples in [3, 150] {
        let spec = TwoLayerNetSpec {
            xdim: 5,
            wdim: 3,
            ydim: 7,
            nsamples,
            ..TwoLayerNetSpec::default()
        };
        let TwoLayerNetInstance {
            net: old, start, ..
        } = spec.draw::<f64>().unwrap();
        let w = draw_start(&[5, 3, 7], 1.0, spec.seed).unwrap();
        assert_eq!(w, start);
        let (x, y) = (old.x().to_mat(), old.y().to_mat());
        let absolute_of = |a: &Mat<f64>, sign: f64| {
            Mat::from_fn(a.rows(), a.cols(), |i, j| sign * a[(i, j)].abs())
        };
        let (xa, ya) = (absolute_of(&x, 1.0), absolute_of(&y, -1.0));
        let new = TwoFactorNet::on(&backend, x, y, 3).unwrap();
        assert_eq!((new.outputs(), new.hidden(), new.inputs()), (7, 3, 5));
        assert_eq!(
            (
                TwoFactorProblem::x(&new).to_mat(),
                TwoFactorProblem::y(&new).to_mat()
            ),
            (old.x().to_mat(), old.y().to_mat())
        );
        let layers = new.as_linear_net().weights(&w).unwrap();
        let (w1, w2) = old.weights(&w).unwrap();
        assert_eq!(
            (layers[0].to_mat(), layers[1].to_mat()),
            (w1.to_mat(), w2.to_mat())
        );

        let sizes = TwoFactorNet::on(&backend, xa, ya, 3).unwrap();
        let grown = absolute(&w);
        let terms = 2.0 * (5 + 3 + 2 + 7 + nsamples) as f64;
        let size = residual(&sizes, &grown);
        assert_close(
            &residual(&new, &w),
            &residual(&old, &w),
            &size,
            terms,
            "residual",
        );
        let (j, size_j) = (jacobian(&new, &w), jacobian(&sizes, &grown));
        assert_close(
            j.data(),
            jacobian(&old, &w).data(),
            size_j.data(),
            terms,
            "Jacobian",
        );
        // A rounding of the residual reaches the gradient through |J|, and so do the roundings of the
        // gradient itself.
        let (value, found) = gradient(&new, &w);
        let (old_value, expected) = gradient(&old, &w);
        let reach: Vec<f64> = times(&size_j.transposed(), &size);
        let doubled: Vec<f64> = reach.iter().map(|g| 2.0 * g).collect();
        assert_close(&found, &expected, &doubled, 2.0 * terms, "gradient");
        let squares = dot(&size, &size);
        let terms = 2.0 * terms + 2.0 * size.len() as f64;
        assert_close(&[value], &[old_value], &[squares], terms, "value");
    }
}

#[test]
fn a_constant_is_part_of_the_loss_and_of_nothing_else() {
    // A backend that is chosen at run time.
    let backend: &dyn Backend<f64> = &FAER();
    let (x, y) = (standard_normal(3, 4, 5, 0), standard_normal(2, 4, 5, 1));
    let plain = LinearNet::new(backend, x.clone(), y.clone(), &[5, 3]).unwrap();
    let net = LinearNet::new(backend, x, y, &[5, 3]).unwrap();
    let net = net.with_constant_norm(32.0).unwrap();
    let w = draw_start(&[3, 5, 3, 2], 0.5, 1).unwrap();
    assert_eq!((plain.constant_norm(), net.constant_norm()), (0.0, 32.0));
    let ((without, g), (with, h)) = (gradient(&plain, &w), gradient(&net, &w));
    assert_eq!((with, h), (without + 1024.0, g));
    assert_eq!(residual(&net, &w), residual(&plain, &w));
    for constant in [-1.0, f64::NAN, f64::INFINITY] {
        let (x, y) = (Mat::<f64>::zeros(1, 1), Mat::zeros(1, 1));
        let net = LinearNet::new(backend, x, y, &[]).unwrap();
        let error = net.with_constant_norm(constant).map(drop).unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
    }
}

#[test]
fn a_row_major_jacobian_holds_the_same_entries() {
    for Case { net, w, .. } in cases(&FAER()) {
        let (m, n) = (net.residuals(), net.parameters());
        let mut data = vec![f64::NAN; m * n];
        let view = MatMut::from_row_major(&mut data, m, n).unwrap();
        net.jacobian(&w, view).unwrap();
        assert_eq!(jacobian(&net, &w).transposed().data(), data);
    }
}

/// Every weight affects every sample of an output, so no NaN may be lost.
#[test]
fn what_is_not_finite_shows() {
    let backend = FAER();
    for Case { net, w, .. } in cases(&backend) {
        for i in 0..w.len() {
            let mut w = w.clone();
            w[i] = f64::NAN;
            let (value, _) = gradient(&net, &w);
            assert!(value.is_nan(), "{i}");
        }
    }
}

#[test]
fn threads_may_share_a_net() {
    let backend = FAER();
    let case = cases(&backend).swap_remove(4);
    let evaluate = || gradient(&case.net, &case.w);
    let alone = evaluate();
    std::thread::scope(|scope| {
        let work = || (0..200).all(|_| evaluate() == alone);
        let threads = [scope.spawn(work), scope.spawn(work), scope.spawn(work)];
        assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
    });
}

/// All numbers are small integers, so no operation rounds in either type.
fn of_integers<T: Scalar>() -> Vec<f64>
where
    Faer: MatMul<T>,
{
    let backend = FAER();
    let integer = |i: usize| T::of(((5 * i + i * i) % 7) as f64 - 3.0);
    let matrix =
        |rows: usize, offset: usize| Mat::from_fn(rows, 5, |i, j| integer(offset + i * 5 + j));
    let net = LinearNet::new(&backend, matrix(3, 0), matrix(2, 8), &[4, 3]).unwrap();
    let w: Vec<T> = (0..net.parameters()).map(integer).collect();
    let (mut r, mut g) = (vec![T::nan(); 10], vec![T::nan(); w.len()]);
    let (mut point, mut jv) = (LinearNetPoint::default(), r.clone());
    let mut jtu = g.clone();
    let value = net.value_and_gradient(&w, &mut g).unwrap();
    net.linearize(&w, &mut r, &mut point).unwrap();
    net.jacobian_times(&mut point, &w, &mut jv).unwrap();
    net.transposed_jacobian_times(&mut point, &r, &mut jtu)
        .unwrap();
    let all = [vec![value], g, r, jv, jtu].concat();
    all.into_iter().map(T::as_f64).collect()
}

#[test]
fn single_precision_computes_the_same_from_integers() {
    let (single, double) = (of_integers::<f32>(), of_integers::<f64>());
    assert!(double[0] > 0.0 && double.iter().all(|v| v.abs() < 2f64.powi(24)));
    assert_eq!(single, double);
}

#[test]
fn a_layer_more_on_the_input_side_leaves_the_start_of_the_others() {
    let shallow: Vec<f64> = draw_start(&[3, 4, 5], 1.0, 7).unwrap();
    let deep: Vec<f64> = draw_start(&[6, 3, 4, 5], 1.0, 7).unwrap();
    assert_eq!(deep[..shallow.len()], shallow);
    let halved: Vec<f64> = draw_start(&[3, 4, 5], 0.5, 7).unwrap();
    assert!(shallow.iter().zip(&halved).all(|(a, b)| *b == a / 2.0));
    let single: Vec<f32> = draw_start(&[3, 4, 5], 1.0, 7).unwrap();
    assert!(shallow.iter().zip(&single).all(|(a, b)| *b == f32::of(*a)));
    assert_ne!(draw_start(&[3, 4, 5], 1.0, 8), Ok(shallow));
}

#[test]
fn sizes_scales_and_points_out_of_range_are_refused() {
    let starts: [(&[usize], f64); 7] = [
        (&[], 1.0),
        (&[3], 1.0),
        (&[3, 0, 2], 1.0),
        (&[usize::MAX, 2], 1.0),
        (&[usize::MAX / 16, 1, 2], 1.0),
        (&[3, 2], -1.0),
        (&[3, 2], f64::NAN),
    ];
    for (sizes, scale) in starts {
        let error = draw_start::<f64>(sizes, scale, 0).unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
    }
    let backend = FAER();
    let new = |x: (usize, usize), y: (usize, usize), hidden: &[usize]| {
        let (x, y) = (Mat::<f64>::zeros(x.0, x.1), Mat::zeros(y.0, y.1));
        LinearNet::new(&backend, x, y, hidden).map(drop)
    };
    assert!(matches!(
        new((2, 3), (2, 4), &[1]),
        Err(Error::Shape { .. })
    ));
    // No product of layers is 300000×300000.
    new((2, 3), (300_000, 3), &[4]).unwrap();
    for error in [
        new((0, 3), (2, 3), &[1]),
        new((2, 0), (2, 0), &[1]),
        new((2, 3), (0, 3), &[1]),
        new((2, 3), (2, 3), &[4, 0]),
        new((2, 3), (2, 3), &[usize::MAX / 2]),
        new((2, 3), (2, 3), &[1 << 60]),
    ] {
        assert!(
            matches!(error, Err(Error::InvalidArgument { .. })),
            "{error:?}"
        );
    }

    let all = cases(&backend);
    let (net, w) = (&all[4].net, &all[4].w);
    let (mut r, mut g) = (vec![0.0; net.residuals()], vec![0.0; net.parameters()]);
    let (mut foreign, mut none) = (LinearNetPoint::default(), LinearNetPoint::default());
    let (other, other_w) = (&all[2].net, &all[2].w);
    let mut other_r = vec![0.0; other.residuals()];
    other
        .linearize(other_w, &mut other_r, &mut foreign)
        .unwrap();
    for point in [&mut foreign, &mut none] {
        for result in [
            net.jacobian_times(point, w, &mut r),
            net.transposed_jacobian_times(point, &r.clone(), &mut g),
        ] {
            assert!(
                matches!(result, Err(Error::InvalidArgument { .. })),
                "{result:?}"
            );
        }
    }
    let short = &mut [0.0; 2];
    let mut point = LinearNetPoint::default();
    for result in [
        net.value_and_gradient(&[0.0; 3], &mut g).map(drop),
        net.value_and_gradient(w, short).map(drop),
        net.residual(&[0.0; 3], &mut r),
        net.residual(w, short),
        net.jacobian(w, MatMut::from_col_major(short, 1, 2).unwrap()),
        net.linearize(&[0.0; 3], &mut r, &mut point),
        net.linearize(w, short, &mut point),
        net.jacobian_times(&mut point, &[0.0; 3], &mut r),
        net.jacobian_times(&mut point, w, short),
        net.transposed_jacobian_times(&mut point, &[0.0; 3], &mut g),
        net.transposed_jacobian_times(&mut point, &r, short),
        net.weights(&[0.0; 3]).map(drop),
    ] {
        assert!(matches!(result, Err(Error::Shape { .. })), "{result:?}");
    }
}

/// The first call allocates, here and in the library.
#[test]
fn values_gradients_and_products_allocate_nothing_after_the_first() {
    let backend = FAER();
    for Case { net, w, .. } in cases(&backend) {
        let (mut r, mut g) = (vec![0.0; net.residuals()], vec![0.0; net.parameters()]);
        let (mut jv, mut point) = (r.clone(), LinearNetPoint::default());
        let mut round = || {
            net.value_and_gradient(&w, &mut g).unwrap();
            net.residual(&w, &mut r).unwrap();
            net.linearize(&w, &mut r, &mut point).unwrap();
            net.jacobian_times(&mut point, &w, &mut jv).unwrap();
            net.transposed_jacobian_times(&mut point, &r, &mut g)
                .unwrap();
        };
        round();
        let count = allocation_counter::measure(round).count_total;
        assert_eq!(count, 0, "{:?}", net.sizes());
    }
}
