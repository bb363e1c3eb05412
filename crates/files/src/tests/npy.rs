//! NumPy files written byte by byte.

use leastwise_core::Mat;

use crate::{Format, Options, parse};

/// A file as NumPy writes it, except for the padding of the header.
fn file(dtype: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let header = format!("{{'descr': {dtype}, 'fortran_order': {order}, 'shape': {shape}, }}\n");
    with_header(&header, data)
}

fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

fn read_bytes(bytes: &[u8]) -> Result<Mat<f64>, String> {
    parse(Format::Npy, bytes, &Options::default())
        .map(|table| table.matrix)
        .map_err(|refused| refused.to_string())
}

fn bytes<const N: usize, T>(entries: &[T], to_bytes: impl Fn(&T) -> [u8; N]) -> Vec<u8> {
    entries.iter().flat_map(to_bytes).collect()
}

/// The rows (1, 2, 3) and (4, 5, 6), stored row by row.
const BY_ROWS: [i8; 6] = [1, 2, 3, 4, 5, 6];

fn two_by_three() -> Mat<f64> {
    Mat::from_fn(2, 3, |i, j| (3 * i + j + 1) as f64)
}

#[test]
fn every_dtype_and_byte_order_gives_the_same_matrix() {
    let files = [
        ("'<f8'", bytes(&BY_ROWS, |&x| f64::from(x).to_le_bytes())),
        ("'>f8'", bytes(&BY_ROWS, |&x| f64::from(x).to_be_bytes())),
        ("'<f4'", bytes(&BY_ROWS, |&x| f32::from(x).to_le_bytes())),
        ("'>f4'", bytes(&BY_ROWS, |&x| f32::from(x).to_be_bytes())),
        ("'<i8'", bytes(&BY_ROWS, |&x| i64::from(x).to_le_bytes())),
        ("'>i8'", bytes(&BY_ROWS, |&x| i64::from(x).to_be_bytes())),
        ("'<i4'", bytes(&BY_ROWS, |&x| i32::from(x).to_le_bytes())),
        ("'>i2'", bytes(&BY_ROWS, |&x| i16::from(x).to_be_bytes())),
        ("'|i1'", bytes(&BY_ROWS, |&x| x.to_le_bytes())),
        (
            "'<u8'",
            bytes(&BY_ROWS, |&x| u64::from(x.unsigned_abs()).to_le_bytes()),
        ),
        (
            "'>u4'",
            bytes(&BY_ROWS, |&x| u32::from(x.unsigned_abs()).to_be_bytes()),
        ),
        (
            "'<u2'",
            bytes(&BY_ROWS, |&x| u16::from(x.unsigned_abs()).to_le_bytes()),
        ),
        ("'|u1'", bytes(&BY_ROWS, |&x| x.to_le_bytes())),
    ];
    for (dtype, data) in files {
        let matrix = read_bytes(&file(dtype, false, "(2, 3)", &data));
        assert_eq!(matrix, Ok(two_by_three()), "{dtype}");
    }
    let truths = Mat::from_col_major(vec![1.0, 0.0, 1.0], 3, 1).unwrap();
    assert_eq!(
        read_bytes(&file("'|b1'", false, "(3,)", &[1, 0, 1])),
        Ok(truths)
    );
}

#[test]
fn fortran_order_is_by_columns_and_a_vector_is_a_column() {
    let by_columns = bytes(&[1, 4, 2, 5, 3, 6], |&x| f64::from(x).to_le_bytes());
    assert_eq!(
        read_bytes(&file("'<f8'", true, "(2, 3)", &by_columns)),
        Ok(two_by_three())
    );
    let vector = Mat::from_fn(6, 1, |i, _| (i + 1) as f64);
    let data = bytes(&BY_ROWS, |&x| x.to_le_bytes());
    assert_eq!(read_bytes(&file("'|i1'", false, "(6,)", &data)), Ok(vector));
}

#[test]
fn negative_and_fractional_numbers_keep_every_bit() {
    let data = bytes(&[-0.1, f64::MIN_POSITIVE, 1e300], |x: &f64| x.to_be_bytes());
    let matrix = read_bytes(&file("'>f8'", false, "(3, 1)", &data)).unwrap();
    assert_eq!(matrix.data(), [-0.1, f64::MIN_POSITIVE, 1e300]);
    let data = bytes(&[-3_i64, i64::MIN], |x| x.to_le_bytes());
    let matrix = read_bytes(&file("'<i8'", false, "(1, 2)", &data)).unwrap();
    assert_eq!(matrix.data(), [-3.0, -9_223_372_036_854_775_808.0]);
}

