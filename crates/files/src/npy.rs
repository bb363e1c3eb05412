//! NumPy's `.npy`: a header, and then the entries. The header is a Python dictionary with dtype, order and
//! shape.
//!
//! [`Header::read`] accepts only what `numpy.save` writes, not other Python: `{'descr': '<f8',
//! 'fortran_order': False, 'shape': (3, 2), }`, blanks, and the end of the line. The keys may come in any
//! order, and a dimension may end in the `L` of Python 2. So a header is read in one pass from left to right,
//! in time proportional to its length.
//!
//! Reference: NEP 1 and the documentation of `numpy.lib.format`, versions 1.0 to 3.0.

use std::io::{self, BufRead, ErrorKind, Read};

use leastwise_core::Mat;

use crate::options::Options;
use crate::refused::{Refused, cannot_read, quoted};
use crate::table::{Table, check_shape, zeros};

/// The longest header that is read, as in NumPy. A dictionary of three keys takes about a hundred bytes.
pub const LONGEST_HEADER: u32 = 10_000;

/// The header of a file, which precedes the entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The dtype with its byte order, such as `<f8`.
    pub dtype: String,
    /// Whether the entries are stored column by column.
    pub fortran_order: bool,
    /// The dimensions.
    pub shape: Vec<usize>,
}

impl Header {
    /// Reads a header. Then `reader` is at the first entry.
    ///
    /// # Errors
    /// [`Refused`] for a file that does not start as a NumPy file, is cut off, has a header of more than
    /// [`LONGEST_HEADER`] bytes, or has a header that `numpy.save` does not write.
    pub fn read(reader: &mut impl Read) -> Result<Self, Refused> {
        Ok(Self::read_with_length(reader)?.0)
    }

    /// The header, and the number of its bytes.
    fn read_with_length(reader: &mut impl Read) -> Result<(Self, u64), String> {
        const MAGIC: [u8; 6] = *b"\x93NUMPY";
        let mut magic = Vec::new();
        // A file of another kind is reported as such, even if it is short.
        reader
            .take(MAGIC.len() as u64)
            .read_to_end(&mut magic)
            .map_err(|error| header_cut_off(&error))?;
        if !MAGIC.starts_with(&magic) {
            return Err("is not a NumPy file, which starts with \\x93NUMPY".to_owned());
        }
        let [major, minor] = read_array(reader)?;
        let (length, before) = match (major, minor) {
            (1, 0) => (u16::from_le_bytes(read_array(reader)?).into(), 10),
            (2 | 3, 0) => (u32::from_le_bytes(read_array(reader)?), 12),
            _ => {
                return Err(format!(
                    "its header cannot be read: unknown version number: {major}.{minor}"
                ));
            }
        };
        if length > LONGEST_HEADER {
            return Err(format!(
                "has a header of {length} bytes, but at most {LONGEST_HEADER} are read"
            ));
        }
        let mut text = vec![0; length as usize];
        reader
            .read_exact(&mut text)
            .map_err(|error| header_cut_off(&error))?;
        let header = Dictionary::parse(&text)
            .map_err(|problem| format!("its header cannot be read: {problem}"))?;
        Ok((header, before + u64::from(length)))
    }
}

fn read_array<const N: usize>(reader: &mut impl Read) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    match reader.read_exact(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(header_cut_off(&error)),
    }
}

fn header_cut_off(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "is cut off within its header".to_owned(),
        _ => cannot_read(error),
    }
}

/// The rest of the text of a header, and what was read of its dictionary.
struct Dictionary<'a> {
    rest: &'a str,
    dtype: Option<String>,
    fortran_order: Option<bool>,
    shape: Option<Vec<usize>>,
}

const NO_DICTIONARY: &str = "it is not a Python dictionary, as numpy.save writes it";

impl<'a> Dictionary<'a> {
    fn parse(text: &'a [u8]) -> Result<Header, String> {
        let text = std::str::from_utf8(text).map_err(|_| NO_DICTIONARY)?;
        let text = text
            .strip_suffix('\n')
            .ok_or("newline missing at its end")?;
        let mut dictionary = Self {
            rest: text.trim_end_matches(' '),
            dtype: None,
            fortran_order: None,
            shape: None,
        };
        dictionary.expect("{")?;
        while !dictionary.skip("}") {
            dictionary.pair()?;
            if !dictionary.skip(",") {
                dictionary.expect("}")?;
                break;
            }
        }
        if !dictionary.rest.is_empty() {
            return Err(format!(
                "{} follows its dictionary",
                quoted(dictionary.rest)
            ));
        }
        let missing = |key| move || format!("it has no key {key:?}");
        Ok(Header {
            dtype: dictionary.dtype.ok_or_else(missing("descr"))?,
            fortran_order: dictionary
                .fortran_order
                .ok_or_else(missing("fortran_order"))?,
            shape: dictionary.shape.ok_or_else(missing("shape"))?,
        })
    }

