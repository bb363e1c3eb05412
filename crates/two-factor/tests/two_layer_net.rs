//! Laws of the two-layer linear net. Bounds are multiples of u = 2⁻⁵³ times a magnitude, which is computed
//! from the absolute values of all terms. This covers each rounding with either sign.

use leastwise_core::Factorizations;
use leastwise_core::{Error, LeastSquares, LstsqOptions, Mat, MatMut, Method, Scalar};
use leastwise_faer::Faer;
use leastwise_optim::{LeastSquaresProblem, Objective};
use leastwise_two_factor::{Spectrum, TwoLayerNet, TwoLayerNetInstance, TwoLayerNetSpec};

const U: f64 = f64::UNIT_ROUNDOFF;

/// The number of samples is above one block of the work space, and not a multiple of it.
const SPEC: TwoLayerNetSpec = TwoLayerNetSpec {
    xdim: 4,
    wdim: 3,
    ydim: 5,
    nsamples: 150,
    seed: 7,
    start_scale: 1.0,
    spectrum: Spectrum::RowScaled,
};

fn drawn<T: Scalar>() -> TwoLayerNetInstance<T> {
    SPEC.draw().unwrap()
}

fn residual(net: &TwoLayerNet<f64>, w: &[f64]) -> Vec<f64> {
    let mut r = vec![f64::NAN; net.residuals()];
    net.residual(w, &mut r).unwrap();
    r
}

fn jacobian(net: &TwoLayerNet<f64>, w: &[f64]) -> Mat<f64> {
    let mut j = Mat::from_fn(net.residuals(), net.parameters(), |_, _| f64::NAN);
    net.jacobian(w, j.as_mut()).unwrap();
    j
}

/// |W₁|·|W₂|·|X| + |Y|, entry by entry, for weights that are larger in magnitude by `slack`. The error of
/// every computed entry of the residual is at most (n + k + 2)·u times it.
fn magnitude(net: &TwoLayerNet<f64>, w: &[f64], slack: f64) -> Vec<f64> {
    let grown: Vec<f64> = w.iter().map(|wi| wi.abs() + slack).collect();
    let (w1, w2) = net.weights(&grown).unwrap();
    let (x, y) = (net.x(), net.y());
    let mut result = Vec::new();
    for c in 0..net.samples() {
        for i in 0..net.outputs() {
            let product: f64 = (0..net.hidden())
                .flat_map(|p| (0..net.inputs()).map(move |q| (p, q)))
                .map(|(p, q)| w1[(i, p)] * w2[(p, q)] * x[(q, c)].abs())
                .sum();
            result.push(product + y[(i, c)].abs());
        }
    }
    result
}

/// The residual is affine in each single weight. So a central difference of any width h is exact except for
/// rounding. With h = 1, it is half the difference of two residuals, each within (n + k + 2)·u of its
/// magnitude. The entry of J has an error of n·u of a smaller magnitude. The rounding of w ± 1 moves the
/// residuals by at most u of the same.
#[test]
fn the_jacobian_is_the_central_difference_of_the_residual() {
    let TwoLayerNetInstance { net, start, .. } = drawn();
    let j = jacobian(&net, &start);
    let sizes = magnitude(&net, &start, 1.0);
    let factor = 2.0 * (net.inputs() + net.hidden() + 3) as f64 * U;
    for column in 0..net.parameters() {
        let mut w = start.clone();
        w[column] = start[column] + 1.0;
        let above = residual(&net, &w);
        w[column] = start[column] - 1.0;
        let below = residual(&net, &w);
        for (i, size) in sizes.iter().enumerate() {
            let error = ((above[i] - below[i]) / 2.0 - j[(i, column)]).abs();
            assert!(error <= factor * size, "({i}, {column}): {error:e}");
        }
    }
}

