//! Draws the efficiency of fits across ranks by the model of docs/scale.md, beside measured steps:
//! `efficiency MEASURED FILE.png`. MEASURED has lines of the example `scale`, with 1 to 4 ranks.
//!
//! It also prints the table of that page, and how far the model is from each measured step.

use std::process::ExitCode;
use std::{env, fs};

use leastwise_report::format::human_time;
use leastwise_report::{Axis, Chart, Figure, Kind, Look, Point, Rule, Series};

/// What it costs to merge the triangles of ranks. Times are in seconds.
#[derive(Clone, Copy, Debug)]
struct Costs {
    /// The time of a message, until all ranks have a core, and beyond.
    latency: [f64; 2],
    /// Bytes per second.
    bandwidth: f64,
    /// Operations per second in the merge of two triangles.
    operations: f64,
    /// The number of cores.
    cores: f64,
}

/// A cluster with a fast network.
const CLUSTER: Costs = Costs {
    latency: [2e-6; 2],
    bandwidth: 10e9,
    operations: 2e9,
    cores: f64::INFINITY,
};

/// The time of a step on one rank of this cluster: 20 ns for the model of a row, and 4·10⁹ operations per second.
fn time_on_cluster(rows: f64, n: f64) -> f64 {
    rows * (20e-9 + 2.0 * (n + 1.0).powi(2) / 4e9)
}

impl Costs {
    /// The messages of a step: up and down the tree, four times.
    fn messages(ranks: f64) -> f64 {
        2.0 * ranks.log2().ceil() * 4.0
    }

    /// The time of a step that takes `alone` on one rank. The slowest core has the most ranks.
    fn time(&self, alone: f64, n: f64, ranks: f64) -> f64 {
        let levels = ranks.log2().ceil();
        let bytes = 8.0 * (n + 1.0) * (n + 2.0) / 2.0;
        let latency = self.latency[usize::from(ranks > self.cores)];
        let ranks_of_core = (ranks / self.cores).ceil().max(1.0);
        alone * ranks_of_core / ranks
            + Self::messages(ranks) * latency
            + 2.0 * levels * bytes / self.bandwidth
            + levels * 2.0 * n.powi(3) / self.operations
    }

    /// The time of one rank, divided by that of all and by the number of ranks or cores.
    fn efficiency(&self, alone: f64, n: f64, ranks: f64) -> f64 {
        alone / (ranks.min(self.cores) * self.time(alone, n, ranks))
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
    /// Equal for the same steps.
    fn key(&self) -> f64 {
        10.0 * self.rows + self.ranks
    }

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

/// The time of one rank with the rows of `step`.
fn alone(all: &[Measured], step: &Measured) -> Option<f64> {
    let mut steps = all.iter();
    let alone = steps.find(|other| other.ranks == 1.0 && other.rows == step.rows);
    alone.map(|alone| alone.seconds)
}

/// The costs of the machine that was measured. A message has the time that remains of the steps with the fewest rows, of 2 and
/// of 4 ranks.
fn calibrated(all: &[Measured], cores: f64) -> Option<Costs> {
    let mut costs = Costs {
        latency: [0.0; 2],
        cores,
        ..CLUSTER
    };
    for (place, ranks) in [2.0, 4.0].into_iter().enumerate() {
        let own = all.iter().filter(|step| step.ranks == ranks);
        let step = own.reduce(|a, b| if b.rows < a.rows { b } else { a })?;
        let rest = step.seconds - costs.time(alone(all, step)?, step.n, ranks);
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
        let points = decades(0, 4).map(|ranks| {
            (
                ranks,
                CLUSTER.efficiency(time_on_cluster(rows, n), n, ranks),
            )
        });
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
    let mut rows: Vec<f64> = all.iter().map(|step| step.rows).collect();
    rows.sort_by(f64::total_cmp);
    rows.dedup();
    let rows = Axis::logarithmic("rows").at(rows);
    let mut chart = Chart::new(title, rows, efficiency_axis());
    for (slot, ranks) in [2.0, 3.0, 4.0].into_iter().enumerate() {
        let look = Look::new(slot);
        let own = all.iter().filter(|step| step.ranks == ranks);
        let pairs = own.filter_map(|step| Some((step, alone(all, step)?)));
        let pairs: Vec<(&Measured, f64)> = pairs.collect();
        let line = pairs
            .iter()
            .map(|(step, alone)| (step.rows, costs.efficiency(*alone, n, ranks)));
        let points = pairs
            .iter()
            .map(|(step, alone)| (step.rows, alone / (ranks.min(costs.cores) * step.seconds)));
        let name = format!("{ranks} ranks");
        chart.series.push(Series::new(name, look, line));
        let points = Series::new("", look, points).kind(Kind::Markers);
        chart.series.push(points);
    }
    chart
}

/// The rows of the table of docs/scale.md.
fn print_table() {
    for (power, rows) in [(7, "10⁷"), (9, "10⁹"), (12, "10¹²")] {
        for n in [3.0, 20.0, 50.0] {
            let alone = time_on_cluster(10f64.powi(power), n);
            let share = |ranks: f64| format!("{:.2}", CLUSTER.efficiency(alone, n, ranks));
            let [few, some, many] = [64.0, 1024.0, 1e4].map(share);
            let time = human_time(1e9 * CLUSTER.time(alone, n, 1e4));
            println!("| {rows} | {n} | {few} | {some} | {many} | {time} |");
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let [measured, picture] = arguments else {
        return Err("efficiency needs MEASURED FILE.png".to_owned());
    };
    let text = fs::read_to_string(measured).map_err(|error| format!("{measured}: {error}"))?;
    let mut all: Vec<Measured> = text.lines().filter_map(Measured::of).collect();
    // Of the same steps, the fastest one.
    all.sort_by(|a, b| {
        a.key()
            .total_cmp(&b.key())
            .then(a.seconds.total_cmp(&b.seconds))
    });
    all.dedup_by(|b, a| a.key() == b.key());
    let costs = calibrated(&all, 2.0).ok_or_else(|| {
        format!("{measured}: has no lines of the example scale with 1, 2 and 4 ranks")
    })?;
    print_table();
    println!("{costs:?}");
    for step in all.iter().filter(|step| step.ranks > 1.0) {
        let alone = alone(&all, step)
            .ok_or_else(|| format!("{measured}: has no {} rows on 1 rank", step.rows))?;
        let model = costs.time(alone, step.n, step.ranks);
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
        .legend("right: lines of the model, measured points", measured);
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
