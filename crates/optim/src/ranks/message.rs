//! Values as bytes. Ranks run the same program, so no value states its type.

use leastwise_core::blocks::{Packed, Triangle};
use leastwise_core::{Mat, Scalar};

/// A value that one rank can send to another.
///
/// ```
/// use leastwise_optim::ranks::Message;
///
/// let mut bytes = Vec::new();
/// (7u64, Some("row".to_owned())).write(&mut bytes);
/// let read = <(u64, Option<String>)>::read(&mut &bytes[..]);
/// assert_eq!(read, Some((7, Some("row".to_owned()))));
/// assert_eq!(<(u64, Option<String>)>::read(&mut &bytes[1..]), None);
/// ```
pub trait Message: Sized {
    /// Appends the bytes of this value.
    fn write(&self, bytes: &mut Vec<u8>);

    /// Takes a value from the beginning of `bytes`. None if they are not those of a value.
    fn read(bytes: &mut &[u8]) -> Option<Self>;
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

impl Message for u64 {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes, 8)?.try_into().ok().map(Self::from_le_bytes)
    }
}

impl Message for i32 {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes, 4)?.try_into().ok().map(Self::from_le_bytes)
    }
}

impl Message for usize {
    fn write(&self, bytes: &mut Vec<u8>) {
        (*self as u64).write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u64::read(bytes)?.try_into().ok()
    }
}

impl Message for bool {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(*self));
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        match take(bytes, 1)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

impl Message for () {
    fn write(&self, _: &mut Vec<u8>) {}

    fn read(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

impl Message for String {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.len().write(bytes);
        bytes.extend(self.as_bytes());
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let count = usize::read(bytes)?;
        Self::from_utf8(take(bytes, count)?.to_vec()).ok()
    }
}

macro_rules! message_of_scalar {
    ($($scalar:ty),*) => {$(
        impl Message for $scalar {
            fn write(&self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_le_bytes());
            }

            fn read(bytes: &mut &[u8]) -> Option<Self> {
                let bytes = take(bytes, size_of::<Self>())?;
                bytes.try_into().ok().map(Self::from_le_bytes)
            }
        }
    )*};
}

message_of_scalar!(f32, f64);

impl<M: Message> Message for Option<M> {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.is_some().write(bytes);
        if let Some(value) = self {
            value.write(bytes);
        }
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(if bool::read(bytes)? {
            Some(M::read(bytes)?)
        } else {
            None
        })
    }
}

impl<M: Message> Message for Vec<M> {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.len().write(bytes);
        for value in self {
            value.write(bytes);
        }
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let count = usize::read(bytes)?;
        (0..count).map(|_| M::read(bytes)).collect()
    }
}

impl<A: Message, B: Message> Message for (A, B) {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
        self.1.write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some((A::read(bytes)?, B::read(bytes)?))
    }
}

impl<A: Message, B: Message, C: Message> Message for (A, B, C) {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
        self.1.write(bytes);
        self.2.write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some((A::read(bytes)?, B::read(bytes)?, C::read(bytes)?))
    }
}

/// A scalar, which is f32 or f64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number<T>(pub(crate) T);

impl<T: Scalar> Message for Number<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        match size_of::<T>() {
            #[expect(clippy::cast_possible_truncation, reason = "it is an f32")]
            4 => (self.0.as_f64() as f32).write(bytes),
            _ => self.0.as_f64().write(bytes),
        }
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let value = match size_of::<T>() {
            4 => f64::from(f32::read(bytes)?),
            _ => f64::read(bytes)?,
        };
        Some(Self(T::of(value)))
    }
}

fn write_all<T: Scalar>(values: &[T], bytes: &mut Vec<u8>) {
    for &value in values {
        Number(value).write(bytes);
    }
}

fn read_all<T: Scalar>(count: usize, bytes: &mut &[u8]) -> Option<Vec<T>> {
    (0..count).map(|_| Some(Number::read(bytes)?.0)).collect()
}

/// Numbers with their count.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Numbers<T>(pub(crate) Vec<T>);

impl<T: Scalar> Message for Numbers<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.len().write(bytes);
        write_all(&self.0, bytes);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let count = usize::read(bytes)?;
        read_all(count, bytes).map(Self)
    }
}

impl<T: Scalar> Message for Mat<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        (self.rows(), self.cols()).write(bytes);
        write_all(self.data(), bytes);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (rows, cols) = Message::read(bytes)?;
        let data = read_all(usize::checked_mul(rows, cols)?, bytes)?;
        Self::from_col_major(data, rows, cols).ok()
    }
}

impl<T: Scalar> Message for Triangle<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        let packed = self.packed();
        (packed.r.len(), packed.squares.len()).write(bytes);
        packed.c.len().write(bytes);
        write_all(&packed.r, bytes);
        write_all(&packed.c, bytes);
        for (sum, lost) in packed.squares {
            write_all(&[sum, lost], bytes);
        }
        for scale in [&packed.of_a].into_iter().chain(&packed.of_b) {
            scale.unwrap_or(NONE).write(bytes);
        }
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (entries, k) = <(usize, usize)>::read(bytes)?;
        let of_c = usize::read(bytes)?;
        let scale = |bytes: &mut &[u8]| {
            let scale = i32::read(bytes)?;
            Some((scale != NONE).then_some(scale))
        };
        Triangle::of_packed(Packed {
            r: read_all(entries, bytes)?,
            c: read_all(of_c, bytes)?,
            squares: (0..k)
                .map(|_| Some((Number::read(bytes)?.0, Number::read(bytes)?.0)))
                .collect::<Option<_>>()?,
            of_a: scale(bytes)?,
            of_b: (0..k).map(|_| scale(bytes)).collect::<Option<_>>()?,
        })
        .ok()
    }
}

/// No scale is so far from 0.
const NONE: i32 = i32::MIN;