    /// A key and its value. A key that occurs twice is refused.
    fn pair(&mut self) -> Result<(), String> {
        let key = self.string().ok_or(NO_DICTIONARY)?;
        self.expect(":")?;
        let value = self.rest;
        let illegal = || {
            let shown = value.split_inclusive(&[')', ']']).next().unwrap_or(value);
            format!("it has the value {} for {key}", quoted(shown))
        };
        let is_new = match key {
            "descr" => {
                // A list describes a structure, whose entries are not numbers.
                if self.rest.starts_with(['[', '(']) {
                    return Err("the dtype of a structure is not supported".to_owned());
                }
                let dtype = self.string().ok_or_else(illegal)?;
                self.dtype.replace(dtype.to_owned()).is_none()
            }
            "fortran_order" => {
                let is_true = self.skip("True");
                if !is_true && !self.skip("False") {
                    return Err(illegal());
                }
                self.fortran_order.replace(is_true).is_none()
            }
            "shape" => {
                let shape = self.shape().ok_or_else(illegal)?;
                self.shape.replace(shape).is_none()
            }
            _ => return Err(format!("it has the unknown key {}", quoted(key))),
        };
        if is_new {
            Ok(())
        } else {
            Err(format!("it has the key {key:?} twice"))
        }
    }

    /// A quoted string without escapes.
    fn string(&mut self) -> Option<&'a str> {
        let quote = self
            .rest
            .chars()
            .next()
            .filter(|c| ['\'', '"'].contains(c))?;
        let (string, rest) = self.rest[1..].split_once(quote)?;
        self.rest = rest.trim_start_matches(' ');
        (!string.contains('\\')).then_some(string)
    }

    /// A tuple of sizes: `()`, `(3,)`, `(3, 2)`, `(3L, 2L)`.
    fn shape(&mut self) -> Option<Vec<usize>> {
        if !self.skip("(") {
            return None;
        }
        let mut sizes = Vec::new();
        while !self.skip(")") {
            let digits = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
            sizes.push(self.rest[..self.rest.len() - digits.len()].parse().ok()?);
            self.rest = digits.strip_prefix('L').unwrap_or(digits);
            self.rest = self.rest.trim_start_matches(' ');
            // One size in brackets without a comma is a number, not a tuple.
            let has_comma = self.skip(",");
            if !has_comma && (sizes.len() == 1 || !self.rest.starts_with(')')) {
                return None;
            }
        }
        Some(sizes)
    }

    /// Skips `token` and the blanks after it, if it comes next.
    fn skip(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            None => false,
            Some(rest) => {
                self.rest = rest.trim_start_matches(' ');
                true
            }
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.skip(token) {
            Ok(())
        } else {
            Err(NO_DICTIONARY.to_owned())
        }
    }
}

pub(crate) fn read(
    mut reader: impl BufRead,
    length: u64,
    options: &Options,
) -> Result<Table, Refused> {
    let (header, header_length) = Header::read_with_length(&mut reader)?;
    let (rows, cols) = match header.shape[..] {
        [rows] => (rows, 1),
        [rows, cols] => (rows, cols),
        _ => {
            return Err(format!(
                "the array has {} dimensions, but it must have 1 or 2",
                header.shape.len()
            )
            .into());
        }
    };
    check_shape(rows, cols, options)?;
    let number = Number::of(&header.dtype)?;
    let count = rows * cols;
    let needed = (count * number.width()) as u64;
    let present = length.saturating_sub(header_length);
    if present != needed {
        let problem = if present < needed {
            "is cut off"
        } else {
            "is too long"
        };
        return Err(format!(
            "{problem}: {count} entries take {needed} bytes, but {present} follow the header"
        )
        .into());
    }
    let mut matrix = zeros(rows, cols, options)?;
    for at in 0..count {
        // One dimension is stored in the same way in both orders.
        let (i, j) = if header.fortran_order {
            (at % rows, at / rows)
        } else {
            (at / cols, at % cols)
        };
        matrix[(i, j)] = number.read(&mut reader)?;
    }
    let order = if header.fortran_order { "Fortran" } else { "C" };
    Ok(Table {
        matrix,
        header: None,
        split: None,
        how: format!("NumPy, {} in {order} order", header.dtype),
    })
}

