//! The problems of the conformance suite, solved by the own calls of each library and through its adapter.
//!
//! The suite itself tests backends. A library's own call reports no rank, and may crash or hang, so each library has a
//! process of its own here.

use std::collections::BTreeMap;
use std::str::FromStr;

use leastwise_backends::AdapterScalar;
use leastwise_conformance::suite::{self, Case};
use leastwise_conformance::verdict::{self, Answer};
use leastwise_conformance::{LeastSquaresTruth, Widen};
use leastwise_core::{Mat, Method};
use leastwise_harness::library::{Called, Library};
use leastwise_harness::model::ScalarType;
use leastwise_harness::peers;
use leastwise_report::{Cell, Column, Document, Section, Table};
use serde::{Deserialize, Serialize};

use crate::libraries::{self, Hand, Solved, System, Way};
use crate::study::{self, Rows, Study, StudyArgs, number};

/// The flags of `conformance --contenders`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Contenders {
    /// The contenders
    #[arg(long)]
    list: String,
}

impl Contenders {
    pub(crate) fn new(list: &str) -> Self {
        Self {
            list: list.to_owned(),
        }
    }
}

/// Runs the problems, and shows and stores the cells.
///
/// # Errors
/// As for [`study::run`].
pub(crate) fn run(args: &StudyArgs<Contenders>) -> anyhow::Result<()> {
    study::run(args)
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    calls: Vec<Call>,
    cases: Vec<(ScalarType, String)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Call {
    /// The library with its version.
    library: String,
    label: String,
    /// Whether it is a backend of Leastwise.
    ours: bool,
    /// The name of the process.
    process: String,
    method: String,
    way: Way,
}

/// The outcomes of one problem.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Row {
    /// A problem of the suite. One letter for each call, see [`Outcome`].
    Case {
        scalar: ScalarType,
        name: String,
        cells: String,
    },
    /// A system of a user.
    Own { system: usize, answers: Vec<Given> },
}

/// The answer to a system of a user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Given {
    outcome: Outcome,
    x: Vec<Number>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Number(#[serde(with = "number")] f64);

/// The outcome of one problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Outcome {
    Right,
    /// A refusal of a method that cannot solve this problem.
    MayRefuse,
    /// A refusal of a method that has to solve it.
    Refused,
    Wrong,
    NotFinite,
    Panicked,
    TimedOut,
    Died,
    NotOffered,
}

impl Outcome {
    const ALL: [(Self, char); 9] = [
        (Self::Right, 'r'),
        (Self::MayRefuse, 'm'),
        (Self::Refused, 'f'),
        (Self::Wrong, 'w'),
        (Self::NotFinite, 'n'),
        (Self::Panicked, 'p'),
        (Self::TimedOut, 't'),
        (Self::Died, 'd'),
        (Self::NotOffered, '-'),
    ];

    fn letter(self) -> char {
        let found = Self::ALL.into_iter().find(|(outcome, _)| *outcome == self);
        found.map_or('-', |(_, letter)| letter)
    }

    fn of_letter(letter: char) -> Self {
        let found = Self::ALL.into_iter().find(|(_, known)| *known == letter);
        found.map_or(Self::NotOffered, |(outcome, _)| outcome)
    }
}

/// Systems as users have them: the name, the solution, and the scalar type.
const OWN: [(&str, &str, ScalarType); 3] = [
    ("repeated column", "(1, 1, 1, 3)", ScalarType::F64),
    ("line", "(−2, 3)", ScalarType::F32),
    ("near 1e-200", "(1, 2, 3)", ScalarType::F64),
];

