//! Draws the efficiency of fits across ranks by the model of docs/scale.md, beside measured steps:
//! `efficiency MEASURED FILE.png`. MEASURED has lines of the example `scale`, with 1 to 4 ranks.
//!
//! It also prints the table of that page, and how far the model is from each measured step.

use std::process::ExitCode;
use std::{env, fs};

use leastwise_report::format::human_time;
use leastwise_report::{Axis, Chart, Figure, Kind, Look, Point, Rule, Series};

/// What a step costs. Times are in seconds.
#[derive(Clone, Copy, Debug)]
struct Costs {
    /// The time of a row.
    row: f64,
    /// The time of a step on any number of rows.
    step: f64,
    /// The time of a message, until all ranks have a core, and beyond.
    latency: [f64; 2],
    /// Bytes per second.
    bandwidth: f64,
    /// Operations per second in the merge of two triangles.
    operations: f64,
    /// The number of cores.
    cores: f64,
}

impl Costs {
    /// A cluster with a fast network, and `n` parameters: 20 ns for the model, and 4·10⁹ operations per second.
    fn of_cluster(n: f64) -> Self {
        Self {
            row: 20e-9 + 2.0 * (n + 1.0).powi(2) / 4e9,
            step: 0.0,
            latency: [2e-6; 2],
            bandwidth: 10e9,
            operations: 2e9,
            cores: f64::INFINITY,
        }
    }

    /// The messages of a step: up and down the tree, four times.
    fn messages(ranks: f64) -> f64 {
        2.0 * ranks.log2().ceil() * 4.0
    }

    /// The time of a step.
    fn time(&self, rows: f64, n: f64, ranks: f64) -> f64 {
        let levels = ranks.log2().ceil();
        let bytes = 8.0 * (n + 1.0) * (n + 2.0) / 2.0;
        let latency = self.latency[usize::from(ranks > self.cores)];
        self.step
            + rows * self.row / ranks.min(self.cores)
            + Self::messages(ranks) * latency
            + 2.0 * levels * bytes / self.bandwidth
            + levels * 2.0 * n.powi(3) / self.operations
    }

    /// The time of one rank, divided by that of all and by the number of ranks or cores.
    fn efficiency(&self, rows: f64, n: f64, ranks: f64) -> f64 {
        self.time(rows, n, 1.0) / (ranks.min(self.cores) * self.time(rows, n, ranks))
    }
}

/// A measured step.
#[derive(Clone, Copy, Debug)]
struct Measured {
    rows: f64,
    n: f64,
    ranks: f64,
    seconds: f64,
}

impl Measured {
    /// Of the line `step of 1000 rows, 3 parameters, 2 ranks: 52100 ns`.
    fn of(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.strip_prefix("step of ")?.split(' ').collect();
        let [rows, _, n, _, ranks, _, nanoseconds, _] = words[..] else {
            return None;
        };
        let number = |word: &str| word.parse::<f64>().ok();
        Some(Self {
            rows: number(rows)?,
            n: number(n)?,
            ranks: number(ranks)?,
            seconds: number(nanoseconds)? * 1e-9,
        })
    }
}

/// The costs of the machine that was measured: a row and a step from one rank with the most and the fewest rows, and a
/// message from the fewest rows on 2 ranks and on the most.
fn calibrated(all: &[Measured], cores: f64) -> Option<Costs> {
    let of = |ranks: f64| {
        let own = all.iter().filter(move |measured| measured.ranks == ranks);
        own.copied()
            .reduce(|a, b| if b.rows < a.rows { b } else { a })
    };
    let (fewest, most) = (
        of(1.0)?,
        all.iter().filter(|measured| measured.ranks == 1.0),
    );
    let most = most
        .copied()
        .reduce(|a, b| if b.rows > a.rows { b } else { a })?;
    let row = (most.seconds - fewest.seconds) / (most.rows - fewest.rows);
    let mut costs = Costs {
        row,
        step: fewest.seconds - fewest.rows * row,
        latency: [0.0; 2],
        cores,
        ..Costs::of_cluster(fewest.n)
    };
    let largest = all
        .iter()
        .map(|measured| measured.ranks)
        .fold(1.0, f64::max);
    for (place, ranks) in [cores, largest].into_iter().enumerate() {
        let own = of(ranks)?;
        let rest = own.seconds - costs.time(own.rows, own.n, ranks);
        costs.latency[place] = rest / Costs::messages(ranks);
    }
    Some(costs)
}

