//! Least squares beyond rank: scaling, damping, and the variant that uses its arguments as work
//! space.

use leastwise_core::norm::euclidean;
use leastwise_core::{Backend, LstsqOptions, Mat, Scalar};

use super::bounds::Sizes;
use super::draw::{generator, integer};
use super::exact::{Exact, exactly};
use super::measure::{assert_within, in_f64, inner_products, product, values, vector_distance};
use super::methods;

/// A and B with entries over the whole range, whose squares leave it. Powers of two, so that the truth
/// scales with them.
pub fn entries_near_the_ends_of_the_range<T: Scalar>(backend: &'static dyn Backend<T>) {
    let (largest, middle, least) = if T::NAME == "f32" {
        (112.0, 60.0, -100.0)
    } else {
        (1008.0, 500.0, -1000.0)
    };
    for (p, q) in [
        (middle, 0.0),
        (-middle, 0.0),
        (0.0, middle),
        (0.0, -middle),
        (middle, middle),
        (-middle, -middle),
        (middle / 2.0 + 15.0, 1.0),
        (largest, largest),
        (least, least),
        (largest, 0.0),
        (least, -middle),
        (-middle, least),
    ] {
        for (seed, (m, n)) in (0..).zip([(32, 8), (8, 8), (8, 32)]) {
            for rank in [8, 5] {
                let problem = Exact::<T>::new((m, n), rank, 3, seed);
                let sides = problem.right_hand_sides(3, seed);
                let scaled = |a: &Mat<T>, power: f64| {
                    Mat::from_fn(a.rows(), a.cols(), |i, j| {
                        exactly::<T>(a[(i, j)].as_f64() * power.exp2())
                    })
                };
                let (a, b) = (scaled(&problem.a, p), scaled(&sides.b, q));
                for method in methods(backend) {
                    if rank < 8 && !method.handles_rank_deficiency() {
                        continue;
                    }
                    let options = LstsqOptions::new(method);
                    let mut found = backend
                        .lstsq(a.as_ref(), b.as_ref(), &options)
                        .unwrap_or_else(|error| panic!("{}, {method}: {error}", problem.case()));
                    let back = |x: &mut [T], power: f64| {
                        for xi in x {
                            *xi = T::of(xi.as_f64() * power.exp2());
                        }
                    };
                    back(found.x.data_mut(), p - q);
                    if let Some(norms) = &mut found.residual_norms {
                        back(norms, -q);
                    }
                    if let Some(s) = &mut found.singular_values {
                        back(s, -p);
                    }
                    problem.assert_solved(&sides, &found);
                }
            }
        }
    }
}

/// The same bits as without, and storage that can be used again.
pub fn overwriting_gives_the_same_answer<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (seed, (m, n)) in (0..).zip([(64, 8), (8, 8), (8, 64)]) {
        for count in [1, 20] {
            let problem = Exact::<T>::new((m, n), 8, 4, seed);
            let sides = problem.right_hand_sides(count, seed);
            for method in methods(backend) {
                let options = LstsqOptions::new(method);
                let (mut a, mut b) = (problem.a.clone(), sides.b.clone());
                let found = backend.lstsq_overwriting(&mut a, &mut b, &options).unwrap();
                problem.assert_solved(&sides, &found);
                assert_eq!((a.rows(), a.cols()), (m, n), "{method}");
                assert_eq!((b.rows(), b.cols()), (m, count), "{method}");
                let other = backend.lstsq(problem.a.as_ref(), sides.b.as_ref(), &options);
                assert_eq!(other.as_ref(), Ok(&found), "{method}");
            }
        }
    }
}

