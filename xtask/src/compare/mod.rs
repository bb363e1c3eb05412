//! `compare`: verify every backend and method, then measure those that are right.

mod args;
mod cases;
mod cell;
mod measure;
mod output;
mod table;
mod verify;

pub(crate) use args::CompareArgs;

use std::io::Write;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use leastwise_backends::AdapterScalar;
use leastwise_conformance::Widen;
use leastwise_core::{Backend, LstsqOptions, Mat, Method};

use crate::scalar_type::ScalarType;
use args::{Depth, Plan};
use cases::{LeastSquaresCase, ProductCase};
use cell::{Cell, Operation, Status};
use measure::Contender;
use verify::Verdict;

/// Everything that the reports show.
struct Comparison {
    seed: u64,
    timed: bool,
    engines: Vec<EngineFacts>,
    facts: Vec<CaseFacts>,
    cells: Vec<Cell>,
}

impl Comparison {
    fn new(plan: &Plan) -> Self {
        Self {
            seed: plan.seed,
            timed: plan.depth != Depth::CheckOnly,
            engines: Vec::new(),
            facts: Vec::new(),
            cells: Vec::new(),
        }
    }
}

struct EngineFacts {
    name: &'static str,
    version: &'static str,
    threads: usize,
}

struct CaseFacts {
    case: &'static str,
    scalar: &'static str,
    rows: usize,
    cols: usize,
    rank: usize,
    condition: f64,
}

impl CaseFacts {
    fn of<T: Widen>(case: &LeastSquaresCase<T>) -> Self {
        Self {
            case: case.name,
            scalar: T::NAME,
            rows: case.a.rows(),
            cols: case.a.cols(),
            rank: case.rank,
            condition: case.truth.condition(),
        }
    }
}

/// Compares, prints the tables, and writes the JSON file if one was asked for.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out, found before any
/// work; an answer that is wrong, after everything else was reported.
pub(crate) fn run(args: &CompareArgs) -> anyhow::Result<()> {
    let plan = args.plan()?;
    if let Some(path) = &plan.json {
        output::check_writable(path)?;
    }
    let progress = progress_bar(&plan);
    let mut comparison = Comparison::new(&plan);
    for scalar in &plan.scalars {
        match scalar {
            ScalarType::F32 => compare(&backends::<f32>(&plan), &plan, &mut comparison, &progress),
            ScalarType::F64 => compare(&backends::<f64>(&plan), &plan, &mut comparison, &progress),
        }?;
    }
    progress.finish_and_clear();
    report(&comparison, &plan)
}

/// The chosen backends, on one thread each.
fn backends<T: AdapterScalar>(plan: &Plan) -> Vec<Box<dyn Backend<T>>> {
    let mut backends = leastwise_backends::all::<T>(1);
    backends.retain(|backend| plan.backends.contains(&backend.info().name));
    backends
}

fn report(comparison: &Comparison, plan: &Plan) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    write!(stdout, "{}", table::render(comparison)).context("cannot print the tables")?;
    if let Some(path) = &plan.json {
        output::write(path, comparison)?;
        writeln!(stdout, "wrote {}", path.display()).context("cannot print")?;
    }
    let rejected: Vec<String> = comparison.cells.iter().filter_map(rejection).collect();
    if !rejected.is_empty() {
        bail!(
            "{} answers are wrong:\n{}",
            rejected.len(),
            rejected.join("\n")
        );
    }
    let verified = comparison
        .cells
        .iter()
        .filter(|cell| cell.status == Status::Ok)
        .count();
    writeln!(stdout, "All {verified} answers are right and agree.").context("cannot print")
}

fn rejection(cell: &Cell) -> Option<String> {
    let Status::Rejected(reason) = &cell.status else {
        return None;
    };
    let operation = cell.operation.name();
    Some(format!(
        "{} {operation} {} {}: {reason}",
        cell.contender(),
        cell.case,
        cell.scalar
    ))
}