/// The entries of a system of [`OWN`]. All of them are exact in its scalar type.
fn own_system<T: Widen>(system: usize) -> (Mat<T>, Mat<T>) {
    let rounded = |rows, cols, entry: &dyn Fn(usize, usize) -> f64| {
        Mat::from_fn(rows, cols, |i, j| T::of(entry(i, j)))
    };
    match system {
        0 => {
            let t = |i: usize| (i + 1) as f64;
            let a = rounded(8, 4, &|i, j| t(i).powi([0, 1, 1, 2][j]));
            (
                a,
                rounded(8, 1, &|i, _| 1.0 + 2.0 * t(i) + 3.0 * t(i).powi(2)),
            )
        }
        1 => {
            // Exact in f32, as −2 + 3·t is.
            let t = |i: usize| 1.0 + i as f64 * 2f64.powi(-18);
            let a = rounded(20_000, 2, &|i, j| if j == 0 { 1.0 } else { t(i) });
            (a, rounded(20_000, 1, &|i, _| -2.0 + 3.0 * t(i)))
        }
        _ => {
            let rows = [
                [2.0, 1.0, 0.0],
                [1.0, 3.0, 1.0],
                [0.0, 1.0, 2.0],
                [1.0, 1.0, 1.0],
            ];
            let unit = 2f64.powi(-664);
            let a = rounded(4, 3, &|i, j| unit * rows[i][j]);
            let side = |i: usize| rows[i][0] + 2.0 * rows[i][1] + 3.0 * rows[i][2];
            (a, rounded(4, 1, &|i, _| unit * side(i)))
        }
    }
}

impl Study for Contenders {
    const NAME: &'static str = "contenders";
    const MISSED: &'static str = "a backend of Leastwise is wrong";
    const IS_TIMED: bool = false;
    type Plan = Plan;
    type Row = Row;

    fn plan(&self) -> anyhow::Result<Plan> {
        let mut calls = Vec::new();
        for library in peers::libraries() {
            calls.extend(calls_of(&library, true));
        }
        for library in libraries::contenders(&self.list)? {
            calls.extend(calls_of(&library, false));
        }
        let double = suite::problems::<f64>().into_iter();
        let single = suite::problems::<f32>().into_iter();
        let double = double.map(|case| (ScalarType::F64, case.name));
        let cases = double.chain(single.map(|case| (ScalarType::F32, case.name)));
        Ok(Plan {
            calls,
            cases: cases.collect(),
        })
    }

    fn run(plan: &Plan, rows: &mut Rows<Row>) -> anyhow::Result<()> {
        rows.expect((plan.cases.len() + OWN.len()) as f64);
        let mut callers = Callers::new(plan);
        for (system, (_, _, scalar)) in OWN.iter().enumerate() {
            rows.take(|| match scalar {
                ScalarType::F32 => callers.own::<f32>(*scalar, system),
                ScalarType::F64 => callers.own::<f64>(*scalar, system),
            })?;
        }
        for case in suite::problems::<f64>() {
            rows.take(|| callers.case(ScalarType::F64, &case))?;
        }
        for case in suite::problems::<f32>() {
            rows.take(|| callers.case(ScalarType::F32, &case))?;
        }
        Ok(())
    }

    fn fits(plan: &Plan, row: &Row) -> bool {
        match row {
            Row::Case { cells, .. } => cells.chars().count() == plan.calls.len(),
            Row::Own { system, answers } => {
                *system < OWN.len() && answers.len() == plan.calls.len()
            }
        }
    }

    fn parts(_plan: &Plan) -> Vec<String> {
        ["contenders", "contenders-systems"]
            .map(str::to_owned)
            .to_vec()
    }

    fn document(record: &Record) -> Document {
        Document::new("The suite's problems by the calls of each library")
            .with(cells(record))
            .with(systems(record))
    }

    fn bars(record: &Record) -> Vec<String> {
        let calls = record.header.plan.calls.iter().enumerate();
        let ours = calls.filter(|(_, call)| call.ours && matches!(call.way, Way::Backend(_)));
        let line = |(number, call): (usize, &Call)| {
            let counts = counts(record, number);
            let wrong: usize = [Outcome::Wrong, Outcome::NotFinite, Outcome::Panicked]
                .iter()
                .filter_map(|outcome| counts.get(outcome))
                .sum();
            (wrong > 0).then(|| format!("{} {}: {wrong}", call.library, call.label))
        };
        ours.filter_map(line).collect()
    }
}

type Record = study::Record<Plan, Row>;