/// The loss is quadratic in each single weight, so its central difference is exact as well. Both losses are
/// sums of ms squares. Each square has an error of 2(n + k + 2)·u from its residual, and the sum adds at most
/// (ms + 1)·u.
#[test]
fn the_gradient_is_the_central_difference_of_the_loss() {
    let TwoLayerNetInstance { net, start, .. } = drawn::<f64>();
    let mut gradient = vec![f64::NAN; net.dimension()];
    net.value_and_gradient(&start, &mut gradient).unwrap();
    let mut ignored = gradient.clone();
    let size: f64 = magnitude(&net, &start, 1.0).iter().map(|s| s * s).sum();
    let terms = 2 * (net.inputs() + net.hidden() + 3) + net.residuals() + 1;
    let bound = 2.0 * terms as f64 * U * size;
    for column in 0..net.parameters() {
        let mut loss_at = |shift: f64| {
            let mut w = start.clone();
            w[column] += shift;
            net.value_and_gradient(&w, &mut ignored).unwrap()
        };
        let error = ((loss_at(1.0) - loss_at(-1.0)) / 2.0 - gradient[column]).abs();
        assert!(error <= bound, "{column}: {error:e} > {bound:e}");
    }
}

/// The residual is the same in both. Each sum has at most ms products, and for W₂ there are m more before it.
/// So both sides are within (ms + m + 2)·u of Σ|J|·|r|.
#[test]
fn the_gradient_is_twice_the_transposed_jacobian_times_the_residual() {
    let TwoLayerNetInstance { net, start, .. } = drawn::<f64>();
    let (r, j) = (residual(&net, &start), jacobian(&net, &start));
    let mut gradient = vec![f64::NAN; net.dimension()];
    let loss = net.value_and_gradient(&start, &mut gradient).unwrap();
    let terms = (net.residuals() + net.outputs() + 2) as f64;
    for (column, g) in gradient.iter().enumerate() {
        let products = j.col(column).iter().zip(&r).map(|(a, b)| a * b);
        let size: f64 = products.clone().map(f64::abs).sum();
        let error = (2.0 * products.sum::<f64>() - g).abs();
        let bound = 4.0 * terms * U * size;
        assert!(error <= bound, "{column}: {error:e} > {bound:e}");
    }
    let squares: f64 = r.iter().map(|ri| ri * ri).sum();
    assert!((squares - loss).abs() <= 2.0 * terms * U * loss);
}

/// J·vec(W₁G, −GW₂) = vec(W₁·G·W₂X − W₁·G·W₂·X) = 0 for every k×k matrix G.
///
/// The vector has an error of k·u, and J of at most n·u. The product with the at most k + kn entries in a row
/// of J adds (k + kn)·u. All are relative to |W₁||G||W₂||X| on both sides.
#[test]
fn directions_that_leave_the_product_unchanged_are_in_the_null_space() {
    let TwoLayerNetInstance { net, start, .. } = drawn();
    let (m, k, n) = (net.outputs(), net.hidden(), net.inputs());
    let (w1, w2) = net.weights(&start).unwrap();
    let j = jacobian(&net, &start);
    for seed in 0..5 {
        // Any G is suitable, such as the starting weights of another seed.
        let other = TwoLayerNetSpec {
            seed,
            xdim: k,
            ydim: k,
            ..SPEC
        };
        let g = other.draw::<f64>().unwrap().start;
        let entry = |p: usize, q: usize| g[q * k + p];
        let mut direction = Vec::new();
        let mut size = Vec::new();
        for (p, i) in (0..k).flat_map(|p| (0..m).map(move |i| (p, i))) {
            let terms = (0..k).map(|l| w1[(i, l)] * entry(l, p));
            direction.push(terms.clone().sum());
            size.push(terms.map(f64::abs).sum::<f64>());
        }
        for (q, p) in (0..n).flat_map(|q| (0..k).map(move |p| (q, p))) {
            let terms = (0..k).map(|l| entry(p, l) * w2[(l, q)]);
            direction.push(-terms.clone().sum::<f64>());
            size.push(terms.map(f64::abs).sum::<f64>());
        }
        let terms = (2 * (k + n) + k + k * n) as f64;
        // Half of the terms of a row have the factor |W₁||G| before |W₂X| ≤ |W₂||X|.
        let (absolute, x) = (start.iter().map(|w| w.abs()).collect::<Vec<_>>(), net.x());
        let (_, a2) = net.weights(&absolute).unwrap();
        for row in 0..net.residuals() {
            let (c, i) = (row / m, row % m);
            let image: f64 = (0..direction.len())
                .map(|l| j[(row, l)] * direction[l])
                .sum();
            let left: f64 = (0..k)
                .map(|p| {
                    let reach: f64 = (0..n).map(|q| a2[(p, q)] * x[(q, c)].abs()).sum();
                    size[m * p + i] * reach
                })
                .sum();
            let right: f64 = (m * k..direction.len())
                .map(|l| j[(row, l)].abs() * size[l])
                .sum();
            let bound = 2.0 * terms * U * (left + right);
            assert!(
                image.abs() <= bound,
                "seed {seed}, row {row}: {image:e} > {bound:e}"
            );
        }
    }
}

