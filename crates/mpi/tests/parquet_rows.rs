//! Columns of Parquet files: the rows that were written, and a refusal of everything else.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use leastwise_mpi::{ParquetRows, Table};
use leastwise_optim::Rows;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::tables::Folder;

/// The columns of the files here. `NAMES` have numbers.
const SCHEMA: &str = "message rows {
    REQUIRED DOUBLE d;
    REQUIRED BYTE_ARRAY text (UTF8);
    OPTIONAL FLOAT f;
    OPTIONAL INT32 i (INTEGER(16, true));
    REQUIRED INT64 long;
    REQUIRED INT64 time (TIMESTAMP(MILLIS, true));
    REQUIRED INT32 unsigned (INTEGER(32, false));
    OPTIONAL INT32 cents (DECIMAL(9, 2));
    REPEATED DOUBLE list;
}";

const NAMES: [&str; 4] = ["d", "f", "i", "long"];

/// Writes rows of `NAMES` in row groups that end at `ends`. In row `hole`, f has no value.
fn write(
    path: &Path,
    rows: &[[f64; 4]],
    ends: &[usize],
    compression: Compression,
    hole: Option<usize>,
) {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_data_page_row_count_limit(7)
        .set_write_batch_size(5)
        .build();
    let file = File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    let mut first = 0;
    for &end in ends {
        let own = &rows[first..end];
        let (ones, zeros) = (vec![1; own.len()], vec![0; own.len()]);
        let mut group = writer.next_row_group().unwrap();
        let mut place = 0;
        while let Some(mut column) = group.next_column().unwrap() {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "these are small whole numbers"
            )]
            let written = match (column.untyped(), place) {
                (ColumnWriter::DoubleColumnWriter(column), 0) => {
                    let values: Vec<f64> = own.iter().map(|row| row[0]).collect();
                    column.write_batch(&values, None, None)
                }
                (ColumnWriter::DoubleColumnWriter(column), _) => {
                    column.write_batch(&[], Some(&zeros), Some(&zeros))
                }
                (ColumnWriter::ByteArrayColumnWriter(column), _) => {
                    let values = vec![b"word".to_vec().into(); own.len()];
                    column.write_batch(&values, None, None)
                }
                (ColumnWriter::FloatColumnWriter(column), _) => {
                    let present = |row: usize| Some(row) != hole;
                    let levels: Vec<i16> = (first..end).map(|row| present(row).into()).collect();
                    let known = (first..end).filter(|row| present(*row));
                    let values: Vec<f32> = known.map(|row| rows[row][1] as f32).collect();
                    column.write_batch(&values, Some(&levels), None)
                }
                (ColumnWriter::Int32ColumnWriter(column), _) => {
                    let values: Vec<i32> = own.iter().map(|row| row[2] as i32).collect();
                    // A column that is required ignores levels.
                    column.write_batch(&values, Some(&ones), None)
                }
                (ColumnWriter::Int64ColumnWriter(column), _) => {
                    let values: Vec<i64> = own.iter().map(|row| row[3] as i64).collect();
                    column.write_batch(&values, None, None)
                }
                _ => panic!("column {place}"),
            };
            written.unwrap();
            column.close().unwrap();
            place += 1;
        }
        group.close().unwrap();
        first = end;
    }
    writer.close().unwrap();
}

/// Multiples of 1/8 have the same value in f4 and f8.
fn random_rows(count: usize, random: &mut StdRng) -> Vec<[f64; 4]> {
    let mut number = || f64::from(random.random_range(-800..800));
    let row = |_| [number() / 8.0, number() / 8.0, number(), 1e15 + number()];
    (0..count).map(row).collect()
}

#[test]
fn every_row_is_the_one_that_was_written() {
    let folder = Folder::new("parquet");
    let path = folder.file("a.parquet");
    for seed in 0..80usize {
        let mut random = StdRng::seed_from_u64(seed as u64);
        let count = random.random_range(0..60);
        let rows = random_rows(count, &mut random);
        let compression = match seed % 3 {
            0 => Compression::UNCOMPRESSED,
            1 => Compression::SNAPPY,
            _ => Compression::ZSTD(ZstdLevel::default()),
        };
        // Some row groups are empty.
        let mut ends: Vec<usize> = (0..3).map(|_| random.random_range(0..=count)).collect();
        ends.push(count);
        ends.sort_unstable();
        write(&path, &rows, &ends, compression, None);
        let columns: Vec<usize> = (0..random.random_range(1..5))
            .map(|_| random.random_range(0..NAMES.len()))
            .collect();
        let names: Vec<&str> = columns.iter().map(|&column| NAMES[column]).collect();
        let table = ParquetRows::open(&path, &names).unwrap();
        assert_eq!((table.rows(), table.columns()), (count, columns.len()));
        let begin = random.random_range(0..=count);
        let own = random.random_range(0..=count - begin);
        let table = table.with_rows(begin..begin + own).unwrap();
        assert_eq!(table.rows(), own);
        let expected = |listed: &[usize]| -> Vec<f64> {
            let rows = listed.iter().map(|&row| &rows[begin + row]);
            let entries = rows.flat_map(|row| columns.iter().map(|&column| row[column]));
            entries.collect()
        };
        for _ in 0..5 {
            let first = random.random_range(0..=own);
            let adjacent: Vec<usize> = (first..random.random_range(first..=own)).collect();
            let mut entries = vec![f64::NAN; adjacent.len() * columns.len()];
            table.read(Rows::From(first), &mut entries).unwrap();
            assert_eq!(entries, expected(&adjacent), "seed {seed}");
            // In any order.
            let listed = adjacent.iter().map(|_| random.random_range(0..own));
            let listed: Vec<usize> = listed.collect();
            table.read(Rows::Listed(&listed), &mut entries).unwrap();
            assert_eq!(entries, expected(&listed), "seed {seed}");
        }
        let mut entries = vec![0.0; columns.len()];
        assert!(table.read(Rows::From(own), &mut entries).is_err());
    }
}

