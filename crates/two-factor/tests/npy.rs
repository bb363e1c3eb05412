//! Batches from `.npy` files.

use std::fs;
use std::path::{Path, PathBuf};

use leastwise_core::Error;
use leastwise_faer::Faer;
use leastwise_optim::Objective;
use leastwise_two_factor::reduce_batches;
use leastwise_two_factor::{NpyBatches, NpyError, TwoLayerNet, TwoLayerNetSpec};

/// A folder that is removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let name = format!("leastwise-npy-{}-{test}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Files that remain in the folder for temporary files are harmless.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Version 1.0 of the format.
fn with_header(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut header = dictionary.to_owned();
    while !(10 + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let length = u16::try_from(header.len()).unwrap();
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(data);
    bytes
}

fn npy(dtype: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let dictionary =
        format!("{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': {shape}, }}");
    with_header(&dictionary, data)
}

fn little(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// Samples of `size` numbers as the rows of an array in C order.
fn rows(samples: usize, size: usize) -> Vec<u8> {
    let numbers: Vec<f64> = (0..samples * size).map(|i| i as f64).collect();
    npy(
        "<f8",
        false,
        &format!("({samples}, {size})"),
        &little(&numbers),
    )
}

fn collected(batches: NpyBatches<f64>) -> (Vec<usize>, Vec<f64>, Vec<f64>) {
    let (mut sizes, mut xs, mut ys) = (Vec::new(), Vec::new(), Vec::new());
    for batch in batches {
        let (x, y) = batch.unwrap();
        sizes.push(x.cols());
        assert_eq!(x.cols(), y.cols());
        xs.extend(x.data());
        ys.extend(y.data());
    }
    (sizes, xs, ys)
}

/// The message of a refusal, without the folder.
fn refusal(x: &Path, y: &Path) -> String {
    let error = NpyBatches::<f64>::open(x, y, 2).unwrap_err();
    let NpyError::File { path, reason } = error else {
        panic!("{error}")
    };
    format!("{}: {reason}", path.file_name().unwrap().display())
}

#[test]
fn samples_as_rows_in_c_order_and_as_columns_in_fortran_order_are_the_same() {
    let folder = Folder::new("orders");
    let numbers: Vec<f64> = (0..15).map(|i| f64::from(i) / 8.0 - 1.0).collect();
    let targets: Vec<f64> = numbers.iter().take(5).map(|x| x * 3.0).collect();
    let big =
        |numbers: &[f64]| -> Vec<u8> { numbers.iter().flat_map(|x| x.to_be_bytes()).collect() };
    #[expect(clippy::cast_possible_truncation, reason = "eighths are exact in f32")]
    let single = |numbers: &[f64]| -> Vec<u8> {
        numbers
            .iter()
            .flat_map(|&x| (x as f32).to_le_bytes())
            .collect()
    };
    #[expect(clippy::cast_possible_truncation, reason = "eighths are exact in f32")]
    let big_single = |numbers: &[f64]| -> Vec<u8> {
        numbers
            .iter()
            .flat_map(|&x| (x as f32).to_be_bytes())
            .collect()
    };
    let inputs = [
        npy("<f8", false, "(5, 3)", &little(&numbers)),
        npy("<f8", true, "(3, 5)", &little(&numbers)),
        npy(">f8", false, "(5, 3)", &big(&numbers)),
        npy("<f4", true, "(3, 5)", &single(&numbers)),
        npy(">f4", false, "(5, 3)", &big_single(&numbers)),
    ];
    // Samples of one number may be stored in any of these ways.
    let outputs = [
        npy("<f8", false, "(5,)", &little(&targets)),
        npy("<f8", false, "(5, 1)", &little(&targets)),
        npy("<f8", false, "(1, 5)", &little(&targets)),
        npy("<f4", true, "(5, 1)", &single(&targets)),
        npy("<f4", true, "(1, 5)", &single(&targets)),
    ];
    for (i, x) in inputs.iter().enumerate() {
        for (j, y) in outputs.iter().enumerate() {
            let (x, y) = (folder.write("x.npy", x), folder.write("y.npy", y));
            let batches = NpyBatches::open(x, y, 2).unwrap();
            let sizes = (batches.inputs(), batches.outputs(), batches.samples());
            assert_eq!(sizes, (3, 1, 5), "{i}, {j}");
            let expected = (vec![2, 2, 1], numbers.clone(), targets.clone());
            assert_eq!(collected(batches), expected, "{i}, {j}");
        }
    }
}

#[test]
fn numbers_are_rounded_to_the_scalar_type_once() {
    let folder = Folder::new("rounded");
    let x = folder.write(
        "x.npy",
        &npy("<f8", false, "(3,)", &little(&[0.1, 1e300, -2.0])),
    );
    let y = folder.write("y.npy", &rows(3, 1));
    let mut batches = NpyBatches::<f32>::open(x, y, 3).unwrap();
    let (x, _) = batches.next().unwrap().unwrap();
    assert_eq!(x.data(), [0.1, f32::INFINITY, -2.0]);
}

/// Samples that were written to files and reduced batch by batch give the same net as all samples. Batches of
/// 64 meet the blocks of the reduction at the same positions, so even the rounding is the same.
#[test]
fn a_net_is_trained_on_files() {
    let folder = Folder::new("trained");
    let drawn = TwoLayerNetSpec::default().draw::<f64>().unwrap();
    let (x, y) = (drawn.net.x().to_mat(), drawn.net.y().to_mat());
    let x = folder.write("x.npy", &npy("<f8", true, "(6, 1000)", &little(x.data())));
    let y = folder.write("y.npy", &npy("<f8", false, "(1000, 10)", &little(y.data())));
    let backend = Faer::default();
    let batches = NpyBatches::open(x, y, 64).unwrap();
    let (n, m) = (batches.inputs(), batches.outputs());
    let data = reduce_batches(&backend, n, m, batches).unwrap();
    assert_eq!(data.samples, 1000);
    let streamed = TwoLayerNet::from_reduced(&data, 6).unwrap();
    let reduced = drawn.net.reduced(&backend).unwrap();
    let evaluate = |net: &TwoLayerNet<f64>| {
        let mut gradient = vec![f64::NAN; net.dimension()];
        let value = net.value_and_gradient(&drawn.start, &mut gradient).unwrap();
        (value, gradient)
    };
    assert_eq!(evaluate(&streamed), evaluate(&reduced));
}

#[test]
fn a_number_that_is_not_finite_is_found_by_the_reduction() {
    let folder = Folder::new("non-finite");
    let mut numbers = vec![1.0; 12];
    numbers[7] = f64::NAN;
    let x = folder.write("x.npy", &npy("<f8", false, "(6, 2)", &little(&numbers)));
    let y = folder.write("y.npy", &rows(6, 1));
    let batches = NpyBatches::<f64>::open(x, y, 3).unwrap();
    let error = reduce_batches(&Faer::default(), 2, 1, batches).unwrap_err();
    // Sample 3 is the first of the second batch.
    let expected = "Reduction: x must be finite, but entry (1, 0) is NaN";
    assert_eq!(error.to_string(), expected);
    assert!(matches!(error, NpyError::Core(Error::NonFinite { .. })));
}

#[test]
fn what_is_no_array_of_samples_is_refused_with_the_reason() {
    let folder = Folder::new("refused");
    let y = folder.write("y.npy", &rows(3, 1));
    let good = rows(3, 2);
    let cut_header = &good[..40];
    let mut long_header = b"\x93NUMPY\x02\x00".to_vec();
    long_header.extend(4_000_000_000u32.to_le_bytes());
    let mut too_long = good.clone();
    too_long.push(0);
    let cases: [(&[u8], &str); 13] = [
        (b"", "is cut off within its header"),
        (b"\x93NUM", "is cut off within its header"),
        (cut_header, "is cut off within its header"),
        (
            b"x,y\n1,2\n",
            "is not a NumPy file, which starts with \\x93NUMPY",
        ),
        (
            &long_header,
            "has a header of 4000000000 bytes, but at most 10000 are read",
        ),
        (
            &good[..good.len() - 1],
            "is cut off or too long: 3x2 numbers take 48 bytes, but 47 follow the header",
        ),
        (
            &too_long,
            "is cut off or too long: 3x2 numbers take 48 bytes, but 49 follow the header",
        ),
        (
            &npy("<i8", false, "(3, 2)", &[0; 48]),
            "has the dtype <i8, but samples must be f4 or f8; convert it with \
             numpy.save(path, a.astype('<f8'))",
        ),
        (
            &npy("<f8", false, "(3, 2, 1)", &[0; 48]),
            "has 3 dimensions, but samples need 1 or 2",
        ),
        (
            &npy("<f8", false, "()", &[0; 8]),
            "has 0 dimensions, but samples need 1 or 2",
        ),
        (
            &npy("<f8", false, "(4294967296, 4294967296)", &[]),
            "is cut off or too long: 4294967296x4294967296 numbers take too many bytes, but 0 \
             follow the header",
        ),
        (
            &npy("<f8", false, "(3, -2)", &[0; 48]),
            "its header cannot be read: it has the value \"(3, -2)\" for shape",
        ),
        (
            &with_header("[1, 2]", &[]),
            "its header cannot be read: it is not a Python dictionary, as numpy.save writes it",
        ),
    ];
    for (bytes, reason) in cases {
        let x = folder.write("x.npy", bytes);
        assert_eq!(refusal(&x, &y), format!("x.npy: {reason}"));
        assert_eq!(refusal(&y, &x), format!("x.npy: {reason}"));
    }
    let missing = refusal(&folder.0.join("none.npy"), &y);
    assert!(
        missing.starts_with("none.npy: cannot be opened: "),
        "{missing}"
    );
    let batch = NpyBatches::<f64>::open(&y, &y, 0).unwrap_err();
    let expected = "NpyBatches: batch must be at least 1, but it is 0";
    assert_eq!(batch.to_string(), expected);
}

#[test]
fn a_deeply_nested_header_is_refused() {
    let folder = Folder::new("nested");
    let nested = "(".repeat(9_000);
    let x = folder.write("x.npy", &with_header(&nested, &[]));
    let reason = refusal(&x, &x);
    assert!(
        reason.starts_with("x.npy: its header cannot be read: "),
        "{reason}"
    );
}

#[test]
fn numbers_of_samples_that_differ_are_refused() {
    let folder = Folder::new("numbers");
    let (x, y) = (
        folder.write("x.npy", &rows(5, 3)),
        folder.write("y.npy", &rows(4, 2)),
    );
    let expected = format!("y.npy: has 4 samples, but {} has 5", x.display());
    assert_eq!(refusal(&x, &y), expected);
}

#[test]
fn scattered_samples_are_refused_with_the_conversion() {
    let folder = Folder::new("scattered");
    let straight = folder.write("straight.npy", &rows(5, 2));
    let columns = folder.write("columns.npy", &npy("<f8", false, "(3, 5)", &[0; 120]));
    let fortran = folder.write("fortran.npy", &npy("<f8", true, "(5, 3)", &[0; 120]));
    let by_columns = "columns.npy: is 3x5 in C order with its samples as columns, so that the \
                      numbers of a sample are not adjacent in the file; convert it with \
                      numpy.save(path, numpy.ascontiguousarray(a.T))";
    let by_fortran = "fortran.npy: is 5x3 in Fortran order with its samples as rows, so that the \
                      numbers of a sample are not adjacent in the file; convert it with \
                      numpy.save(path, numpy.ascontiguousarray(a))";
    assert_eq!(refusal(&columns, &straight), by_columns);
    assert_eq!(refusal(&straight, &columns), by_columns);
    assert_eq!(refusal(&fortran, &straight), by_fortran);
    assert_eq!(refusal(&straight, &fortran), by_fortran);
    let other = folder.write("other.npy", &npy("<f8", true, "(5, 2)", &[0; 80]));
    assert_eq!(refusal(&other, &fortran), by_fortran);
}

/// A file that becomes shorter after it was opened, as a file that is still being written may.
#[test]
fn a_file_that_ends_early_ends_the_batches() {
    let folder = Folder::new("early");
    // More than a buffered reader holds.
    let (x, y) = (
        folder.write("x.npy", &rows(4000, 1)),
        folder.write("y.npy", &rows(4000, 1)),
    );
    let mut batches = NpyBatches::<f64>::open(&x, y, 1000).unwrap();
    fs::File::options()
        .write(true)
        .open(&x)
        .unwrap()
        .set_len(20_000)
        .unwrap();
    let results: Vec<_> = batches.by_ref().collect();
    assert_eq!(results.len(), 3);
    assert!(results[..2].iter().all(Result::is_ok));
    let expected = NpyError::File {
        path: x,
        reason: "ends before its last sample".to_owned(),
    };
    assert_eq!(results[2], Err(expected));
    assert!(batches.next().is_none());
}