#[test]
fn what_cannot_be_read_says_why() {
    let whole = file("'<f8'", false, "(2, 3)", &[0; 48]);
    let mut long_header = whole.clone();
    long_header[6] = 2;
    long_header[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    let mut version = whole.clone();
    version[6..8].copy_from_slice(&[1, 5]);
    let cases: [(&[u8], &str); 21] = [
        (b"", "is cut off within its header"),
        (b"1,2\n3,4\n", "is not a NumPy file"),
        (&whole[..7], "is cut off within its header"),
        (&whole[..40], "is cut off within its header"),
        (
            &long_header,
            "has a header of 4294967295 bytes, but at most 10000",
        ),
        (&version, "unknown version number: 1.5"),
        (
            &whole[..whole.len() - 1],
            "is cut off: 6 entries take 48 bytes, but 47 follow",
        ),
        (
            &[&whole[..], b"x"].concat(),
            "is too long: 6 entries take 48 bytes, but 49 follow",
        ),
        (
            &file("'<c16'", false, "(1,)", &[0; 16]),
            "the dtype \"<c16\" is not supported",
        ),
        (
            &file("'<f2'", false, "(1,)", &[0; 2]),
            "the dtype \"<f2\" is not supported",
        ),
        (
            &file("'|O'", false, "(1,)", &[0; 8]),
            "the dtype \"|O\" is not supported",
        ),
        (
            &file("[('x', '<f8')]", false, "(1,)", &[0; 8]),
            "is not supported",
        ),
        (
            &file("'<f8'", false, "()", &[0; 8]),
            "the array has 0 dimensions",
        ),
        (
            &file("'<f8'", false, "(1, 1, 1)", &[0; 8]),
            "the array has 3 dimensions",
        ),
        (
            &file("'<f8'", false, "(0, 3)", &[]),
            "it has 0 rows and 3 columns",
        ),
        (
            &file("'<f8'", false, "(-1, 3)", &[]),
            "has the value \"(-1, 3)\" for shape",
        ),
        (
            &file("'<f8'", false, "(1099511627776, 1099511627776)", &[]),
            "at most 268435456",
        ),
        (
            &file("'<f8'", false, "(16384, 16384)", &[0; 8]),
            "is cut off: 268435456 entries",
        ),
        (
            &with_header(&"(".repeat(60_000), &[]),
            "has a header of 60000",
        ),
        (&with_header(&"(".repeat(9_000), &[]), "newline missing"),
        (
            &with_header(&("[".repeat(9_000) + "\n"), &[]),
            "is not a Python dictionary",
        ),
    ];
    for (bytes, expected) in cases {
        let problem = read_bytes(bytes).unwrap_err();
        assert!(problem.contains(expected), "{problem}, not {expected}");
        assert!(!problem.contains('\n') && problem.len() < 200, "{problem}");
    }
    let problem = read_bytes(&file("'|b1'", false, "(2,)", &[1, 7])).unwrap_err();
    assert!(problem.contains("0x07"), "{problem}");
}

/// Headers as NumPy and Python 2 write them, and headers that only Python understands.
#[test]
fn a_header_is_what_numpy_writes() {
    let data = [0; 48];
    for header in [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3L, 2L), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2)}",
        "{\"shape\": (3, 2), \"fortran_order\": False, \"descr\": \"<f8\"}",
        "{'descr':'<f8','fortran_order':False,'shape':(3,2,)}      ",
    ] {
        let matrix = read_bytes(&with_header(&format!("{header}\n"), &data));
        assert_eq!(matrix, Ok(Mat::zeros(3, 2)), "{header}");
    }
    let refused = [
        ("", "is not a Python dictionary"),
        ("{", "is not a Python dictionary"),
        ("{}", "no key \"descr\""),
        (
            "{'descr': '<f8', 'fortran_order': False}",
            "no key \"shape\"",
        ),
        (
            "{'descr': '<f8', 'shape': (6,)}",
            "no key \"fortran_order\"",
        ),
        ("{'descr': '<f8', 'descr': '<f8'}", "\"descr\" twice"),
        ("{'descr': 3}", "the value \"3}\" for descr"),
        ("{'descr': {'names': []}}", "for descr"),
        ("{'descr': ('<f8', (2,))}", "is not supported"),
        ("{'fortran_order': 0}", "the value \"0}\" for fortran_order"),
        ("{'shape': (6)}", "the value \"(6)\" for shape"),
        ("{'shape': 6}", "for shape"),
        ("{'shape': (((1, 2)))}", "for shape"),
        ("{'shape': (1 + 2, 2)}", "for shape"),
        ("{'shape': (99999999999999999999999, 2)}", "for shape"),
        ("{'size': 6}", "unknown key \"size\""),
        ("{'a\\'b': 6}", "is not a Python dictionary"),
        (
            "{'descr': '<f8', 'fortran_order': False, 'shape': (6,)} + 1",
            "follows its",
        ),
        (
            "{'descr': '=f8', 'fortran_order': False, 'shape': (6,)}",
            "\"=f8\" is not supported",
        ),
        (
            "{'descr': '|f8', 'fortran_order': False, 'shape': (6,)}",
            "\"|f8\" is not supported",
        ),
        (
            "{'descr': '', 'fortran_order': False, 'shape': (6,)}",
            "\"\" is not supported",
        ),
    ];
    for (header, expected) in refused {
        let problem = read_bytes(&with_header(&format!("{header}\n"), &data)).unwrap_err();
        assert!(problem.contains(expected), "{header}: {problem}");
        assert!(!problem.contains('\n') && problem.len() < 200, "{problem}");
    }
    for latin in ["\u{e9}", "{'\u{e9}': 1}"] {
        assert!(read_bytes(&with_header(&format!("{latin}\n"), &data)).is_err());
    }
}

#[test]
fn what_is_written_is_what_numpy_writes() {
    let matrix = Mat::from_fn(2, 3, |i, j| i as f64 - 2.5 * j as f64);
    let bytes = crate::npy::to_bytes(&matrix);
    let header =
        b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }  ";
    assert!(bytes.starts_with(header));
    assert_eq!((bytes[127], bytes.len()), (b'\n', 128 + 48));
    assert_eq!(read_bytes(&bytes), Ok(matrix));
    let vector = Mat::from_fn(3, 1, |i, _| i as f64);
    let bytes = crate::npy::to_bytes(&vector);
    assert!(String::from_utf8_lossy(&bytes).contains("'shape': (3,), }"));
    assert_eq!(read_bytes(&bytes), Ok(vector));
}
