//! The defects of libraries that were found, for docs/upstream.md. Each has an input that shows it, or is described in
//! words if its input crashes or hangs a library.

use std::fmt;

use leastwise_core::Mat;

/// A defect with an input that shows it.
pub struct Defect {
    /// The name of its draft.
    pub id: &'static str,
    /// The name of the library in the lists of contenders and backends.
    pub name: &'static str,
    /// The library.
    pub library: &'static str,
    /// The version that was tested.
    pub version: &'static str,
    /// The name of the call in the list of the adapter.
    pub call: &'static str,
    /// What happens, in a sentence.
    pub title: &'static str,
    /// The input in words.
    pub input: &'static str,
    /// The input.
    pub system: System,
    /// The right answer in words.
    pub expected: &'static str,
    /// The entries of the right answer. They are empty if the right answer is an error.
    pub solution: &'static [f64],
    /// The cause as far as it is known, and a suggestion.
    pub cause: &'static str,
    /// Whether it was reported.
    pub status: &'static str,
}

/// A function that makes A and b of a defect, and the scalar type of the call.
#[derive(Clone, Copy)]
pub enum System {
    /// f64.
    Double(fn() -> (Mat<f64>, Mat<f64>)),
    /// f32.
    Single(fn() -> (Mat<f64>, Mat<f64>)),
}

