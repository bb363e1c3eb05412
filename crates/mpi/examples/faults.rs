//! A parallel fit that goes wrong on purpose, for the tests of this crate:
//! `mpirun -n 3 faults KIND FILE`, where FILE has rows (x, y) as `.npy`.

use std::process::ExitCode;

use leastwise_core::{Error, Result};
use leastwise_faer::Faer;
use leastwise_mpi::{Checkpoint, Checkpoints, NpyRows, Resident, Table, TableCurve, share};
use leastwise_optim::ranks::Ranks;
use leastwise_optim::{Budget, FiniteDifferences, Fit, Fitted, Resume, RobustLoss};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, file, others @ ..] = &arguments[..] else {
        eprintln!("error: faults needs KIND FILE");
        return ExitCode::from(2);
    };
    if kind == "write-for-ever" {
        return write_for_ever(file);
    }
    leastwise_mpi::main(|ranks| {
        let fitted = program(ranks, kind, file, others.first().map(String::as_str))?;
        // What all ranks have in common, to the last bit.
        let own = format!("{:?} {:?}\n{fitted}", fitted.parameters, fitted.covariance);
        let all = ranks.gather(Ok::<_, Error>(own))?;
        let same = all.iter().all(|other| *other == all[0]);
        if ranks.is_first() {
            println!("{}\nsame on all ranks: {same}", all[0]);
        }
        Ok::<_, Error>(())
    })
}

fn program(ranks: &Ranks, kind: &str, file: &str, other: Option<&str>) -> Result<Fitted<f64>> {
    let is_last = ranks.rank() + 1 == ranks.count();
    let file = if kind == "unreadable" && is_last {
        format!("{file}.missing")
    } else {
        file.to_owned()
    };
    let table = NpyRows::open(&file).and_then(|table| {
        let rows = table.rows();
        // Ranks without rows: all but the first and the last.
        let own = match kind {
            "few" if ranks.count() == 1 => 0..rows,
            "few" if ranks.rank() == 0 => 0..rows / 3,
            "few" if is_last => rows / 3..rows,
            "few" => 0..0,
            _ => share(rows, ranks),
        };
        table.with_rows(own)
    });
    let table = ranks.agree(table)?;
    if kind == "exit" && is_last {
        // Without a word to MPI.
        std::process::exit(3);
    }
    let last_x = if is_last && table.rows() > 0 {
        let mut row = [0.0; 2];
        table.read(leastwise_optim::Rows::From(table.rows() - 1), &mut row)?;
        row[0]
    } else {
        f64::NAN
    };
    let model = |row: &[f64], p: &[f64]| {
        let is_bad = row[0] == last_x;
        assert!(!(kind == "panic" && is_bad), "no value");
        if kind == "nan" && is_bad {
            return f64::NAN;
        }
        p[0] * (-p[1] * row[0]).exp() + p[2]
    };
    let start = [1.0, 1.0, 0.0];
    let backend = Faer::default();
    let fit = Fit::new(&backend);
    let resident;
    let table: &dyn Table = if kind == "resident" {
        resident = ranks.agree(Resident::of(&table))?;
        &resident
    } else {
        &table
    };
    let problem = FiniteDifferences::central(TableCurve::new(table, 1, 3, model)?);
    match (kind, other) {
        ("checkpoint", Some(path)) => {
            Checkpoints::new(path, 1).run(ranks, fit, &problem, &start, &mut [])
        }
        ("two-steps", Some(path)) => {
            let fit = fit.with_budget(Budget::steps(2));
            Checkpoints::new(path, 1).run(ranks, fit, &problem, &start, &mut [])
        }
        ("robust", _) => {
            let first = fit.clone().across(ranks).run(&problem, &start)?;
            let scale = fit
                .clone()
                .across(ranks)
                .robust_scale(&problem, &first.parameters)?;
            let fit = fit.with_loss(RobustLoss::huber(1.345 * scale)?);
            fit.across(ranks).run(&problem, &first.parameters)
        }
        _ => fit.across(ranks).run(&problem, &start),
    }
}

/// Writes one checkpoint after another until it is killed.
fn write_for_ever(file: &str) -> ExitCode {
    let parameters: Vec<f64> = (0..2000).map(|j| 1.0 / f64::from(j + 1)).collect();
    for steps in 1.. {
        let parameters = parameters.iter().map(|p| p * steps as f64).collect();
        let resume = Resume {
            parameters,
            radius: 1.0,
            steps,
        };
        if let Err(error) = Checkpoint(resume).write(file) {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