fn calls_of(library: &Library, ours: bool) -> Vec<Call> {
    let name = format!("{} {}", library.library, library.version);
    let call = |label: String, method: Method, way| Call {
        library: name.clone(),
        label,
        ours,
        process: library.name.to_owned(),
        method: method.name().to_owned(),
        way,
    };
    let own = f64::calls(library).iter().enumerate();
    let mut calls: Vec<Call> = own
        .map(|(place, own)| call(own.name.to_owned(), own.method, Way::Call(place)))
        .collect();
    let methods = f64::backend(library).map_or(&[][..], |backend| backend.info().methods);
    calls.extend(methods.iter().map(|(method, _)| {
        let way = Way::Backend(method.name().to_owned());
        call(format!("as a backend, {method}"), *method, way)
    }));
    calls
}

/// The calls with their processes, and what each lost.
struct Callers<'p> {
    plan: &'p Plan,
    hands: BTreeMap<String, Hand>,
    /// The number of entries of A at which a call lost its process. It is not tried again with as many.
    lost: BTreeMap<(usize, &'static str), (usize, Outcome)>,
}

impl<'p> Callers<'p> {
    fn new(plan: &'p Plan) -> Self {
        let names = plan.calls.iter().map(|call| call.process.clone());
        Self {
            plan,
            hands: names.map(|name| (name.clone(), Hand::new(&name))).collect(),
            lost: BTreeMap::new(),
        }
    }

    fn case<T: AdapterScalar + Widen>(
        &mut self,
        scalar: ScalarType,
        case: &Case<T>,
    ) -> anyhow::Result<Row> {
        let answers = self.answers(scalar, &case.a, &case.b)?;
        Ok(Row::Case {
            scalar,
            name: case.name.clone(),
            cells: answers
                .iter()
                .map(|(outcome, _)| outcome.letter())
                .collect(),
        })
    }

    fn own<T: AdapterScalar + Widen>(
        &mut self,
        scalar: ScalarType,
        system: usize,
    ) -> anyhow::Result<Row> {
        let (a, b) = own_system::<T>(system);
        let answers = self.answers(scalar, &a, &b)?.into_iter();
        let answers = answers.map(|(outcome, x)| Given {
            outcome,
            x: x.into_iter().map(Number).collect(),
        });
        Ok(Row::Own {
            system,
            answers: answers.collect(),
        })
    }

    /// The outcome of each call, and its X.
    fn answers<T: AdapterScalar + Widen>(
        &mut self,
        scalar: ScalarType,
        a: &Mat<T>,
        b: &Mat<T>,
    ) -> anyhow::Result<Vec<(Outcome, Vec<f64>)>> {
        let (m, n) = (a.rows(), a.cols());
        let truth = LeastSquaresTruth::<T>::new(a.as_ref(), b.as_ref(), m.min(n));
        let system = System::new(a, b);
        let mut answers = Vec::new();
        for (number, call) in self.plan.calls.iter().enumerate() {
            let key = (number, scalar.name());
            if let Some(&(entries, lost)) = self.lost.get(&key)
                && m * n >= entries
            {
                answers.push((lost, Vec::new()));
                continue;
            }
            let hand = self.hands.entry(call.process.clone());
            let hand = hand.or_insert_with(|| Hand::new(&call.process));
            let method = Method::from_str(&call.method)?;
            let solved = hand.solve(scalar, &call.way, &system);
            let outcome = outcome(&solved, method, &truth, (n, b.cols()));
            if matches!(outcome, Outcome::TimedOut | Outcome::Died) {
                self.lost.insert(key, (m * n, outcome));
            }
            let x = match solved {
                Solved::X(x, _) => x,
                _ => Vec::new(),
            };
            answers.push((outcome, x));
        }
        Ok(answers)
    }
}