/// min ‖Ax − b‖² + ‖diag(d)·x‖² for A = H·diag(s) with orthogonal columns hⱼ of norm √m:
/// xⱼ = sⱼ·hⱼᵀb/(m·sⱼ² + dⱼ²), zeros among the sⱼ too.
pub fn damping_against_the_closed_form<T: Scalar>(backend: &'static dyn Backend<T>) {
    for (seed, (m, n)) in (0..).zip([(64, 8), (8, 8), (16, 5), (1, 1)]) {
        let mut rng = generator(seed);
        let h = Mat::from_fn(m, n, |i, j| {
            if (i & (j + m / 2)).count_ones() % 2 == 0 {
                1.0
            } else {
                -1.0
            }
        });
        let s: Vec<f64> = (0..n)
            .map(|j| f64::from(u8::from(j != 1)) * (1 + j % 4) as f64)
            .collect();
        let d: Vec<f64> = (0..n).map(|j| (1 + j % 3) as f64).collect();
        let a = Mat::from_fn(m, n, |i, j| T::of(h[(i, j)] * s[j]));
        let b = Mat::from_fn(m, 3, |_, _| integer(&mut rng, 5));
        let right = Mat::from_fn(m, 3, |i, j| T::of(b[(i, j)]));
        let squares: Vec<f64> = (0..n)
            .map(|j| m as f64 * s[j] * s[j] + d[j] * d[j])
            .collect();
        let projections = inner_products(&h, &b);
        let x = Mat::from_fn(n, 3, |j, k| s[j] * projections[(j, k)] / squares[j]);
        let damping: Vec<T> = d.iter().map(|&dj| T::of(dj)).collect();
        for method in methods(backend) {
            let case = format!("{m}x{n}, {method}, seed {seed}");
            let options = LstsqOptions::new(method);
            let found = backend
                .lstsq_damped(a.as_ref(), &damping, right.as_ref(), &options)
                .unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(found.rank, n, "{case}");
            let computed = in_f64(found.x.as_ref());
            for k in 0..3 {
                let ax = product(&in_f64(a.as_ref()), &x);
                let dx: Vec<f64> = (0..n).map(|j| d[j] * x[(j, k)]).collect();
                // The stacked matrix has orthogonal columns of length √(m·sⱼ² + dⱼ²).
                let sizes = Sizes {
                    rows: m + n,
                    cols: n,
                    frobenius: squares.iter().sum::<f64>().sqrt(),
                    smallest: squares.iter().copied().fold(f64::INFINITY, f64::min).sqrt(),
                    x: euclidean(x.col(k)),
                    b: euclidean(b.col(k)),
                    residual: vector_distance(b.col(k), ax.col(k)).hypot(euclidean(&dx)),
                };
                let error = vector_distance(computed.col(k), x.col(k));
                assert_within(&case, error, sizes.forward_error::<T>(method));
                if let Some(norms) = &found.residual_norms {
                    let bound = sizes.residual_error::<T>(euclidean(computed.col(k)));
                    let error = (values(norms)[k] - sizes.residual).abs();
                    assert_within(format_args!("{case}: residual"), error, bound);
                }
            }
        }
    }
    damped_wide(backend);
}

/// A wide A = Σ σᵢ·uᵢ·vᵢᵀ and D = d·I: for b = A·Σ zᵢvᵢ, x = Σ zᵢ·σᵢ²/(σᵢ² + d²)·vᵢ. With all σ
/// equal that is one factor. A has a null space, the stacked matrix has none.
fn damped_wide<T: Scalar>(backend: &dyn Backend<T>) {
    let problem = Exact::<T>::new((8, 32), 8, 0, 11);
    let sides = problem.right_hand_sides(3, 12);
    let sigma = problem.singular_values()[0];
    let factor = sigma * sigma / (sigma * sigma + 16.0);
    for method in methods(backend) {
        let options = LstsqOptions::new(method);
        let d = [T::of(4.0); 32];
        let found = backend
            .lstsq_damped(problem.a.as_ref(), &d, sides.b.as_ref(), &options)
            .unwrap_or_else(|error| panic!("wide, {method}: {error}"));
        assert_eq!(found.rank, 32);
        let computed = in_f64(found.x.as_ref());
        for k in 0..3 {
            let x: Vec<f64> = sides.x.col(k).iter().map(|xi| factor * xi).collect();
            let length = euclidean(sides.x.col(k));
            let ax_short = (1.0 - factor) * sigma * length;
            let sizes = Sizes {
                rows: 40,
                cols: 32,
                frobenius: (8.0 * sigma * sigma + 32.0 * 16.0).sqrt(),
                smallest: 4.0,
                x: euclidean(&x),
                b: sigma * length,
                residual: ax_short.hypot(4.0 * euclidean(&x)),
            };
            let error = vector_distance(computed.col(k), &x);
            let bound = sizes.forward_error::<T>(method);
            assert_within(format_args!("wide, {method}"), error, bound);
        }
    }
}
