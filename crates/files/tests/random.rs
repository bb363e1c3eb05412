//! Random tables in every dialect, and files with random faults.

use leastwise_core::Mat;
use leastwise_files::{Decimal, Delimiter, Format, Options, parse};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// How a table is written.
#[derive(Debug)]
struct Dialect {
    delimiter: &'static str,
    decimal: &'static str,
    end: &'static str,
    quoted: bool,
    header: bool,
    /// R omits the name of the index column, and pandas leaves it empty.
    index: Option<bool>,
    /// The comments in the lines before the header.
    comments: &'static [&'static str],
    ends_with_delimiter: bool,
}

impl Dialect {
    fn draw(rng: &mut StdRng) -> Self {
        let delimiter = [",", ";", "\t", "|", " ", "   ", ", "][rng.random_range(0..7)];
        let is_comma = delimiter.starts_with(',');
        let is_blank = delimiter.starts_with(' ');
        let decimal = if rng.random() && !is_comma { "," } else { "." };
        let header = rng.random();
        Self {
            delimiter,
            decimal,
            end: ["\n", "\r\n", "\r"][rng.random_range(0..3)],
            quoted: rng.random_ratio(1, 4),
            header,
            index: (header && rng.random()).then(|| is_blank || rng.random()),
            comments: [&[] as &[_], &[], &["# 1,2;3 \"4", "", "%"]][rng.random_range(0..3)],
            ends_with_delimiter: rng.random_ratio(1, 4) && !is_blank,
        }
    }

    fn line(&self, fields: &[String]) -> String {
        let mut line = fields.join(self.delimiter);
        if self.ends_with_delimiter {
            line += self.delimiter;
        }
        line + self.end
    }

    fn entry(&self, text: &str) -> String {
        if self.quoted {
            format!("\"{text}\"")
        } else {
            text.to_owned()
        }
    }

    fn write(&self, matrix: &Mat<f64>) -> String {
        let mut text = String::new();
        for comment in self.comments {
            text = text + comment + self.end;
        }
        if self.header {
            let names = (0..matrix.cols()).map(|j| self.entry(&format!("x{j}")));
            let corner = (self.index == Some(false)).then(|| self.entry(""));
            text += &self.line(&corner.into_iter().chain(names).collect::<Vec<_>>());
        }
        for i in 0..matrix.rows() {
            let entry = |j| {
                let text = format!("{:?}", matrix[(i, j)]).replace('.', self.decimal);
                self.entry(&text)
            };
            let label = self.index.map(|_| self.entry(&format!("r{i}")));
            let fields = label.into_iter().chain((0..matrix.cols()).map(entry));
            text += &self.line(&fields.collect::<Vec<_>>());
        }
        text
    }
}

/// Entries as programs print them: with a fraction or an exponent.
fn draw(rng: &mut StdRng) -> Mat<f64> {
    let (rows, cols) = (rng.random_range(1..6), rng.random_range(1..6));
    Mat::from_fn(rows, cols, |_, _| {
        let digits: f64 = rng.random_range(-1.0..1.0);
        let scale = 10.0_f64.powi(rng.random_range(-3..20));
        if rng.random_ratio(1, 8) {
            f64::from(rng.random_range(-9..9)).round()
        } else {
            digits * scale
        }
    })
}

/// A table that is read has the values that were written. A dialect may be refused, but is never taken for
/// another.
#[test]
fn what_is_written_is_read_or_refused() {
    let mut rng = StdRng::seed_from_u64(1);
    let (mut read, mut refused) = (0, 0);
    for case in 0..4000 {
        let matrix = draw(&mut rng);
        let dialect = Dialect::draw(&mut rng);
        let text = dialect.write(&matrix);
        let options = Options {
            column: matrix.cols() == 1,
            ..Options::default()
        };
        match parse(Format::Text, text.as_bytes(), &options) {
            Ok(table) => {
                assert_eq!(
                    table.matrix, matrix,
                    "seed 1, case {case}, {dialect:?}: {text:?}"
                );
                let names = (0..matrix.cols()).filter(|_| dialect.header);
                let names: Vec<String> = names.map(|j| format!("x{j}")).collect();
                assert_eq!(
                    table.names(),
                    names,
                    "seed 1, case {case}, {dialect:?}: {text:?}"
                );
                read += 1;
            }
            Err(reason) => {
                let reason = reason.to_string();
                assert!(
                    reason.contains("; choose with --"),
                    "seed 1, case {case}, {dialect:?}: {text:?}: {reason}"
                );
                refused += 1;
            }
        }
        // With the flags, nothing is ambiguous.
        let options = Options {
            header: Some(dialect.header),
            index_column: Some(dialect.index.is_some()),
            delimiter: Some(match dialect.delimiter.trim() {
                "" if dialect.delimiter == "\t" => Delimiter::Tab,
                "" => Delimiter::Blank,
                name => name.parse().unwrap(),
            }),
            decimal: Some(dialect.decimal.parse().unwrap()),
            ..Options::default()
        };
        let table = parse(Format::Text, text.as_bytes(), &options);
        let matrix_read = table.map(|table| table.matrix);
        assert_eq!(
            matrix_read.as_ref(),
            Ok(&matrix),
            "seed 1, case {case}, {dialect:?}: {text:?}"
        );
    }
    // Few of these are ambiguous.
    assert!(read > 10 * refused, "{read} were read, {refused} refused");
}

