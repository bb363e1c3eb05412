//! Matrix Market files of every kind that is read, and of kinds that are refused.

use leastwise_core::Mat;

use crate::{Format, Options, parse};

fn read_text(text: &str) -> Result<Mat<f64>, String> {
    read_bytes(text.as_bytes())
}

fn read_bytes(bytes: &[u8]) -> Result<Mat<f64>, String> {
    parse(Format::MatrixMarket, bytes, &Options::default())
        .map(|table| table.matrix)
        .map_err(|refused| refused.to_string())
}

fn rows<const M: usize, const N: usize>(entries: [[f64; N]; M]) -> Mat<f64> {
    Mat::from_fn(M, N, |i, j| entries[i][j])
}

#[test]
fn an_array_is_stored_by_columns() {
    let general = "%%MatrixMarket matrix array real general\n% a comment\n\n3 2\n\
                   1\n2.5\n-3e2\n4\n5\n6\n";
    assert_eq!(
        read_text(general).unwrap(),
        rows([[1.0, 4.0], [2.5, 5.0], [-300.0, 6.0]])
    );
    let symmetric = "%%matrixmarket MATRIX Array Integer Symmetric\r\n2 2\r\n1\r\n2\r\n3\r\n";
    assert_eq!(
        read_text(symmetric).unwrap(),
        rows([[1.0, 2.0], [2.0, 3.0]])
    );
    let skew = "%%MatrixMarket matrix array real skew-symmetric\n3 3\n1\n2\n3";
    let expected = [[0.0, -1.0, -2.0], [1.0, 0.0, -3.0], [2.0, 3.0, 0.0]];
    assert_eq!(read_text(skew).unwrap(), rows(expected));
}

#[test]
fn coordinates_become_dense_and_duplicates_are_summed() {
    let general = "%%MatrixMarket matrix coordinate real general\n2 3 3\n\
                   1 3 0.5\n2 1 -1\n1 3 0.25\n";
    assert_eq!(
        read_text(general).unwrap(),
        rows([[0.0, 0.0, 0.75], [-1.0, 0.0, 0.0]])
    );
    let symmetric = "%%MatrixMarket matrix coordinate integer symmetric\n2 2 3\n\
                     1 1 7\n2 1 3\n2 1 1\n";
    assert_eq!(
        read_text(symmetric).unwrap(),
        rows([[7.0, 4.0], [4.0, 0.0]])
    );
    let skew = "%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 1 3\n";
    assert_eq!(read_text(skew).unwrap(), rows([[0.0, -3.0], [3.0, 0.0]]));
    let pattern = "%%MatrixMarket matrix coordinate pattern general\n2 2 2\n1 1\n2 1\n";
    assert_eq!(read_text(pattern).unwrap(), rows([[1.0, 0.0], [1.0, 0.0]]));
    let zero = "%%MatrixMarket matrix coordinate real general\n1 2 0\n";
    assert_eq!(read_text(zero).unwrap(), rows([[0.0, 0.0]]));
}

/// R lists the diagonal of a skew-symmetric matrix. SciPy has a field for unsigned integers. Fortran writes
/// exponents with D.
#[test]
fn what_r_scipy_and_fortran_write_is_read() {
    let skew = "%%MatrixMarket matrix coordinate real skew-symmetric\n3 3 4\n\
                1 1 0\n2 1 3\n2 2 0.0\n3 3 -0e0\n";
    let expected = [[0.0, -3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]];
    assert_eq!(read_text(skew).unwrap(), rows(expected));
    let unsigned = "%%MatrixMarket matrix coordinate unsigned-integer general\n1 2 2\n\
                    1 1 7\n1 2 18446744073709551615\n";
    assert_eq!(
        read_text(unsigned).unwrap(),
        rows([[7.0, 18_446_744_073_709_551_615.0]])
    );
    let array = "%%MatrixMarket matrix array unsigned-integer symmetric\n2 2\n1\n2\n3\n";
    assert_eq!(read_text(array).unwrap(), rows([[1.0, 2.0], [2.0, 3.0]]));
    let fortran = "%%MatrixMarket matrix array real general\n2 1\n 1.5D+02\n-2.d0\n";
    assert_eq!(read_text(fortran).unwrap(), rows([[150.0], [-2.0]]));
}

