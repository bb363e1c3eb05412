//! NumPy's `.npy`: a Python dictionary with the dtype, the order and the shape, then the entries.
//!
//! One or two dimensions, in C or Fortran order; a vector is a column. The dtypes are f8, f4, the
//! integers of 1 to 8 bytes, and bool, of either byte order; an integer beyond 2⁵³ is rounded.
//!
//! Reference: NEP 1 and the documentation of `numpy.lib.format`, versions 1.0 to 3.0.

use std::io::{BufRead, ErrorKind, Seek};

use leastwise_core::{Mat, MatRef};
use ndarray_npy::npy::header::{Header, ParseHeaderError, ReadHeaderError};
use ndarray_npy::{ReadDataError, ReadableElement};

use super::{cannot_read, check_shape, quoted};

pub(super) fn read(mut file: impl BufRead + Seek, length: u64) -> Result<Mat<f64>, String> {
    check_header_length(&mut file, length)?;
    let header = Header::from_reader(&mut file).map_err(header_problem)?;
    let (rows, cols) = match header.shape[..] {
        [rows] => (rows, 1),
        [rows, cols] => (rows, cols),
        _ => {
            return Err(format!(
                "the array has {} dimensions, but must have 1 or 2",
                header.shape.len()
            ));
        }
    };
    check_shape(rows, cols)?;
    let entries = read_entries(file, length, &header)?;
    let matrix = if header.layout.is_fortran() {
        Mat::from_col_major(entries, rows, cols)
    } else {
        MatRef::from_row_major(&entries, rows, cols).map(|view| view.to_mat())
    };
    matrix.map_err(|error| error.to_string())
}

/// Refuses a header that is longer than the file; `Header::from_reader` would allocate all of it.
fn check_header_length(file: &mut impl BufRead, length: u64) -> Result<(), String> {
    let start = file.fill_buf().map_err(|error| cannot_read(&error))?;
    // Version 1 has a length of two bytes, which is harmless.
    if let [_, _, _, _, _, _, version, _, a, b, c, d, ..] = *start
        && version > 1
        && u64::from(u32::from_le_bytes([a, b, c, d])) > length
    {
        return Err("is cut off within its header".to_string());
    }
    Ok(())
}

fn header_problem(error: ReadHeaderError) -> String {
    let error = match error {
        ReadHeaderError::Parse(error) => error,
        ReadHeaderError::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
            return "is cut off within its header".to_string();
        }
        ReadHeaderError::Io(error) => return cannot_read(&error),
    };
    match error {
        ParseHeaderError::MagicString => {
            "is not a NumPy file, which starts with \\x93NUMPY".to_string()
        }
        // These would show all of the header, in several lines.
        ParseHeaderError::DictParse(_) | ParseHeaderError::MetaNotDict(_) => {
            "its header is not a Python dictionary".to_string()
        }
        ParseHeaderError::IllegalValue { key, value } => {
            let value = quoted(&value.to_string());
            format!("its header has the value {value} for {key}")
        }
        ParseHeaderError::UnknownKey(key) => {
            let key = quoted(&key.to_string());
            format!("its header has the unknown key {key}")
        }
        other => format!("its header cannot be read: {other}"),
    }
}

/// The entries as f64 in the order of the file.
fn read_entries(
    file: impl BufRead + Seek,
    length: u64,
    header: &Header,
) -> Result<Vec<f64>, String> {
    let dtype = header.type_descriptor.to_string();
    let dtype = dtype.trim_matches('\'');
    match dtype.trim_start_matches(['<', '>', '|']) {
        "f8" => convert(file, length, header, |x: f64| x),
        "f4" => convert(file, length, header, |x: f32| x.into()),
        "i8" => convert(file, length, header, |x: i64| x as f64),
        "i4" => convert(file, length, header, |x: i32| x.into()),
        "i2" => convert(file, length, header, |x: i16| x.into()),
        "i1" => convert(file, length, header, |x: i8| x.into()),
        "u8" => convert(file, length, header, |x: u64| x as f64),
        "u4" => convert(file, length, header, |x: u32| x.into()),
        "u2" => convert(file, length, header, |x: u16| x.into()),
        "u1" => convert(file, length, header, |x: u8| x.into()),
        "b1" => convert(file, length, header, |x: bool| x.into()),
        _ => Err(format!(
            "the dtype {} is not supported; use f8, f4, an integer or bool",
            quoted(dtype)
        )),
    }
}

fn convert<T: ReadableElement>(
    mut file: impl BufRead + Seek,
    length: u64,
    header: &Header,
    to_f64: impl Fn(T) -> f64,
) -> Result<Vec<f64>, String> {
    let count = header.shape.iter().product::<usize>();
    let needed = (count * size_of::<T>()) as u64;
    let present = length.saturating_sub(
        file.stream_position()
            .map_err(|error| cannot_read(&error))?,
    );
    if present != needed {
        return Err(format!(
            "{}: {count} entries take {needed} bytes, but {present} follow the header",
            if present < needed {
                "is cut off"
            } else {
                "is too long"
            }
        ));
    }
    let entries = T::read_to_end_exact_vec(file, &header.type_descriptor, count).map_err(
        |error| match error {
            ReadDataError::Io(error) => cannot_read(&error),
            ReadDataError::WrongDescriptor(dtype) => {
                format!("the dtype {} is not supported", quoted(&dtype.to_string()))
            }
            other => other.to_string(),
        },
    )?;
    Ok(entries.into_iter().map(to_f64).collect())
}