#[test]
fn the_null_space_has_k_squared_dimensions() {
    for (n, k, m) in [(6, 6, 10), (4, 3, 5), (5, 2, 7)] {
        let spec = TwoLayerNetSpec {
            xdim: n,
            wdim: k,
            ydim: m,
            nsamples: 40,
            ..SPEC
        };
        let TwoLayerNetInstance { net, start, .. } = spec.draw::<f64>().unwrap();
        let j = jacobian(&net, &start);
        let r = Mat::from_col_major(residual(&net, &start), net.residuals(), 1).unwrap();
        let options = LstsqOptions::new(Method::Svd);
        let solution = Faer::default()
            .lstsq(j.as_ref(), r.as_ref(), &options)
            .unwrap();
        assert_eq!(solution.rank, m * k + k * n - k * k);
    }
}

/// A, X and the product are each rounded once. The product has an error of n·u in f64 before.
fn y_is_a_times_x<T: Scalar>() {
    let TwoLayerNetInstance { a, net, .. } = drawn::<T>();
    let u = T::UNIT_ROUNDOFF.as_f64();
    for c in 0..net.samples() {
        for i in 0..net.outputs() {
            let terms = (0..net.inputs()).map(|q| a[(i, q)].as_f64() * net.x()[(q, c)].as_f64());
            let size: f64 = terms.clone().map(f64::abs).sum();
            let error = (terms.sum::<f64>() - net.y()[(i, c)].as_f64()).abs();
            let bound = (4.0 * u + 2.0 * (net.inputs() + 1) as f64 * U) * size;
            assert!(error <= bound, "({i}, {c}): {error:e} > {bound:e}");
        }
    }
}

#[test]
fn the_targets_are_the_images_of_the_samples() {
    y_is_a_times_x::<f64>();
    y_is_a_times_x::<f32>();
}

fn bits(values: impl IntoIterator<Item = f64>) -> Vec<u64> {
    values.into_iter().map(f64::to_bits).collect()
}

#[test]
fn a_seed_determines_the_data_and_nothing_else_does() {
    let draw = |spec: TwoLayerNetSpec| {
        let TwoLayerNetInstance { a, net, start } = spec.draw::<f64>().unwrap();
        (bits(a.data().to_vec()), bits(net.x().iter()), bits(start))
    };
    let (a, x, start) = draw(SPEC);
    assert_eq!(draw(SPEC), (a.clone(), x.clone(), start.clone()));
    let other = draw(TwoLayerNetSpec { seed: 8, ..SPEC });
    assert!(other.0 != a && other.1 != x && other.2 != start);
    let spectrum = Spectrum::Prescribed { condition: 10.0 };
    let other = draw(TwoLayerNetSpec {
        spectrum,
        start_scale: 0.5,
        ..SPEC
    });
    assert!(other.0 != a && other.1 == x);
    let halved = start.iter().map(|&bits| f64::from_bits(bits) / 2.0);
    assert_eq!(other.2, bits(halved));
}

#[test]
fn single_precision_sees_the_rounded_data_of_double_precision() {
    let (wide, narrow) = (drawn::<f64>(), drawn::<f32>());
    let rounded = |values: &[f64]| values.iter().map(|&v| f32::of(v)).collect::<Vec<_>>();
    assert_eq!(rounded(wide.a.data()), narrow.a.data());
    assert_eq!(rounded(&wide.start), narrow.start);
    for (samples, single) in [
        (wide.net.x(), narrow.net.x()),
        (wide.net.y(), narrow.net.y()),
    ] {
        let samples: Vec<f64> = samples.iter().collect();
        assert_eq!(rounded(&samples), single.iter().collect::<Vec<_>>());
    }
}