/// Powers of ten from one end to the other, ten for each decade.
fn decades(first: i32, last: i32) -> impl Iterator<Item = f64> {
    (10 * first..=10 * last).map(|tenth| 10f64.powf(f64::from(tenth) / 10.0))
}

fn efficiency_axis() -> Axis {
    Axis::linear("efficiency").at([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
}

/// Efficiency against ranks.
fn of_ranks(n: f64) -> Chart {
    let costs = Costs::of_cluster(n);
    let title = format!("Model of a cluster, {n} parameters");
    let mut chart = Chart::new(title, Axis::logarithmic("ranks"), efficiency_axis());
    for (slot, (power, name)) in [
        (12, "10¹² rows"),
        (9, "10⁹ rows"),
        (8, "10⁸ rows"),
        (7, "10⁷ rows"),
        (6, "10⁶ rows"),
    ]
    .into_iter()
    .enumerate()
    {
        let rows = 10f64.powi(power);
        let points = decades(0, 4).map(|ranks| (ranks, costs.efficiency(rows, n, ranks)));
        chart
            .series
            .push(Series::new(name, Look::new(slot), points));
    }
    chart.has_names = true;
    chart
}

/// Efficiency against rows, with the measured points.
fn of_rows(costs: &Costs, all: &[Measured]) -> Chart {
    let n = all[0].n;
    let title = format!("Measured on {} cores, {n} parameters", costs.cores);
    let mut chart = Chart::new(title, Axis::logarithmic("rows"), efficiency_axis());
    for (slot, ranks) in [2.0, 3.0, 4.0].into_iter().enumerate() {
        let look = Look::new(slot);
        let line = decades(3, 8).map(|rows| (rows, costs.efficiency(rows, n, ranks)));
        let name = format!("{ranks} ranks");
        chart.series.push(Series::new(name, look, line));
        let points = all.iter().filter(|measured| measured.ranks == ranks);
        let points = points.filter_map(|measured| {
            let alone = all
                .iter()
                .find(|other| other.ranks == 1.0 && other.rows == measured.rows)?;
            let share = alone.seconds / (ranks.min(costs.cores) * measured.seconds);
            Some(Point::from((measured.rows, share)))
        });
        let name = format!("{ranks} ranks, measured");
        chart
            .series
            .push(Series::new(name, look, points).kind(Kind::Markers));
    }
    chart
}

/// The rows of the table of docs/scale.md.
fn print_table() {
    for (power, rows) in [(7, "10⁷"), (9, "10⁹"), (12, "10¹²")] {
        for n in [3.0, 20.0, 50.0] {
            let (costs, m) = (Costs::of_cluster(n), 10f64.powi(power));
            let [few, some, many] =
                [64.0, 1024.0, 1e4].map(|ranks| format!("{:.2}", costs.efficiency(m, n, ranks)));
            let time = human_time(1e9 * costs.time(m, n, 1e4));
            println!("| {rows} | {n} | {few} | {some} | {many} | {time} |");
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let [measured, picture] = arguments else {
        return Err("efficiency needs MEASURED FILE.png".to_owned());
    };
    let text = fs::read_to_string(measured).map_err(|error| format!("{measured}: {error}"))?;
    let all: Vec<Measured> = text.lines().filter_map(Measured::of).collect();
    let costs = calibrated(&all, 2.0).ok_or_else(|| {
        format!("{measured}: has no lines of the example scale with 1 and 2 ranks")
    })?;
    print_table();
    println!("{costs:?}");
    for step in &all {
        let model = costs.time(step.rows, step.n, step.ranks);
        println!(
            "{} rows, {} ranks: measured {:.3e} s, model {model:.3e} s, {:+.0} %",
            step.rows,
            step.ranks,
            step.seconds,
            100.0 * (step.seconds / model - 1.0)
        );
    }
    let charts = [of_ranks(3.0), of_ranks(20.0), of_rows(&costs, &all)].map(|mut chart| {
        chart.rules.push(Rule::level(1.0, ""));
        chart
    });
    let look = |slot: usize, name: &str| {
        let none: [Point; 0] = [];
        Series::new(name, Look::new(slot), none).kind(Kind::MarkedLine)
    };
    let measured = [look(0, "2 ranks"), look(1, "3 ranks"), look(2, "4 ranks")];
    let figure = Figure::charts("scale", "Efficiency of fits across ranks", charts)
        .layout(3, (472.0, 430.0))
        .legend("model, and measured points on the right", measured);
    let bytes = figure.to_png("").map_err(|error| error.to_string())?;
    fs::write(picture, bytes).map_err(|error| format!("{picture}: {error}"))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
