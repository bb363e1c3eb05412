//! Reads batches of samples from a pair of `.npy` files, for data that are larger than memory.
//!
//! Format: NEP 1 and the documentation of `numpy.lib.format`, versions 1.0 to 3.0.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use leastwise_core::{Error, Mat, Scalar};
use leastwise_files::npy::Header;

/// The reason why a pair of files gives no batches.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NpyError {
    /// A file cannot be read, or its contents are not samples.
    #[error("{}: {reason}", path.display())]
    File {
        /// The path of the file.
        path: PathBuf,
        /// What is wrong with the file, with the numbers.
        reason: String,
    },
    /// An argument is invalid, or a computation with the batches failed.
    #[error("{0}")]
    Core(#[from] Error),
}

/// Batches of X (n×b) and Y (m×b) from two `.npy` files, with one sample per column. Each file is read once,
/// from its beginning to its end. At most one batch is in memory.
///
/// The numbers of a sample must be adjacent in the file. So samples are the **rows of an array in C order**
/// (NumPy's default) or the **columns of one in Fortran order**. An array of one dimension has samples of one
/// number. The order decides which dimension counts the samples. If one dimension is 1, it is the dimension
/// that fits the other file. The dtypes are f4 and f8 in either byte order, and each number is rounded to `T`
/// once. A number beyond the range of `T` becomes infinite. A [`Reduction`](crate::Reduction) refuses it, as
/// it refuses NaN.
///
/// ```no_run
/// use leastwise_core::{Backend, Method};
/// use leastwise_optim::levenberg_marquardt::{Dense, FixedStep};
/// use leastwise_optim::{Budget, LevenbergMarquardt, minimize};
/// use leastwise_two_factor::reduce_batches;
/// use leastwise_two_factor::{NpyBatches, NpyError, TwoLayerNet};
///
/// /// Trains W₁·W₂ on any number of samples, at the cost of n samples per step.
/// fn train(backend: &dyn Backend<f64>, start: &[f64], hidden: usize) -> Result<f64, NpyError> {
///     let batches = NpyBatches::open("x.npy", "y.npy", 10_000)?;
///     let (n, m) = (batches.inputs(), batches.outputs());
///     let net = TwoLayerNet::from_reduced(&reduce_batches(backend, n, m, batches)?, hidden)?;
///     let mut lm = LevenbergMarquardt::new(FixedStep::new(0.2)?, Dense::new(backend, Method::Svd));
///     Ok(minimize(&mut lm, &net, start, &Budget::steps(200), &mut [])?.loss)
/// }
/// ```
#[derive(Debug)]
pub struct NpyBatches<T> {
    x: Samples,
    y: Samples,
    batch: usize,
    samples: u64,
    left: u64,
    scalar: PhantomData<T>,
}

impl<T: Scalar> NpyBatches<T> {
    /// Opens the files of X and Y, to be read in batches of `batch` samples. The last batch may be smaller.
    ///
    /// # Errors
    /// [`NpyError::File`] for a file that cannot be opened, is not an `.npy` file, does not have the length
    /// of its header, has another dtype or more than two dimensions, or differs from the other file in its
    /// number of samples. If the order does not fit, the message names the conversion.
    /// [`Error::InvalidArgument`] if `batch` is zero.
    pub fn open(x: impl AsRef<Path>, y: impl AsRef<Path>, batch: usize) -> Result<Self, NpyError> {
        if batch == 0 {
            return Err(NpyError::Core(Error::InvalidArgument {
                operation: "NpyBatches",
                argument: "batch",
                detail: "must be at least 1, but it is 0".to_owned(),
            }));
        }
        let (mut x, mut y) = (Samples::open(x.as_ref())?, Samples::open(y.as_ref())?);
        let samples = match_samples(&mut x, &mut y)?;
        Ok(Self {
            x,
            y,
            batch,
            samples,
            left: samples,
            scalar: PhantomData,
        })
    }

    /// The number of entries of a sample of X, n.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.x.size
    }

    /// The number of entries of a sample of Y, m.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.y.size
    }

    /// The number of samples in each file, s.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.samples
    }

    fn read(&mut self, count: usize) -> Result<(Mat<T>, Mat<T>), NpyError> {
        Ok((self.x.read(count)?, self.y.read(count)?))
    }
}