/// Gram-Schmidt twice makes U and V orthonormal to a few n·u. The SVD of a backward stable library adds a few
/// n·u·σ₁. The bound allows 16·n for each.
#[test]
fn a_prescribed_spectrum_is_the_spectrum() {
    for (xdim, ydim, condition) in [(6, 10, 1e5), (9, 4, 1e3), (5, 5, 1.0), (1, 3, 1.0)] {
        let spectrum = Spectrum::Prescribed { condition };
        let spec = TwoLayerNetSpec {
            xdim,
            ydim,
            spectrum,
            ..SPEC
        };
        let a = spec.draw::<f64>().unwrap().a;
        let s = Faer::default().svd(a.as_ref()).unwrap().s;
        let last = s.len().max(2) - 1;
        for (l, si) in s.iter().enumerate() {
            let expected = condition.powf(-(l as f64) / last as f64);
            let error = (si - expected).abs();
            assert!(error <= 32.0 * 10.0 * U, "{l} of {ydim}x{xdim}: {si:e}");
        }
    }
}

#[test]
fn the_published_matrix_is_far_from_its_claimed_condition() {
    let a = TwoLayerNetSpec::default().draw::<f64>().unwrap().a;
    let s = Faer::default().svd(a.as_ref()).unwrap().s;
    // The largest of 300 draws was 131.
    assert!((2.0..1e3).contains(&(s[0] / s[s.len() - 1])), "{s:?}");
}

#[test]
fn a_row_major_jacobian_holds_the_same_entries() {
    let TwoLayerNetInstance { net, start, .. } = drawn();
    let (m, n) = (net.residuals(), net.parameters());
    let mut data = vec![f64::NAN; m * n];
    let view = MatMut::from_row_major(&mut data, m, n).unwrap();
    net.jacobian(&start, view).unwrap();
    assert_eq!(jacobian(&net, &start).transposed().data(), data);
}

#[test]
fn threads_may_share_a_net() {
    let TwoLayerNetInstance { net, start, .. } = drawn::<f64>();
    let evaluate = || {
        let mut gradient = vec![f64::NAN; net.dimension()];
        let value = net.value_and_gradient(&start, &mut gradient).unwrap();
        (value.to_bits(), bits(gradient))
    };
    let alone = evaluate();
    std::thread::scope(|scope| {
        let work = || (0..200).all(|_| evaluate() == alone);
        let threads = [scope.spawn(work), scope.spawn(work), scope.spawn(work)];
        assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
    });
}

#[test]
fn sizes_scales_and_conditions_out_of_range_are_refused() {
    let spectrum = |condition| Spectrum::Prescribed { condition };
    let refused = [
        TwoLayerNetSpec { xdim: 0, ..SPEC },
        TwoLayerNetSpec { wdim: 0, ..SPEC },
        TwoLayerNetSpec { ydim: 0, ..SPEC },
        TwoLayerNetSpec {
            nsamples: 0,
            ..SPEC
        },
        TwoLayerNetSpec {
            nsamples: usize::MAX,
            ..SPEC
        },
        TwoLayerNetSpec {
            wdim: usize::MAX / 4,
            ..SPEC
        },
        TwoLayerNetSpec {
            start_scale: -1.0,
            ..SPEC
        },
        TwoLayerNetSpec {
            start_scale: f64::NAN,
            ..SPEC
        },
        TwoLayerNetSpec {
            start_scale: f64::INFINITY,
            ..SPEC
        },
        TwoLayerNetSpec {
            spectrum: spectrum(0.5),
            ..SPEC
        },
        TwoLayerNetSpec {
            spectrum: spectrum(f64::NAN),
            ..SPEC
        },
        TwoLayerNetSpec {
            xdim: 1,
            spectrum: spectrum(10.0),
            ..SPEC
        },
    ];
    for spec in refused {
        let error = spec.draw::<f64>().unwrap_err();
        assert!(
            matches!(error, Error::InvalidArgument { .. }),
            "{spec:?}: {error}"
        );
    }
    let (x, y) = (Mat::<f64>::zeros(2, 3), Mat::zeros(2, 4));
    assert!(matches!(
        TwoLayerNet::new(&x, &y, 1),
        Err(Error::Shape { .. })
    ));
    let short = drawn::<f64>()
        .net
        .value_and_gradient(&[0.0; 3], &mut [0.0; 3]);
    assert!(matches!(short, Err(Error::Shape { .. })));
}