/// Verifies and measures for one scalar type.
fn compare<T: AdapterScalar + Widen>(
    backends: &[Box<dyn Backend<T>>],
    plan: &Plan,
    comparison: &mut Comparison,
    progress: &ProgressBar,
) -> anyhow::Result<()> {
    for info in backends.iter().map(|backend| backend.info()) {
        if comparison
            .engines
            .iter()
            .all(|engine| engine.name != info.engine)
        {
            comparison.engines.push(EngineFacts {
                name: info.engine,
                version: info.version,
                threads: info.threads,
            });
        }
    }
    progress.set_message(format!("solving in extended precision, {}", T::NAME));
    let least_squares = cases::least_squares::<T>(plan.seed)?;
    comparison
        .facts
        .extend(least_squares.iter().map(CaseFacts::of));
    let products = cases::products::<T>(plan.depth.product_sizes(), plan.seed);
    progress.set_message(format!("checking, {}", T::NAME));
    for case in &least_squares {
        let cells = verify_least_squares(backends, &plan.methods, case);
        measure_group(cells, plan, comparison, progress, |cell, method| {
            let backend = find(backends, cell)?;
            let options = LstsqOptions::new(method?);
            Some(Box::new(move || {
                let solution = backend.lstsq(case.a.as_ref(), case.b.as_ref(), &options);
                let _ = std::hint::black_box(solution);
            }))
        });
    }
    for case in &products {
        let cells = backends
            .iter()
            .map(|backend| product_cell(&**backend, case))
            .collect();
        measure_group(cells, plan, comparison, progress, |cell, _| {
            let backend = find(backends, cell)?;
            let mut c = Mat::zeros(case.a.rows(), case.b.cols());
            Some(Box::new(move || {
                let (a, b) = (case.a.as_ref(), case.b.as_ref());
                let done = backend.matmul(T::one(), a, b, T::zero(), c.as_mut());
                let _ = std::hint::black_box((done, c.data()));
            }))
        });
    }
    Ok(())
}

fn find<'b, T: AdapterScalar>(
    backends: &'b [Box<dyn Backend<T>>],
    cell: &Cell,
) -> Option<&'b dyn Backend<T>> {
    let mut backends = backends.iter().map(|backend| &**backend);
    backends.find(|backend| backend.info().name == cell.backend)
}

/// Times the cells of one case that were verified, and files all of them.
fn measure_group<'a>(
    mut cells: Vec<Cell>,
    plan: &Plan,
    comparison: &mut Comparison,
    progress: &ProgressBar,
    job: impl Fn(&Cell, Option<Method>) -> Option<Box<dyn FnMut() + 'a>>,
) {
    if plan.depth != Depth::CheckOnly {
        if let Some(cell) = cells.first() {
            progress.set_message(format!("{} {}", cell.case, cell.scalar));
        }
        let verified = cells.iter_mut().filter(|cell| cell.status == Status::Ok);
        let (mut timed, mut contenders): (Vec<_>, Vec<_>) = verified
            .filter_map(|cell| {
                let job = job(cell, cell.method)?;
                Some((cell, Contender::new(job)))
            })
            .unzip();
        measure::interleaved(&mut contenders, plan.depth.rounds(), || progress.inc(1));
        for (cell, contender) in timed.iter_mut().zip(contenders) {
            cell.samples_ns = contender.samples_ns;
        }
        let skipped = (cells.len()
            - cells
                .iter()
                .filter(|cell| cell.status == Status::Ok)
                .count())
            * plan.depth.rounds();
        progress.inc(skipped as u64);
    }
    comparison.cells.extend(cells);
}