/// The bytes of a `.npy` file with this matrix: f8 in Fortran order. A matrix of one column is a vector.
///
/// ```
/// use leastwise_core::Mat;
/// use leastwise_files::{Format, Options, npy, parse};
///
/// let matrix = Mat::from_fn(3, 2, |i, j| (i + 10 * j) as f64);
/// let bytes = npy::to_bytes(&matrix);
/// assert_eq!(parse(Format::Npy, &bytes, &Options::default())?.matrix, matrix);
/// # Ok::<(), leastwise_files::Refused>(())
/// ```
#[must_use]
pub fn to_bytes(matrix: &Mat<f64>) -> Vec<u8> {
    let (rows, cols) = (matrix.rows(), matrix.cols());
    let shape = if cols == 1 {
        format!("({rows},)")
    } else {
        format!("({rows}, {cols})")
    };
    let dictionary = format!("{{'descr': '<f8', 'fortran_order': True, 'shape': {shape}, }}");
    // Including its start and its newline, the header is 128 bytes long. This is a multiple of 64, as in
    // NumPy. The longest shape takes 44 bytes.
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(format!("{dictionary:117}\n").bytes());
    bytes.extend(matrix.data().iter().flat_map(|entry| entry.to_le_bytes()));
    bytes
}

/// How an entry is stored.
#[derive(Clone, Copy)]
struct Number {
    kind: Kind,
    big_endian: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    F8,
    F4,
    I8,
    I4,
    I2,
    I1,
    U8,
    U4,
    U2,
    U1,
    Bool,
}

impl Number {
    fn of(dtype: &str) -> Result<Self, String> {
        let (order, kind) = dtype.split_at_checked(1).unwrap_or_default();
        let kind = match kind {
            "f8" => Kind::F8,
            "f4" => Kind::F4,
            "i8" => Kind::I8,
            "i4" => Kind::I4,
            "i2" => Kind::I2,
            "i1" => Kind::I1,
            "u8" => Kind::U8,
            "u4" => Kind::U4,
            "u2" => Kind::U2,
            "u1" => Kind::U1,
            "b1" => Kind::Bool,
            _ => return Err(unsupported(dtype)),
        };
        let big_endian = match (order, kind) {
            ("<", _) | ("|", Kind::I1 | Kind::U1 | Kind::Bool) => false,
            (">", _) => true,
            _ => return Err(unsupported(dtype)),
        };
        Ok(Self { kind, big_endian })
    }

    fn width(self) -> usize {
        match self.kind {
            Kind::F8 | Kind::I8 | Kind::U8 => 8,
            Kind::F4 | Kind::I4 | Kind::U4 => 4,
            Kind::I2 | Kind::U2 => 2,
            Kind::I1 | Kind::U1 | Kind::Bool => 1,
        }
    }

    /// The next entry as f64.
    fn read(self, reader: &mut impl Read) -> Result<f64, String> {
        Ok(match self.kind {
            Kind::F8 => f64::from_le_bytes(self.bytes(reader)?),
            Kind::F4 => f32::from_le_bytes(self.bytes(reader)?).into(),
            Kind::I8 => i64::from_le_bytes(self.bytes(reader)?) as f64,
            Kind::I4 => i32::from_le_bytes(self.bytes(reader)?).into(),
            Kind::I2 => i16::from_le_bytes(self.bytes(reader)?).into(),
            Kind::I1 => i8::from_le_bytes(self.bytes(reader)?).into(),
            Kind::U8 => u64::from_le_bytes(self.bytes(reader)?) as f64,
            Kind::U4 => u32::from_le_bytes(self.bytes(reader)?).into(),
            Kind::U2 => u16::from_le_bytes(self.bytes(reader)?).into(),
            Kind::U1 => u8::from_le_bytes(self.bytes(reader)?).into(),
            Kind::Bool => match self.bytes(reader)? {
                [0] => 0.0,
                [1] => 1.0,
                [other] => return Err(format!("has the byte {other:#04x}, which is not a bool")),
            },
        })
    }

    /// The bytes of an entry, the lowest first.
    fn bytes<const N: usize>(self, reader: &mut impl Read) -> Result<[u8; N], String> {
        let mut bytes = [0; N];
        reader
            .read_exact(&mut bytes)
            .map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof => "ends before its last entry".to_owned(),
                _ => cannot_read(&error),
            })?;
        if self.big_endian {
            bytes.reverse();
        }
        Ok(bytes)
    }
}

fn unsupported(dtype: &str) -> String {
    format!(
        "the dtype {} is not supported; use f8, f4, an integer or bool",
        quoted(dtype)
    )
}