/// What a call answered: X, or a word.
pub struct Found(pub Result<Vec<f64>, &'static str>);

impl Defect {
    /// Whether the answer shows the defect: it differs from the right one by more than a thousandth.
    #[must_use]
    pub fn occurs(&self, found: &Found) -> bool {
        let expected = self.solution;
        match &found.0 {
            Err(words) => !expected.is_empty() || *words == "a panic",
            Ok(_) if expected.is_empty() => true,
            Ok(x) => {
                let largest = expected.iter().fold(0.0_f64, |most, xi| most.max(xi.abs()));
                let is_near = |(x, y): (&f64, &f64)| (x - y).abs() <= 1e-3 * largest;
                x.len() != expected.len() || !x.iter().zip(expected).all(is_near)
            }
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Err(words) => f.write_str(words),
            Ok(x) => {
                let entries: Vec<String> = x.iter().map(|&xi| short(xi)).collect();
                write!(f, "({})", entries.join(", "))
            }
        }
    }
}

/// Three digits after the point, without zeros at the end.
fn short(x: f64) -> String {
    let text = if x == 0.0 || (1e-3..1e5).contains(&x.abs()) {
        let text = format!("{x:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{x:.1e}")
    };
    text.replace('-', "−")
}

fn rows(a: &[&[f64]], b: &[f64]) -> (Mat<f64>, Mat<f64>) {
    let cols = a.first().map_or(0, |row| row.len());
    (
        Mat::from_fn(a.len(), cols, |i, j| a[i][j]),
        Mat::from_fn(b.len(), 1, |i, _| b[i]),
    )
}

/// The columns 1, t, t, t² at t = 1, …, 8, and b = 1 + 2·t + 3·t².
fn repeated() -> (Mat<f64>, Mat<f64>) {
    let t = |i: usize| (i + 1) as f64;
    (
        Mat::from_fn(8, 4, |i, j| t(i).powi([0, 1, 1, 2][j])),
        Mat::from_fn(8, 1, |i, _| 1.0 + 2.0 * t(i) + 3.0 * t(i).powi(2)),
    )
}
const REPEATED: &str = "the columns 1, t, t and t² at t = 1, …, 8, and b = 1 + 2·t + 3·t²";
const SHORTEST: &str = "(1, 1, 1, 3), the solution of minimum norm";
const SHORTEST_X: &[f64] = &[1.0, 1.0, 1.0, 3.0];

/// Small integers times 2⁻⁶⁶⁴, and b = A·(1, 2, 3).
fn tiny() -> (Mat<f64>, Mat<f64>) {
    let unit = 2f64.powi(-664);
    let integers = [
        [2.0, 1.0, 0.0],
        [1.0, 3.0, 1.0],
        [0.0, 1.0, 2.0],
        [1.0, 1.0, 1.0],
    ];
    let side = |i: usize| integers[i][0] + 2.0 * integers[i][1] + 3.0 * integers[i][2];
    (
        Mat::from_fn(4, 3, |i, j| unit * integers[i][j]),
        Mat::from_fn(4, 1, |i, _| unit * side(i)),
    )
}
const TINY: &str = "A = 2⁻⁶⁶⁴·[[2, 1, 0], [1, 3, 1], [0, 1, 2], [1, 1, 1]], with entries near 1e-200, and b = A·(1, 2, 3)";
const TINY_X: &[f64] = &[1.0, 2.0, 3.0];
const TINY_CAUSE: &str = "Squares of entries underflow, or an absolute limit takes them for zero. Scaling A by a power of two \
before the factorisation avoids both.";

fn ones() -> (Mat<f64>, Mat<f64>) {
    rows(&[&[1.0, 1.0], &[1.0, 1.0]], &[1.0, 2.0])
}

fn graded() -> (Mat<f64>, Mat<f64>) {
    rows(&[&[1.0, 0.0], &[0.0, 1e-9]], &[1.0, 1e-9])
}

/// A line through 60 points, with 5 columns of powers of t.
fn powers() -> (Mat<f64>, Mat<f64>) {
    let t = |i: usize| i as f64 / 60.0;
    (
        Mat::from_fn(60, 5, |i, j| t(i).powi([0, 1, 2, 3, 4][j])),
        Mat::from_fn(60, 1, |i, _| 1.0 + 2.0 * t(i)),
    )
}

fn line() -> (Mat<f64>, Mat<f64>) {
    rows(&[&[1.0, 0.0], &[1.0, 1.0], &[1.0, 2.0]], &[1.0, 3.0, 5.0])
}

const NOT_REPORTED: &str = "not reported";

const fn tiny_defect(
    id: &'static str,
    (name, library, version): (&'static str, &'static str, &'static str),
    call: &'static str,
) -> Defect {
    Defect {
        id,
        name,
        library,
        version,
        call,
        title: "A wrong answer as success for entries near 1e-200",
        input: TINY,
        system: System::Double(tiny),
        expected: "(1, 2, 3)",
        solution: TINY_X,
        cause: TINY_CAUSE,
        status: NOT_REPORTED,
    }
}

const fn repeated_defect(
    id: &'static str,
    (name, library, version): (&'static str, &'static str, &'static str),
    call: &'static str,
    title: &'static str,
    cause: &'static str,
) -> Defect {
    Defect {
        id,
        name,
        library,
        version,
        call,
        title,
        input: REPEATED,
        system: System::Double(repeated),
        expected: SHORTEST,
        solution: SHORTEST_X,
        cause,
        status: NOT_REPORTED,
    }
}

const OXIBLAS: (&str, &str, &str) = ("oxiblas", "oxiblas", "0.2.2");
const SCIRS2: (&str, &str, &str) = ("scirs2", "scirs2-linalg", "0.6.5");
const SMARTCORE: (&str, &str, &str) = ("smartcore", "smartcore", "0.7.0");
const NABLED: (&str, &str, &str) = ("nabled", "nabled", "0.0.11");
const FAER: (&str, &str, &str) = ("faer", "faer", "0.24.4");

/// The defects whose input is harmless.
pub const DEFECTS: &[Defect] = &[
    repeated_defect(
        "oxiblas-repeated-column",
        OXIBLAS,
        "lstsq",
        "Least squares drop every column after a repeated one",
        "The columns 1 and t² are independent of the repeated one, so that the residual of the answer is far from the \
         smallest. A basic solution such as (1, 2, 0, 3) would be a solution.",
    ),
    tiny_defect("oxiblas-tiny-pinv", OXIBLAS, "pinv_default · b"),
    tiny_defect(
        "oxiblas-tiny-complete-orthogonal",
        OXIBLAS,
        "CompleteOrthogonalDecomp::solve",
    ),
    Defect {
        id: "scirs2-svd-squares",
        name: "scirs2",
        library: "scirs2-linalg",
        version: "0.6.5",
        call: "svd, V·Σ⁺·Uᵀb",
        title: "The singular value 1e-9 of diag(1, 1e-9) is lost",
        input: "A = diag(1, 1e-9) and b = (1, 1e-9)",
        system: System::Double(graded),
        expected: "(1, 1)",
        solution: &[1.0, 1.0],
        cause: "The SVD is computed from AᵀA. Singular values below √ε·σ₁ are lost. A bidiagonalisation or Jacobi's \
                method keeps them.",
        status: NOT_REPORTED,
    },
    tiny_defect("scirs2-tiny-lstsq", SCIRS2, "lstsq"),
    Defect {
        id: "mdarray-faer-singular",
        name: "mdarray-faer",
        library: "mdarray-linalg-faer",
        version: "0.2.1",
        call: "solve, square",
        title: "A singular system has an answer instead of an error",
        input: "A = [[1, 1], [1, 1]] and b = (1, 2)",
        system: System::Double(ones),
        expected: "the error SingularMatrix",
        solution: &[],
        cause: "The pivots of the LU factorisation are not tested for zero. The trait has the error SingularMatrix.",
        status: NOT_REPORTED,
    },
    Defect {
        id: "mdarray-faer-svd-thin",
        name: "mdarray-faer",
        library: "mdarray-linalg-faer",
        version: "0.2.1",
        call: "svd_thin, V·Σ⁺·Uᵀb",
        title: "The thin SVD of some tall matrices panics",
        input: "60×5: the powers 0 to 4 of t = i/60 for i = 0, …, 59, and b = 1 + 2·t",
        system: System::Double(powers),
        expected: "(1, 2, 0, 0, 0)",
        solution: &[1.0, 2.0, 0.0, 0.0, 0.0],
        cause: "The arrays of U and Vᵀ are allocated as for the full SVD.",
        status: NOT_REPORTED,
    },
    Defect {
        id: "mdarray-nalgebra-svd-thin",
        name: "mdarray-nalgebra",
        library: "mdarray-linalg-nalgebra",
        version: "0.2.1",
        call: "svd_thin, V·Σ⁺·Uᵀb",
        title: "The thin SVD is not implemented, and panics",
        input: "A = [[1, 0], [1, 1], [1, 2]] and b = (1, 3, 5)",
        system: System::Double(line),
        expected: "(1, 2)",
        solution: &[1.0, 2.0],
        cause: "The body of the function is `unimplemented!()`.",
        status: NOT_REPORTED,
    },
    tiny_defect("smartcore-tiny-svd", SMARTCORE, "svd_solve"),
    tiny_defect("smartcore-tiny-qr", SMARTCORE, "qr_solve_mut"),
    tiny_defect(
        "mathru-tiny-pinv",
        ("mathru", "mathru", "0.16.2"),
        "pinv · b",
    ),
    repeated_defect(
        "nabled-repeated-column",
        NABLED,
        "pseudo_inverse · b",
        "The pseudoinverse keeps a singular value of rounding size",
        "The default tolerance is below the rounding errors of the SVD. max(m, n)·ε·σ₁ is usual.",
    ),
    tiny_defect("nabled-tiny-pseudo-inverse", NABLED, "pseudo_inverse · b"),
    repeated_defect(
        "peroxide-repeated-column",
        ("peroxide", "peroxide", "0.43.1"),
        "pseudo_inv · b",
        "The pseudoinverse divides by singular values of rounding size",
        "`pseudo_inv` inverts every singular value. A limit such as max(m, n)·ε·σ₁ is missing.",
    ),
    tiny_defect(
        "rulinalg-tiny-qr",
        ("rulinalg", "rulinalg", "0.4.2"),
        "qr_decomp, R⁻¹·Qᵀb",
    ),
    tiny_defect("faer-tiny-svd", FAER, "Svd::solve_lstsq"),
    repeated_defect(
        "faer-repeated-column",
        FAER,
        "Svd::solve_lstsq",
        "Least squares by the SVD divide by a singular value of rounding size",
        "`solve_lstsq` of the SVD has no limit below which a singular value counts as zero. The documentation does not \
         state that A must have full rank.",
    ),
];

/// The defects whose input crashes or hangs a library, or takes its memory: the library, and the defect in words.
pub const IN_WORDS: &[(&str, &str)] = &[
    (
        "rulinalg 0.4.2, `svd`",
        "For some matrices of tiny entries it does not end. `svd` and `qr_decomp` build m×m matrices, so that some \
         ten thousand rows take more memory than a machine has.",
    ),
    (
        "mathru 0.16.2, `pinv`",
        "Each Givens rotation multiplies m×m matrices, so that some hundred rows take seconds, and ten thousand rows \
         take more memory than a machine has.",
    ),
    (
        "nalgebra-lapack 0.28.0, `SVD::new`, and russell_lab 5.0.0, `mat_svd`",
        "The SVD always computes the m×m matrix U. There is no thin SVD, so ten thousand rows take minutes.",
    ),
    (
        "varpro 0.14.0, `LevMarSolver::solve`",
        "From some starts of sums of exponentials it does not end: it stays in the SVD of nalgebra 0.34.",
    ),
];