fn verify_least_squares<T: AdapterScalar + Widen>(
    backends: &[Box<dyn Backend<T>>],
    methods: &[Method],
    case: &LeastSquaresCase<T>,
) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut solutions = Vec::new();
    for &method in methods {
        for backend in backends {
            let verdict = verify::least_squares(&**backend, method, case);
            let mut cell = new_cell(&**backend, Operation::Lstsq, case.name, &case.a);
            cell.method = Some(method);
            let mut answer = None;
            cell.status = match verdict {
                Verdict::Right(solution, quality) => {
                    answer = Some((solution, quality));
                    Status::Ok
                }
                Verdict::Refused(error) => Status::Refused(error.to_string()),
                Verdict::Unsupported => Status::Unsupported,
                Verdict::Wrong {
                    reason,
                    answer: wrong,
                } => {
                    answer = wrong;
                    Status::Rejected(reason)
                }
            };
            if let Some((solution, quality)) = answer {
                cell.rank = Some(solution.rank);
                cell.backward_error_u = Some(quality.backward_error_u);
                cell.forward_error = Some(quality.forward_error);
                cell.min_norm_excess =
                    (case.rank < case.a.cols()).then_some(quality.min_norm_excess);
                solutions.push((cells.len(), solution.x));
            }
            cells.push(cell);
        }
    }
    for (i, x) in &solutions {
        let others = solutions
            .iter()
            .filter(|(j, _)| j != i && cells[*j].status == Status::Ok);
        let worst = others
            .map(|(_, y)| verify::disagreement(x, y, &case.truth))
            .fold(None, |worst: Option<f64>, d| {
                Some(worst.map_or(d, |w| w.max(d)))
            });
        cells[*i].disagreement = worst;
    }
    cells
}

fn product_cell<T: AdapterScalar + Widen>(backend: &dyn Backend<T>, case: &ProductCase<T>) -> Cell {
    let name = format!(
        "{}x{} by {}x{}",
        case.a.rows(),
        case.a.cols(),
        case.b.rows(),
        case.b.cols()
    );
    let mut cell = new_cell(backend, Operation::Matmul, &name, &case.a);
    match verify::product(backend, case) {
        Ok(error) => cell.backward_error_u = Some(error),
        Err(reason) => cell.status = Status::Rejected(reason),
    }
    cell
}

fn new_cell<T: AdapterScalar>(
    backend: &dyn Backend<T>,
    operation: Operation,
    case: &str,
    a: &Mat<T>,
) -> Cell {
    let info = backend.info();
    Cell {
        operation,
        case: case.to_owned(),
        scalar: T::NAME,
        backend: info.name,
        engine: info.engine,
        method: None,
        rows: a.rows(),
        cols: a.cols(),
        status: Status::Ok,
        rank: None,
        backward_error_u: None,
        forward_error: None,
        min_norm_excess: None,
        disagreement: None,
        samples_ns: Vec::new(),
    }
}

/// A bar over all samples to come; indicatif hides it where stderr is no terminal.
fn progress_bar(plan: &Plan) -> ProgressBar {
    let least_squares = 2 * plan.methods.len();
    let products = plan.depth.product_sizes().len() + 1;
    let cells = plan.scalars.len() * plan.backends.len() * (least_squares + products);
    let bar = ProgressBar::new((cells * plan.depth.rounds()) as u64);
    let template = if plan.depth == Depth::CheckOnly {
        "{msg} {spinner} {elapsed}"
    } else {
        "{msg:36} {bar:32} {percent:>3} %, {eta} left"
    };
    let style = ProgressStyle::with_template(template);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}

#[cfg(test)]
mod tests {
    use leastwise_core::factor::{PivotedQr, QrFactors, Triangle, Triangularized};
    use leastwise_core::{
        Eigen, Engine, EngineInfo, Error, Factorizations, LeastSquares, MatMul, MatMut, MatRef,
        Result, Solution, Svd,
    };
    use leastwise_problems::{TwoLayerNetSpec, standard_normal};

    use super::*;

    /// Another backend's answers, spoiled.
    struct Spoiled {
        inner: Box<dyn Backend<f64>>,
        spoil: fn(&mut Solution<f64>),
    }

    impl Spoiled {
        fn boxed(spoil: fn(&mut Solution<f64>)) -> Box<dyn Backend<f64>> {
            let inner = leastwise_backends::all(1).swap_remove(0);
            Box::new(Self { inner, spoil })
        }
    }

    impl Engine for Spoiled {
        fn info(&self) -> EngineInfo {
            let name = "spoiled";
            EngineInfo {
                name,
                engine: name,
                ..self.inner.info()
            }
        }
    }

