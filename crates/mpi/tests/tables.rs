//! Tables: every kind gives the same rows, and refuses what it does not have.

use std::fs;
use std::path::{Path, PathBuf};

use leastwise_mpi::{Checkpoint, Files, Generated, NpyRows, Resident, Table};
use leastwise_optim::{Resume, Rows};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A folder of this process that is removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("leastwise-mpi-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes a `.npy` file of version 1.0 as NumPy does.
pub(crate) fn write_npy(path: &Path, dtype: &str, shape: &str, numbers: &[f64]) {
    let text = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}");
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(length).unwrap().to_le_bytes());
    bytes.extend(format!("{text:<width$}\n", width = length - 1).bytes());
    for &number in numbers {
        match dtype {
            "<f8" => bytes.extend(number.to_le_bytes()),
            ">f8" => bytes.extend(number.to_be_bytes()),
            #[expect(clippy::cast_possible_truncation, reason = "tests write f32")]
            "<f4" => bytes.extend((number as f32).to_le_bytes()),
            #[expect(clippy::cast_possible_truncation, reason = "tests write f32")]
            _ => bytes.extend((number as f32).to_be_bytes()),
        }
    }
    fs::write(path, bytes).unwrap();
}

fn read(table: &dyn Table, rows: Rows<'_>, count: usize) -> Vec<f64> {
    let mut entries = vec![f64::NAN; count * table.columns()];
    table.read(rows, &mut entries).unwrap();
    entries
}

#[test]
fn every_table_has_the_same_rows() {
    let folder = Folder::new("tables");
    for seed in 0..60usize {
        let mut random = StdRng::seed_from_u64(seed as u64);
        let (rows, columns) = (random.random_range(0..40), random.random_range(1..5));
        // Multiples of 1/8 have the same value in f4 and f8.
        let number = |_| f64::from(random.random_range(-800..800)) / 8.0;
        let numbers: Vec<f64> = (0..rows * columns).map(number).collect();
        let dtype = ["<f8", ">f8", "<f4", ">f4"][seed % 4];
        let path = folder.file("a.npy");
        write_npy(&path, dtype, &format!("({rows}, {columns})"), &numbers);
        let whole = NpyRows::open(&path).unwrap();
        assert_eq!((whole.rows(), whole.columns()), (rows, columns));
        let generated = Generated::new(rows, columns, |row, entries: &mut [f64]| {
            entries.copy_from_slice(&numbers[row * columns..][..columns]);
        });
        let mut random = StdRng::seed_from_u64(seed as u64 + 1000);
        let mut cuts: Vec<usize> = (0..3).map(|_| random.random_range(0..=rows)).collect();
        cuts.extend([0, rows]);
        cuts.sort_unstable();
        let part = |ends: &[usize]| {
            let part = NpyRows::open(&path).unwrap();
            part.with_rows(ends[0]..ends[1]).unwrap()
        };
        let files = Files::new(columns, cuts.windows(2).map(part).collect()).unwrap();
        let resident = Resident::of(&whole).unwrap();
        assert_eq!(resident.entries(), Some(&numbers[..]));
        for table in [&whole as &dyn Table, &generated, &files, &resident] {
            assert_eq!(
                (table.rows(), table.columns()),
                (rows, columns),
                "seed {seed}"
            );
            for _ in 0..5 {
                let first = random.random_range(0..=rows);
                let count = random.random_range(0..=rows - first);
                let expected = &numbers[first * columns..(first + count) * columns];
                assert_eq!(
                    read(table, Rows::From(first), count),
                    expected,
                    "seed {seed}"
                );
            }
            let listed: Vec<usize> = (0..rows).filter(|row| row % 3 != 1).collect();
            let expected = listed
                .iter()
                .flat_map(|row| &numbers[row * columns..][..columns]);
            let expected: Vec<f64> = expected.copied().collect();
            assert_eq!(read(table, Rows::Listed(&listed), listed.len()), expected);
            // There is no row beyond the last one.
            let mut entries = vec![0.0; columns];
            assert!(
                table.read(Rows::From(rows), &mut entries).is_err(),
                "seed {seed}"
            );
            assert!(table.read(Rows::Listed(&[rows]), &mut entries).is_err());
        }
    }
}

#[test]
fn files_that_are_no_such_arrays_are_refused_with_their_path() {
    let folder = Folder::new("refused");
    let path = folder.file("a.npy");
    let refusal = || NpyRows::open(&path).unwrap_err().to_string();
    let name = format!("NpyRows: path {}", path.display());
    assert!(refusal().starts_with(&format!("{name} cannot be opened: ")));
    fs::write(&path, "x,y\n1,2\n").unwrap();
    assert!(refusal().starts_with(&format!("{name} is not a NumPy file")));
    write_npy(&path, "<f8", "(3, 2)", &[1.0; 5]);
    assert!(
        refusal().contains(
            "must have the 3x2 numbers of its header after byte 128, but it has 168 bytes"
        )
    );
    write_npy(&path, "<f8", "(6,)", &[1.0; 6]);
    assert!(refusal().contains("must have two dimensions, but its shape is [6]"));
    write_npy(&path, "<i8", "(3, 2)", &[1.0; 6]);
    assert!(refusal().contains("must have the dtype f4 or f8, but it has <i8"));
    write_npy(&path, "<f8", "(3, 2)", &[1.0; 6]);
    let rows = NpyRows::open(&path).unwrap().with_rows(2..4);
    assert!(
        rows.unwrap_err()
            .to_string()
            .ends_with("must have the rows 2..4, but it has 3")
    );
}

/// What is written is read, whatever the numbers are.
#[test]
fn checkpoints_keep_every_bit() {
    let folder = Folder::new("checkpoints");
    let path = folder.file("run.checkpoint");
    for seed in 0..100usize {
        let mut random = StdRng::seed_from_u64(seed as u64);
        let count = random.random_range(1..8);
        let mut finite = || {
            loop {
                let number = f64::from_bits(random.random());
                if number.is_finite() {
                    return number;
                }
            }
        };
        let checkpoint = Checkpoint(Resume {
            parameters: (0..count).map(|_| finite()).collect(),
            radius: finite(),
            steps: seed,
        });
        checkpoint.write(&path).unwrap();
        let read = Checkpoint::read(&path).unwrap().unwrap();
        let bits =
            |c: &Checkpoint| -> Vec<u64> { c.0.parameters.iter().map(|p| p.to_bits()).collect() };
        assert_eq!(bits(&read), bits(&checkpoint));
        assert_eq!(read, checkpoint);
        // A part of a file is refused.
        let text = fs::read_to_string(&path).unwrap();
        for end in (0..text.len() - 1).step_by(7) {
            fs::write(&path, &text[..end]).unwrap();
            let error = Checkpoint::read(&path).unwrap_err().to_string();
            assert!(
                error.ends_with("is not a checkpoint of this version"),
                "{error}"
            );
        }
    }
}