/// Ends after the first error.
impl<T: Scalar> Iterator for NpyBatches<T> {
    type Item = Result<(Mat<T>, Mat<T>), NpyError>;

    fn next(&mut self) -> Option<Self::Item> {
        let count = usize::try_from(self.left).map_or(self.batch, |left| left.min(self.batch));
        if count == 0 {
            return None;
        }
        self.left -= count as u64;
        let read = self.read(count);
        if read.is_err() {
            self.left = 0;
        }
        Some(read)
    }
}

/// A file of samples, and how far it was read.
#[derive(Debug)]
struct Samples {
    path: PathBuf,
    file: BufReader<File>,
    shape: Shape,
    number: Number,
    /// The number of entries of a sample.
    size: usize,
    /// The bytes of a batch.
    bytes: Vec<u8>,
}

/// rows × cols entries, row by row unless `fortran`.
#[derive(Clone, Copy, Debug)]
struct Shape {
    rows: usize,
    cols: usize,
    fortran: bool,
}

#[derive(Clone, Copy, Debug)]
struct Number {
    width: usize,
    big_endian: bool,
}

impl Samples {
    fn open(path: &Path) -> Result<Self, NpyError> {
        let refused = |reason| NpyError::File {
            path: path.to_owned(),
            reason,
        };
        let cannot_open = |error: io::Error| refused(format!("cannot be opened: {error}"));
        let file = File::open(path).map_err(cannot_open)?;
        let metadata = file.metadata().map_err(cannot_open)?;
        let mut file = BufReader::new(file);
        let header = Header::read(&mut file).map_err(|error| refused(error.to_string()))?;
        let shape = Shape::of(&header).map_err(refused)?;
        let number = Number::of(&header).map_err(refused)?;
        // A pipe has no length. If it ends early, reading fails later.
        if metadata.is_file() {
            let start = file.stream_position().map_err(cannot_open)?;
            let found = metadata.len().saturating_sub(start);
            check_length(shape, number, found).map_err(refused)?;
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            shape,
            number,
            size: 0,
            bytes: Vec::new(),
        })
    }

    /// The next `count` samples, as columns.
    fn read<T: Scalar>(&mut self, count: usize) -> Result<Mat<T>, NpyError> {
        let entries = self
            .read_entries(count)
            .map_err(|reason| self.refused(reason))?;
        Ok(Mat::from_col_major(entries, self.size, count)?)
    }

    fn read_entries<T: Scalar>(&mut self, count: usize) -> Result<Vec<T>, String> {
        let too_large = || format!("a batch of {count}x{} does not fit into memory", self.size);
        let entries = count.checked_mul(self.size).ok_or_else(too_large)?;
        let needed = entries
            .checked_mul(self.number.width)
            .ok_or_else(too_large)?;
        let mut numbers = Vec::new();
        numbers
            .try_reserve_exact(entries)
            .map_err(|_| too_large())?;
        let more = needed.saturating_sub(self.bytes.len());
        self.bytes
            .try_reserve_exact(more)
            .map_err(|_| too_large())?;
        self.bytes.resize(needed, 0);
        self.file
            .read_exact(&mut self.bytes)
            .map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof => "ends before its last sample".to_owned(),
                _ => cannot_read(&error),
            })?;
        self.number.decode(&self.bytes, &mut numbers);
        Ok(numbers)
    }

    fn refused(&self, reason: String) -> NpyError {
        NpyError::File {
            path: self.path.clone(),
            reason,
        }
    }
}

impl Shape {
    fn of(header: &Header) -> Result<Self, String> {
        let (rows, cols) = match header.shape[..] {
            [rows] => (rows, 1),
            [rows, cols] => (rows, cols),
            _ => {
                let dimensions = header.shape.len();
                return Err(format!(
                    "has {dimensions} dimensions, but samples need 1 or 2"
                ));
            }
        };
        let fortran = header.fortran_order && header.shape.len() == 2;
        Ok(Self {
            rows,
            cols,
            fortran,
        })
    }

    /// (s, the number of entries of a sample), as the order of the file decides.
    fn by_order(self) -> (usize, usize) {
        if self.fortran {
            (self.cols, self.rows)
        } else {
            (self.rows, self.cols)
        }
    }