/// The banner after `matrix`, the rest of the file, and a part of the message.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "array complex general",
        "1 1\n1 0\n",
        "the field \"complex\" is not supported",
    ),
    (
        "coordinate complex hermitian",
        "1 1 0\n",
        "the field \"complex\"",
    ),
    (
        "array real hermitian",
        "1 1\n1\n",
        "the symmetry \"hermitian\" is not supported",
    ),
    (
        "dense real general",
        "1 1\n1\n",
        "the format \"dense\" is not supported",
    ),
    (
        "array pattern general",
        "1 1\n1\n",
        "a pattern cannot be array general",
    ),
    ("array real", "1 1\n1\n", "must start with the line"),
    ("array real general", "", "before the line with the sizes"),
    (
        "array real general",
        "2\n",
        "line 2 has 1 words, but it must have 2",
    ),
    (
        "array real general",
        "2 -2\n",
        "line 2 has \"-2\", which is not a size",
    ),
    (
        "array real general",
        "99999999999999999999999 1\n",
        "which is not a size",
    ),
    ("array real general", "0 3\n", "it has 0 rows and 3 columns"),
    (
        "array real general",
        "9999999999 9999999999\n",
        "may have at most 268435456 entries",
    ),
    (
        "array real general",
        "16384 16384\n1\n",
        "268435456 entries cannot be in its 55 bytes",
    ),
    (
        "array real symmetric",
        "2 3\n",
        "is 2x3, but a symmetric one must be square",
    ),
    (
        "array real general",
        "2 2\n1\n2\n3\n",
        "it ends after 3 of 4 entries",
    ),
    (
        "array real general",
        "2 1\n1\n2\n3\n",
        "line 5 follows the last entry",
    ),
    (
        "array real general",
        "2 1\n1 2\n",
        "line 3 has 2 words, but it must have 1",
    ),
    (
        "array real general",
        "1 1\none\n",
        "line 3 has \"one\", which is not a number",
    ),
    (
        "array integer general",
        "1 1\n1.5\n",
        "which is not an integer",
    ),
    (
        "coordinate real general",
        "2 2\n1 1 1\n",
        "line 2 has 2 words, but it must have 3",
    ),
    (
        "coordinate real general",
        "2 2 999999999999\n1 1 1\n",
        "1 of 999999999999 entries",
    ),
    (
        "coordinate real general",
        "70000 70000 1\n1 1 1\n",
        "may have at most 268435456",
    ),
    (
        "coordinate real general",
        "2 2 1\n0 1 1\n",
        "line 3 has row 0, but the matrix has 1 to 2",
    ),
    (
        "coordinate real general",
        "2 2 1\n1 3 1\n",
        "line 3 has column 3",
    ),
    (
        "coordinate real general",
        "2 2 1\n1 1\n",
        "line 3 has 2 words, but it must have 3",
    ),
    (
        "coordinate real symmetric",
        "2 2 1\n1 2 1\n",
        "line 3 has row 1 and column 2, but",
    ),
    (
        "coordinate real skew-symmetric",
        "2 2 1\n1 1 1\n",
        "row 1 and column 1, but",
    ),
    (
        "coordinate unsigned-integer general",
        "1 1 1\n1 1 -1\n",
        "line 3 has \"-1\", which is not an integer that is not negative",
    ),
    (
        "coordinate pattern skew-symmetric",
        "2 2 1\n2 1\n",
        "a pattern cannot be coordinate skew-symmetric",
    ),
    ("array real general", "1 1\n1,5\n", "which is not a number"),
    ("array real general", "1 1\nnan\n", "row 1, column 1 is NaN"),
    (
        "coordinate real general",
        "2 2 2\n2 1 1e308\n2 1 1e308\n",
        "row 2, column 1 is inf",
    ),
];

#[test]
fn what_cannot_be_read_says_where() {
    for &(banner, rest, expected) in REFUSED {
        let problem = read_text(&format!("%%MatrixMarket matrix {banner}\n{rest}")).unwrap_err();
        assert!(problem.contains(expected), "{problem}, not {expected}");
        assert!(!problem.contains('\n') && problem.len() < 200, "{problem}");
    }
    let garbage: Vec<u8> = (0..=255).cycle().take(5000).collect();
    assert!(
        read_bytes(&garbage)
            .unwrap_err()
            .contains("must start with the line")
    );
    let late = b"%%MatrixMarket matrix array real general\n1 1\n\xff\n";
    assert_eq!(read_bytes(late).unwrap_err(), "is not a text file in UTF-8");
    assert!(
        read_text("")
            .unwrap_err()
            .contains("must start with the line")
    );
}
