//! The same input gives the same bits in another process and after other work.
//!
//! `cargo test -p leastwise-backends --test all bits:: -- --nocapture` prints the digests of a profile. Those of `--release` can
//! be compared with them.

use leastwise_backends::AdapterScalar;
use leastwise_core::{LstsqOptions, Mat, MatMut, Method, Scalar};
use leastwise_optim::{FiniteDifferences, Fit, WithoutJacobian};
use leastwise_testset::{nist, standard_normal};

/// FNV-1a, whose result does not depend on the process.
struct Digest(u64);

impl Digest {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add<T: Scalar>(&mut self, numbers: &[T]) {
        for number in numbers {
            for byte in number.as_f64().to_bits().to_le_bytes() {
                self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
}

/// Products and least squares of every backend and method.
fn algebra<T: AdapterScalar>() -> Vec<(String, u64)> {
    let mut digests = Vec::new();
    for backend in leastwise_backends::all::<T>(1) {
        let name = backend.info().name;
        let mut products = Digest::new();
        for n in [1, 3, 8, 33, 100] {
            let a = standard_normal::<T>(n, n + 1, 5, 1);
            let b = standard_normal::<T>(n + 1, n, 5, 2);
            let mut c: Mat<T> = Mat::from_fn(n, n, |_, _| T::of(0.0));
            let target: MatMut<'_, T> = c.as_mut();
            let product = backend.matmul(T::of(1.0), a.as_ref(), b.as_ref(), T::of(0.0), target);
            product.unwrap();
            products.add(c.data());
        }
        digests.push((format!("{name}, {}: products", T::NAME), products.0));
        for method in Method::ALL
            .into_iter()
            .filter(|&method| backend.info().has(method))
        {
            let mut answers = Digest::new();
            for (m, n) in [
                (1, 1),
                (3, 2),
                (2, 3),
                (8, 8),
                (40, 17),
                (17, 40),
                (3000, 5),
            ] {
                let a = standard_normal::<T>(m, n, 6, 1);
                let b = standard_normal::<T>(m, 2, 6, 2);
                let solution = backend.lstsq(a.as_ref(), b.as_ref(), &LstsqOptions::new(method));
                answers.add(solution.unwrap().x.data());
            }
            digests.push((format!("{name}, {}: {method}", T::NAME), answers.0));
        }
    }
    digests
}

/// Fits with exact derivatives and by differences.
fn fits() -> Vec<(String, u64)> {
    let mut digests = Vec::new();
    for backend in leastwise_backends::all::<f64>(1) {
        let (mut exact, mut differences) = (Digest::new(), Digest::new());
        let fit = Fit::new(&*backend);
        for data_set in nist::data_sets() {
            let start = &data_set.starts[1];
            let fitted = fit.run(data_set, &start[..]).unwrap();
            exact.add(&fitted.parameters);
            exact.add(fitted.standard_errors());
            let problem = FiniteDifferences::central(WithoutJacobian(data_set));
            differences.add(&fit.run(&problem, &start[..]).unwrap().parameters);
        }
        let name = backend.info().name;
        digests.push((format!("{name}: fits"), exact.0));
        digests.push((format!("{name}: fits by differences"), differences.0));
    }
    digests
}

fn digests() -> Vec<(String, u64)> {
    let mut all = algebra::<f64>();
    all.extend(algebra::<f32>());
    all.extend(fits());
    all
}

/// Prints one line for each digest. Other processes print the same lines.
#[test]
fn every_process_has_the_same_bits() {
    const IS_CHILD: &str = "LEASTWISE_BITS";
    let own = digests();
    let lines: Vec<String> = own
        .iter()
        .map(|(name, digest)| format!("bits {digest:016x} {name}"))
        .collect();
    println!("\n{}", lines.join("\n"));
    if std::env::var_os(IS_CHILD).is_some() {
        return;
    }
    assert_eq!(digests(), own, "after other work");
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "bits::every_process_has_the_same_bits",
            "--exact",
            "--nocapture",
        ])
        .env(IS_CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8(child.stdout).unwrap();
    let of_child: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("bits "))
        .collect();
    assert_eq!(of_child, lines);
}