    /// Like [`by_order`](Self::by_order), with the dimensions swapped.
    fn against_order(self) -> (usize, usize) {
        let (samples, size) = self.by_order();
        (size, samples)
    }

    /// Whether the array has only one line, so that both orders are the same.
    fn is_line(self) -> bool {
        self.rows == 1 || self.cols == 1
    }
}

/// Decides which dimension of each file counts the samples, and how many samples there are.
fn match_samples(x: &mut Samples, y: &mut Samples) -> Result<u64, NpyError> {
    let readable = |shape: Shape| {
        let swapped = shape.is_line().then(|| shape.against_order());
        std::iter::once(shape.by_order()).chain(swapped)
    };
    let mut pairs = readable(x.shape).flat_map(|x| readable(y.shape).map(move |y| (x, y)));
    let Some(((samples, n), (_, m))) = pairs.find(|(x, y)| x.0 == y.0) else {
        return Err(mismatch(x, y));
    };
    (x.size, y.size) = (n, m);
    Ok(samples as u64)
}

fn mismatch(x: &Samples, y: &Samples) -> NpyError {
    let (x_samples, y_samples) = (x.shape.by_order().0, y.shape.by_order().0);
    let (x_swapped, y_swapped) = (x.shape.against_order().0, y.shape.against_order().0);
    if x_samples == y_swapped || x_swapped == y_swapped {
        return y.refused(how_to_convert(y.shape));
    }
    if x_swapped == y_samples {
        return x.refused(how_to_convert(x.shape));
    }
    y.refused(format!(
        "has {y_samples} samples, but {} has {x_samples}",
        x.path.display()
    ))
}

fn how_to_convert(
    Shape {
        rows,
        cols,
        fortran,
    }: Shape,
) -> String {
    let (order, samples, array) = if fortran {
        ("Fortran", "rows", "a")
    } else {
        ("C", "columns", "a.T")
    };
    format!(
        "is {rows}x{cols} in {order} order with its samples as {samples}, so that the numbers of a \
         sample are not adjacent in the file; convert it with \
         numpy.save(path, numpy.ascontiguousarray({array}))"
    )
}

impl Number {
    fn of(header: &Header) -> Result<Self, String> {
        let (width, big_endian) = match header.dtype.as_str() {
            "<f8" => (8, false),
            "<f4" => (4, false),
            ">f8" => (8, true),
            ">f4" => (4, true),
            other => {
                let dtype = shortened(other);
                return Err(format!(
                    "has the dtype {dtype}, but samples must be f4 or f8; convert it with \
                     numpy.save(path, a.astype('<f8'))"
                ));
            }
        };
        Ok(Self { width, big_endian })
    }

    fn decode<T: Scalar>(self, bytes: &[u8], numbers: &mut Vec<T>) {
        let (singles, doubles) = (bytes.as_chunks().0.iter(), bytes.as_chunks().0.iter());
        let single = |number: f32| T::of(number.into());
        match (self.width, self.big_endian) {
            (4, false) => numbers.extend(singles.map(|&b| single(f32::from_le_bytes(b)))),
            (4, true) => numbers.extend(singles.map(|&b| single(f32::from_be_bytes(b)))),
            (_, false) => numbers.extend(doubles.map(|&b| T::of(f64::from_le_bytes(b)))),
            (_, true) => numbers.extend(doubles.map(|&b| T::of(f64::from_be_bytes(b)))),
        }
    }
}

fn check_length(shape: Shape, number: Number, found: u64) -> Result<(), String> {
    let Shape { rows, cols, .. } = shape;
    let entries = (rows as u64).checked_mul(cols as u64);
    let needed = entries.and_then(|count| count.checked_mul(number.width as u64));
    if needed == Some(found) {
        return Ok(());
    }
    let needed = needed.map_or_else(|| "too many".to_owned(), |bytes| bytes.to_string());
    Err(format!(
        "is cut off or too long: {rows}x{cols} numbers take {needed} bytes, but {found} follow the \
         header"
    ))
}

fn cannot_read(error: &io::Error) -> String {
    format!("cannot be read: {error}")
}

/// The first line of a text from a file, shortened.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 64;
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(LONGEST) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}