fn outcome<T: Widen>(
    solved: &Solved,
    method: Method,
    truth: &LeastSquaresTruth<T>,
    (rows, cols): (usize, usize),
) -> Outcome {
    match solved {
        Solved::Refused if verdict::may_refuse(method, truth) == Some(true) => Outcome::MayRefuse,
        Solved::Refused => Outcome::Refused,
        Solved::NotOffered => Outcome::NotOffered,
        Solved::Panicked => Outcome::Panicked,
        Solved::TimedOut => Outcome::TimedOut,
        Solved::Died => Outcome::Died,
        Solved::X(x, _) if x.iter().any(|xi| !xi.is_finite()) => Outcome::NotFinite,
        Solved::X(x, rank) => {
            let narrow = x.iter().map(|&xi| T::of(xi)).collect();
            let Ok(x) = Mat::from_col_major(narrow, rows, cols) else {
                return Outcome::Wrong;
            };
            let answer = Answer {
                x: &x,
                rank: *rank,
                residual_norms: None,
                singular_values: None,
            };
            match verdict::judge(method, truth, &answer).fault() {
                None => Outcome::Right,
                Some(_) => Outcome::Wrong,
            }
        }
    }
}

/// The number of cells of a call by outcome, over the suite and both scalar types.
fn counts(record: &Record, call: usize) -> BTreeMap<Outcome, usize> {
    let mut counts = BTreeMap::new();
    for row in &record.rows {
        if let Row::Case { cells, .. } = row {
            let letter = cells.chars().nth(call).unwrap_or('-');
            *counts.entry(Outcome::of_letter(letter)).or_default() += 1;
        }
    }
    counts
}

fn cells(record: &Record) -> Section {
    let names = ["library", "call"].map(Column::text).into_iter();
    let numbers = [
        "right",
        "may refuse",
        "refused",
        "wrong",
        "NaN",
        "panic",
        "lost",
    ];
    let mut table = Table::new(names.chain(numbers.map(Column::number)))
        .caption("The problems of the conformance suite, f64 and f32 together");
    for (number, call) in record.header.plan.calls.iter().enumerate() {
        let counts = counts(record, number);
        let count = |outcomes: &[Outcome]| {
            let sum: usize = outcomes
                .iter()
                .filter_map(|outcome| counts.get(outcome))
                .sum();
            Cell::number(
                sum as f64,
                if sum == 0 {
                    String::new()
                } else {
                    sum.to_string()
                },
            )
        };
        table.push([
            Cell::from(call.library.clone()),
            Cell::from(call.label.clone()),
            count(&[Outcome::Right]),
            count(&[Outcome::MayRefuse]),
            count(&[Outcome::Refused]),
            count(&[Outcome::Wrong]),
            count(&[Outcome::NotFinite]),
            count(&[Outcome::Panicked]),
            count(&[Outcome::TimedOut, Outcome::Died]),
        ]);
    }
    let cases = record.header.plan.cases.len();
    Section::new("Cells").with(table).paragraph(format!(
        "Each call solves {cases} problems, as far as it has a function for their shape and scalar type. Right is judged \
         as in the suite: backward error, minimum norm and rank, by a solution in extended precision. A method that needs \
         full rank may refuse other systems. Refused are systems that the method has to solve. Wrong answers are returned \
         as success. Lost means that the call takes more than 3 s, or that its process ends."
    ))
}

/// The answers of each library's own calls, and of the backends of Leastwise. The backends of contenders have no row.
fn systems(record: &Record) -> Section {
    let names = ["library", "call"].map(str::to_owned).into_iter();
    let names = names.chain(OWN.map(|(name, x, _)| format!("{name}: {x}")));
    let mut table =
        Table::new(names.map(Column::text)).caption("Three systems of users, and their answers");
    for (number, call) in record.header.plan.calls.iter().enumerate() {
        let (library, label) = match &call.way {
            Way::Call(_) => (call.process.clone(), call.label.clone()),
            Way::Backend(_) if !call.ours => continue,
            Way::Backend(method) => (format!("Leastwise over {}", call.process), method.clone()),
        };
        let label = label.split(['·', ',']).next().unwrap_or_default().trim();
        let answer = |system: usize| {
            let of_system = record.rows.iter().find_map(|row| match row {
                Row::Own {
                    system: own,
                    answers,
                } if *own == system => answers.get(number),
                _ => None,
            });
            of_system.map_or_else(String::new, shown)
        };
        let answers: Vec<String> = (0..OWN.len()).map(answer).collect();
        // A call for square systems has no row.
        if answers.iter().any(|answer| !answer.is_empty()) {
            table.push([library, label.to_owned()].into_iter().chain(answers));
        }
    }
    Section::new("Three systems").with(table).paragraph(
        "The heading has the solution of minimum norm. Repeated column: the columns 1, t, t and t² at 8 points. Line: \
         20000 points in f32, with t from 1 to 1.08. Near 1e-200: a 4×3 system. A word before an answer tells what is \
         wrong with it. A solution that is not the shortest counts as wrong.",
    )
}

