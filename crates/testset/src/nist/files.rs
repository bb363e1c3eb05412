//! The files of the data sets, with the digits of NIST's files.
//!
//! A file has a line `key: value` for its source, the difficulty, the model, the two starts and each
//! certified value. After the line `data:`, there is one line per observation: yᵢ, then each predictor.

use std::sync::LazyLock;

use super::data_set::{Certified, DataSet, Difficulty};
use super::model::Model;

/// The files, in the order of NIST's tables.
const FILES: [(&str, &str); 27] = [
    ("Misra1a", include_str!("../../data/nist/Misra1a.txt")),
    ("Chwirut2", include_str!("../../data/nist/Chwirut2.txt")),
    ("Chwirut1", include_str!("../../data/nist/Chwirut1.txt")),
    ("Lanczos3", include_str!("../../data/nist/Lanczos3.txt")),
    ("Gauss1", include_str!("../../data/nist/Gauss1.txt")),
    ("Gauss2", include_str!("../../data/nist/Gauss2.txt")),
    ("DanWood", include_str!("../../data/nist/DanWood.txt")),
    ("Misra1b", include_str!("../../data/nist/Misra1b.txt")),
    ("Kirby2", include_str!("../../data/nist/Kirby2.txt")),
    ("Hahn1", include_str!("../../data/nist/Hahn1.txt")),
    ("Nelson", include_str!("../../data/nist/Nelson.txt")),
    ("MGH17", include_str!("../../data/nist/MGH17.txt")),
    ("Lanczos1", include_str!("../../data/nist/Lanczos1.txt")),
    ("Lanczos2", include_str!("../../data/nist/Lanczos2.txt")),
    ("Gauss3", include_str!("../../data/nist/Gauss3.txt")),
    ("Misra1c", include_str!("../../data/nist/Misra1c.txt")),
    ("Misra1d", include_str!("../../data/nist/Misra1d.txt")),
    ("Roszman1", include_str!("../../data/nist/Roszman1.txt")),
    ("ENSO", include_str!("../../data/nist/ENSO.txt")),
    ("MGH09", include_str!("../../data/nist/MGH09.txt")),
    ("Thurber", include_str!("../../data/nist/Thurber.txt")),
    ("BoxBOD", include_str!("../../data/nist/BoxBOD.txt")),
    ("Rat42", include_str!("../../data/nist/Rat42.txt")),
    ("MGH10", include_str!("../../data/nist/MGH10.txt")),
    ("Eckerle4", include_str!("../../data/nist/Eckerle4.txt")),
    ("Rat43", include_str!("../../data/nist/Rat43.txt")),
    ("Bennett5", include_str!("../../data/nist/Bennett5.txt")),
];

/// The data sets, parsed at the first use.
pub(super) static DATA_SETS: LazyLock<Vec<DataSet>> = LazyLock::new(|| {
    let parsed = FILES.map(|(name, text)| {
        parse(name, text).unwrap_or_else(|| panic!("{name}.txt of this crate is not a data set"))
    });
    parsed.into()
});

/// The data set, or `None` if a line is missing or a number cannot be read.
fn parse(name: &'static str, text: &str) -> Option<DataSet> {
    let (head, rows) = text.split_once("\ndata:")?;
    let value = |key: &str| {
        let lines = &mut head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(found, _)| *found == key)
            .map(|(_, value)| value)
    };
    let numbers = |key: &str| leaked_numbers(value(key)?.split(' '));
    let number = |key: &str| value(key)?.parse().ok();
    let (columns, rows) = rows.trim().split_once('\n')?;
    let column = |j: usize| {
        leaked_numbers(
            rows.lines()
                .map(|row| row.split(' ').nth(j).unwrap_or_default()),
        )
    };
    let predictors: Option<Vec<_>> = (1..columns.split(' ').count()).map(column).collect();
    Some(DataSet {
        name,
        difficulty: Difficulty::named(value("difficulty")?)?,
        model: Model::named(value("model")?)?,
        y: column(0)?,
        x: predictors?.leak(),
        starts: [numbers("start 1")?, numbers("start 2")?],
        certified: Certified {
            parameters: numbers("certified parameters")?,
            standard_errors: numbers("certified standard errors")?,
            residual_sum_of_squares: number("certified residual sum of squares")?,
            residual_standard_deviation: number("certified residual standard deviation")?,
        },
    })
}

/// Leaked once for the life of the program, like the constants of a table.
fn leaked_numbers<'t>(words: impl Iterator<Item = &'t str>) -> Option<&'static [f64]> {
    let numbers: Result<Vec<f64>, _> = words.map(str::parse).collect();
    Some(numbers.ok()?.leak())
}