#[test]
fn what_has_no_numbers_is_refused_with_its_column_or_row() {
    let folder = Folder::new("parquet-refused");
    let path = folder.file("a.parquet");
    let rows = random_rows(40, &mut StdRng::seed_from_u64(1));
    write(&path, &rows, &[11, 30, 40], Compression::SNAPPY, Some(17));
    let all = "d, text, f, i, long, time, unsigned, cents, list";
    assert_eq!(ParquetRows::names(&path).unwrap().join(", "), all);
    let name = format!("ParquetRows: path {}", path.display());
    let refusal = |columns: &[&str]| {
        let refused = ParquetRows::open(&path, columns);
        refused.unwrap_err().to_string()
    };
    let expected = format!("{name} has no column \"e\"; its columns are {all}");
    assert_eq!(refusal(&["d", "e"]), expected);
    let expected = format!("{name} must have one column or more");
    assert_eq!(refusal(&[]), expected);
    let expected = format!("{name} has lists in its column list");
    assert_eq!(refusal(&["list"]), expected);
    for column in ["text", "time", "unsigned", "cents"] {
        let expected = format!(
            "{name} must have floating-point numbers or signed integers in its column {column}, but it has "
        );
        let message = refusal(&[column]);
        assert!(message.starts_with(&expected), "{message}");
    }

    let table = ParquetRows::open(&path, &["d", "f"]).unwrap();
    let mut entries = [0.0; 2];
    table.read(Rows::From(10), &mut entries).unwrap();
    assert_eq!(entries, rows[10][..2]);
    let error = table.read(Rows::From(11), &mut entries).unwrap_err();
    assert_eq!(error.to_string(), format!("{name} has no value in row 17"));
    // The next row group is whole.
    table.read(Rows::From(30), &mut entries).unwrap();
    assert_eq!(entries, rows[30][..2]);
    let beyond = table.with_rows(39..41).unwrap_err().to_string();
    let expected = format!("{name} must have the rows 39..41, but it has 40");
    assert_eq!(beyond, expected);

    fs::write(&path, "t,y\n1,2\n").unwrap();
    let message = refusal(&["t"]);
    assert!(message.starts_with(&format!("{name} is no Parquet file: ")));
    fs::remove_file(&path).unwrap();
    let message = refusal(&["t"]);
    assert!(message.starts_with(&format!("{name} cannot be opened: ")));
}

/// A Parquet file has its description at the end.
#[test]
fn a_file_that_is_cut_off_is_refused() {
    let folder = Folder::new("parquet-cut");
    let path = folder.file("a.parquet");
    let rows = random_rows(20, &mut StdRng::seed_from_u64(2));
    write(&path, &rows, &[20], Compression::UNCOMPRESSED, None);
    let bytes = fs::read(&path).unwrap();
    for end in (0..bytes.len()).step_by(13) {
        fs::write(&path, &bytes[..end]).unwrap();
        assert!(ParquetRows::open(&path, &["d"]).is_err(), "{end} bytes");
    }
}

/// Files that pyarrow 26.0 and Polars 2.1 wrote, with the columns t = i/8, name, counts = 400 − 3·i + 37·i mod 11 as INT64, and
/// err = (1 + i mod 5)/8 as FLOAT, in row groups of 70 rows. Polars compresses by Zstandard.
#[test]
fn files_of_pyarrow_and_polars_are_read() {
    for name in ["pyarrow", "polars"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let path = folder.join(format!("{name}.parquet"));
        let table = ParquetRows::open(path, &["err", "t", "counts"]).unwrap();
        assert_eq!(table.rows(), 200);
        let mut entries = vec![0.0; 600];
        table.read(Rows::From(0), &mut entries).unwrap();
        for (i, row) in (0..200).zip(entries.chunks_exact(3)) {
            let counts = 400 - 3 * i + 37 * i % 11;
            let expected = [
                f64::from(1 + i % 5) / 8.0,
                f64::from(i) / 8.0,
                f64::from(counts),
            ];
            assert_eq!(row, expected, "{name}, row {i}");
        }
    }
}