    impl MatMul<f64> for Spoiled {
        fn matmul_impl(
            &self,
            alpha: f64,
            a: MatRef<'_, f64>,
            b: MatRef<'_, f64>,
            beta: f64,
            mut c: MatMut<'_, f64>,
        ) -> Result<()> {
            self.inner.matmul(alpha, a, b, beta, c.reborrow())?;
            c[(0, 0)] *= 1.0 + 1e-6;
            Ok(())
        }
    }

    const NOT_ASKED: Error = Error::Unsupported {
        operation: "factorisation",
        backend: "spoiled",
    };

    impl Factorizations<f64> for Spoiled {
        fn qr_impl(&self, _: Mat<f64>) -> Result<Box<dyn QrFactors<f64>>> {
            Err(NOT_ASKED)
        }

        fn triangularize_impl(&self, _: Mat<f64>, _: Mat<f64>) -> Result<Triangularized<f64>> {
            Err(NOT_ASKED)
        }

        fn pivoted_qr_impl(&self, _: Mat<f64>, _: Mat<f64>) -> Result<PivotedQr<f64>> {
            Err(NOT_ASKED)
        }

        fn svd_impl(&self, _: Mat<f64>) -> Result<Svd<f64>> {
            Err(NOT_ASKED)
        }

        fn symmetric_eigen_impl(&self, _: Mat<f64>) -> Result<Eigen<f64>> {
            Err(NOT_ASKED)
        }

        fn cholesky_impl(&self, _: Mat<f64>) -> Result<Mat<f64>> {
            Err(NOT_ASKED)
        }

        fn solve_triangular_impl(
            &self,
            _: MatRef<'_, f64>,
            _: Triangle,
            _: MatMut<'_, f64>,
        ) -> Result<()> {
            Err(NOT_ASKED)
        }
    }

    impl LeastSquares<f64> for Spoiled {
        fn lstsq(
            &self,
            a: MatRef<'_, f64>,
            b: MatRef<'_, f64>,
            options: &LstsqOptions<f64>,
        ) -> Result<Solution<f64>> {
            let mut options = *options;
            if !options.method.handles_rank_deficiency() {
                options.method = Method::Svd;
            }
            let mut solution = self.inner.lstsq(a, b, &options)?;
            (self.spoil)(&mut solution);
            Ok(solution)
        }
    }

    fn small_case() -> LeastSquaresCase<f64> {
        let spec = TwoLayerNetSpec {
            xdim: 3,
            wdim: 2,
            ydim: 4,
            nsamples: 20,
            ..TwoLayerNetSpec::default()
        };
        LeastSquaresCase::lm_solve(&spec).unwrap()
    }

    fn plan(depth: Depth) -> Plan {
        Plan {
            depth,
            backends: leastwise_backends::names(),
            methods: Method::ALL.to_vec(),
            scalars: vec![ScalarType::F64],
            seed: 0,
            json: None,
        }
    }

    #[test]
    fn every_backend_solves_or_refuses_as_it_should() {
        let backends = leastwise_backends::all(1);
        let cells = verify_least_squares(&backends, &Method::ALL, &small_case());
        assert_eq!(cells.len(), 4 * backends.len());
        for cell in &cells {
            let refuses = !cell.method.is_some_and(Method::handles_rank_deficiency);
            match &cell.status {
                Status::Ok => assert!(!refuses && cell.rank == Some(10)),
                Status::Refused(_) => assert!(refuses),
                Status::Unsupported => assert_eq!(cell.method, Some(Method::CompleteOrthogonal)),
                Status::Rejected(reason) => panic!("{}: {reason}", cell.contender()),
            }
        }
        assert!(cells[0].disagreement.is_some_and(|d| d < 1e-12));
    }