const PIECES: [&str; 40] = [
    ",",
    ";",
    "\t",
    " ",
    "|",
    "\n",
    "\r",
    "\r\n",
    "\"",
    "#",
    "#N/A",
    "NA",
    "nan",
    "inf",
    "1",
    "2.5",
    "1,5",
    "-3",
    "1e5",
    "1D2",
    "0",
    "x",
    "name",
    "1_000",
    "\u{2212}",
    "%",
    "'",
    "\u{feff}",
    "\u{0}",
    "sep=;",
    "1,234",
    ".",
    "-",
    "{'descr'",
    ": '<f8'",
    "(3, 2)",
    "%%MatrixMarket",
    "matrix",
    "array",
    "real general",
];

const SEEDS: [(Format, &[u8]); 5] = [
    (Format::Text, b",x,y\n0,1.5,2\n1,3,4.5\n"),
    (Format::Text, b"x;y\n1,5;2\n"),
    (Format::MatrixMarket, b"%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n1 1 1.5\n2 1 2\n"),
    (Format::MatrixMarket, b"%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n4\n"),
    (Format::Npy, b"\x93NUMPY\x01\x00\x3c\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }  \n\0\0\x80\x3f\0\0\0\x40"),
];

fn damaged(seed: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..rng.random_range(0..6) {
        let at = rng.random_range(0..=bytes.len());
        let to = rng.random_range(at..=bytes.len().min(at + 4));
        let piece = PIECES[rng.random_range(0..PIECES.len())].as_bytes();
        match rng.random_range(0..4) {
            0 => drop(bytes.splice(at..to, piece.iter().copied())),
            1 => drop(bytes.drain(at..to)),
            2 => drop(bytes.splice(at..at, piece.iter().copied())),
            _ => bytes.extend_from_slice(piece),
        }
    }
    bytes
}

fn random_options(rng: &mut StdRng) -> Options {
    let some = |rng: &mut StdRng| rng.random_ratio(1, 8);
    Options {
        header: some(rng).then(|| rng.random()),
        index_column: some(rng).then(|| rng.random()),
        delimiter: some(rng).then(|| Delimiter::ALL[rng.random_range(0..5)]),
        decimal: some(rng).then(|| [Decimal::Point, Decimal::Comma][rng.random_range(0..2)]),
        column: rng.random(),
        max_entries: 1 << 10,
    }
}

/// The bytes that may be in memory at once, in addition to a buffer and a message.
fn limit(bytes: &[u8], options: &Options, format: Format) -> u64 {
    // A sparse file becomes dense.
    let dense = if format == Format::MatrixMarket {
        8 * options.max_entries as u64
    } else {
        0
    };
    10 * bytes.len() as u64 + dense + 16_384
}

#[test]
fn a_damaged_file_is_read_or_refused_in_one_line_and_in_little_memory() {
    let mut rng = StdRng::seed_from_u64(2);
    for case in 0..20_000 {
        let (format, seed) = SEEDS[rng.random_range(0..SEEDS.len())];
        let bytes = damaged(seed, &mut rng);
        let options = random_options(&mut rng);
        let mut outcome = None;
        let taken = allocation_counter::measure(|| {
            outcome = Some(parse(format, &bytes, &options));
        });
        let shown = String::from_utf8_lossy(&bytes);
        match outcome.expect("it was parsed") {
            Ok(table) => {
                let entries = table.matrix.data();
                assert!(
                    entries.iter().all(|entry| entry.is_finite()),
                    "seed 2, case {case}: {shown:?}"
                );
                assert!(!entries.is_empty() && entries.len() <= options.max_entries);
            }
            Err(refused) => {
                let message = refused.to_string();
                assert!(
                    !message.contains(['\n', '\r']) && !message.is_empty() && message.len() < 300,
                    "seed 2, case {case}: {shown:?}: {message:?}"
                );
            }
        }
        assert!(
            taken.bytes_max <= limit(&bytes, &options, format),
            "seed 2, case {case}: {} bytes for {shown:?}",
            taken.bytes_max
        );
    }
}

/// The files whose entries take the fewest bytes.
#[test]
fn a_dense_file_takes_less_than_ten_times_its_length() {
    let n = 40_000;
    let mut npy = b"\x93NUMPY\x01\x00\x46\x00".to_vec();
    let header = format!("{{'descr': '|b1', 'fortran_order': False, 'shape': ({n}, 5), }}");
    npy.extend(format!("{header:69}\n").bytes());
    npy.extend(vec![1; 5 * n]);
    let mtx = format!(
        "%%MatrixMarket matrix array real general\n{n} 1\n{}",
        "1\n".repeat(n)
    );
    let files = [
        (Format::Npy, npy),
        (Format::MatrixMarket, mtx.into_bytes()),
        (Format::Text, "1\n".repeat(n).into_bytes()),
        (Format::Text, "1,".repeat(n).into_bytes()),
        (
            Format::Text,
            ["a,".repeat(n), "1,".repeat(n)].join("\n").into_bytes(),
        ),
        (
            Format::Text,
            ["1 ".repeat(n), "1\t".repeat(n)].join("\n").into_bytes(),
        ),
        (
            Format::Text,
            [&*"a".repeat(n), "1\n"].join("\n").into_bytes(),
        ),
        (Format::Text, "\"1\",\"1\"\n".repeat(n).into_bytes()),
        (Format::Text, "#\n".repeat(n).into_bytes()),
        (Format::Text, ",".repeat(n).into_bytes()),
        (Format::Text, "\"".repeat(n).into_bytes()),
    ];
    let options = Options::default();
    for (format, bytes) in files {
        let taken = allocation_counter::measure(|| {
            let _ = parse(format, &bytes, &options);
        });
        let start = String::from_utf8_lossy(&bytes[..12]).into_owned();
        assert!(
            taken.bytes_max < 10 * bytes.len() as u64,
            "{start:?}: {} bytes for {}",
            taken.bytes_max,
            bytes.len()
        );
    }
}