fn shown(given: &Given) -> String {
    let x: Vec<String> = given.x.iter().map(|&Number(x)| short(x)).collect();
    let x = format!("({})", x.join(", "));
    match given.outcome {
        Outcome::Right => x,
        Outcome::Wrong => format!("wrong: {x}"),
        Outcome::NotFinite => format!("NaN: {x}"),
        Outcome::MayRefuse | Outcome::Refused => "refused".to_owned(),
        Outcome::Panicked => "panic".to_owned(),
        Outcome::TimedOut => "more than 3 s".to_owned(),
        Outcome::Died => "its process ends".to_owned(),
        Outcome::NotOffered => String::new(),
    }
}

/// Three digits, without zeros at the end.
fn short(x: f64) -> String {
    let size = x.abs();
    let text = if x == 0.0 {
        // Without the sign of −0.
        "0".to_owned()
    } else if (1e-3..1e5).contains(&size) {
        let decimals = match size {
            size if size < 1.0 => 3,
            size if size < 10.0 => 2,
            size if size < 100.0 => 1,
            _ => 0,
        };
        let text = format!("{x:.decimals$}");
        match text.split_once('.') {
            Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            None => text,
        }
    } else if x.is_nan() {
        "NaN".to_owned()
    } else {
        format!("{x:.0e}")
    };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_solutions_in_the_headings_are_right() {
        for (system, (_, heading, scalar)) in OWN.iter().enumerate() {
            let x = match scalar {
                ScalarType::F64 => solution::<f64>(system),
                ScalarType::F32 => solution::<f32>(system),
            };
            let shown: Vec<String> = x.iter().map(|&xi| short(xi)).collect();
            assert_eq!(*heading, format!("({})", shown.join(", ")));
        }
    }

    fn solution<T: AdapterScalar + Widen>(system: usize) -> Vec<f64> {
        let (a, b) = own_system::<T>(system);
        let smaller = a.rows().min(a.cols());
        let truth = LeastSquaresTruth::<T>::new(a.as_ref(), b.as_ref(), smaller);
        let x: Mat<T> = truth.with_numerical_rank().solution();
        x.data().iter().map(|xi| xi.as_f64()).collect()
    }

    #[test]
    fn letters_identify_outcomes() {
        for (outcome, letter) in Outcome::ALL {
            assert_eq!(outcome.letter(), letter);
            assert_eq!(Outcome::of_letter(letter), outcome);
        }
    }

    #[test]
    fn a_refusal_counts_only_if_the_method_has_to_solve() {
        let ones = Mat::from_fn(3, 2, |_, _| 1.0);
        let b = Mat::from_fn(3, 1, |i, _| i as f64);
        let truth = LeastSquaresTruth::<f64>::new(ones.as_ref(), b.as_ref(), 2);
        let of = |solved: &Solved, method| outcome(solved, method, &truth, (2, 1));
        assert_eq!(of(&Solved::Refused, Method::Qr), Outcome::MayRefuse);
        assert_eq!(of(&Solved::Refused, Method::Svd), Outcome::Refused);
        let right = Solved::X(vec![0.5, 0.5], Some(1));
        assert_eq!(of(&right, Method::Svd), Outcome::Right);
        let longer = Solved::X(vec![1.0, 0.0], None);
        assert_eq!(of(&longer, Method::Svd), Outcome::Wrong);
        let infinite = Solved::X(vec![f64::INFINITY, 0.0], None);
        assert_eq!(of(&infinite, Method::Svd), Outcome::NotFinite);
    }
}