    #[test]
    fn a_wrong_answer_is_rejected_with_its_reason_and_never_timed() {
        type Fault = (fn(&mut Solution<f64>), &'static str);
        let faults: [Fault; 6] = [
            (
                |solution| solution.x[(3, 0)] *= 1.0 + 1e-6,
                "backward error",
            ),
            (|solution| solution.x[(3, 0)] = f64::NAN, "backward error"),
            (|solution| solution.rank -= 1, "finds rank 9, but it is 10"),
            (|solution| solution.x = Mat::zeros(2, 1), "x is 2x1"),
            (
                |solution| solution.residual_norms = Some(vec![1.0]),
                "reports a residual",
            ),
            (
                |solution| {
                    for s in solution.singular_values.iter_mut().flatten() {
                        *s *= 2.0;
                    }
                },
                "singular value 1",
            ),
        ];
        let case = small_case();
        for (spoil, reason) in faults {
            let backends = vec![Spoiled::boxed(spoil)];
            let cells = verify_least_squares(&backends, &[Method::Svd], &case);
            let Status::Rejected(found) = &cells[0].status else {
                panic!("{reason}: {:?}", cells[0].status);
            };
            assert!(found.contains(reason), "{found}");
            let mut comparison = Comparison::new(&plan(Depth::Quick));
            let bar = ProgressBar::hidden();
            measure_group(cells, &plan(Depth::Quick), &mut comparison, &bar, |_, _| {
                panic!("a rejected cell must not be timed")
            });
            assert!(comparison.cells[0].samples_ns.is_empty());
            assert!(rejection(&comparison.cells[0]).is_some_and(|line| line.contains(reason)));
        }
    }

    #[test]
    fn what_is_not_of_minimum_norm_and_what_should_be_refused_are_rejected() {
        let case = small_case();
        // (W₁·G, −G·W₂) with G = I is in the null space of the Jacobian.
        let null_vector: fn(&mut Solution<f64>) = |solution| {
            let spec = TwoLayerNetSpec {
                xdim: 3,
                wdim: 2,
                ydim: 4,
                nsamples: 20,
                ..TwoLayerNetSpec::default()
            };
            let start = spec.draw::<f64>().unwrap().start;
            let (w1, w2) = start.split_at(8);
            let vector = w1.iter().copied().chain(w2.iter().map(|w| -w));
            for (x, v) in solution.x.data_mut().iter_mut().zip(vector) {
                *x += 0.1 * v;
            }
        };
        let backends = vec![Spoiled::boxed(null_vector)];
        let methods = [Method::Svd, Method::Qr];
        let cells = verify_least_squares(&backends, &methods, &case);
        for (cell, reason) in cells
            .iter()
            .zip(["not of minimum norm", "instead of refusing"])
        {
            assert!(
                cell.status
                    .reason()
                    .is_some_and(|found| found.contains(reason))
            );
        }
    }

    #[test]
    fn a_product_off_by_one_millionth_is_rejected() {
        let case = ProductCase {
            a: standard_normal::<f64>(20, 30, 0, 0),
            b: standard_normal::<f64>(30, 10, 0, 1),
        };
        let cell = product_cell(&*Spoiled::boxed(|_| ()), &case);
        assert!(matches!(cell.status, Status::Rejected(_)));
        for backend in leastwise_backends::all(1) {
            assert_eq!(product_cell(&*backend, &case).status, Status::Ok);
        }
    }

    #[test]
    fn tables_fit_a_terminal_and_the_file_has_a_line_of_facts_for_each_cell() {
        let plan = plan(Depth::Quick);
        let mut comparison = Comparison::new(&plan);
        let backends = leastwise_backends::all(1);
        let case = small_case();
        comparison.facts.push(CaseFacts::of(&case));
        let mut cells = verify_least_squares(&backends, &Method::ALL, &case);
        for cell in &mut cells {
            if cell.status == Status::Ok {
                cell.samples_ns = vec![123e6, 234e6, 345e6];
            }
        }
        comparison.cells = cells;
        let text = table::render(&comparison);
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
        assert!(
            text.contains("unsupported") && text.contains("refused") && text.contains("234 ms")
        );
        let path = std::env::temp_dir().join(format!("leastwise-compare-{}", std::process::id()));
        output::check_writable(&path).unwrap();
        output::write(&path, &comparison).unwrap();
        let json = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let document: serde_json::Value = serde_json::from_str(&json).unwrap();
        let cells = document["cells"].as_array().unwrap();
        assert_eq!(cells.len(), comparison.cells.len());
        assert_eq!(cells[0]["median_ns"], 234e6);
        assert_eq!(cells[0]["method"], "svd");
        assert!(cells[11]["samples_ns"].as_array().unwrap().is_empty());
    }
}
