//! The worker. It answers requests until its input ends.

use std::panic::{AssertUnwindSafe, catch_unwind};

use leastwise_core::EngineInfo;

use super::bench::Bench;
use super::protocol::{Reply, Request};
use super::work::Work;
use crate::error::{Result, bad_input, failed};
use crate::model::{Case, Fault, ScalarType};
use crate::process::Requests;
use crate::record::EngineRecord;
use crate::registry::{Measured, Registry};

/// Run the computations of `compare` for one backend; `compare` starts this process itself
#[derive(Clone, Debug, clap::Args)]
pub struct WorkerArgs {
    /// The backend that computes
    #[arg(long)]
    backend: String,
    /// Threads that the library may use
    #[arg(long)]
    threads: usize,
    /// A fault to plant
    #[arg(long)]
    plant: Option<Fault>,
}

/// Answers on stdout the requests on stdin.
///
/// # Errors
/// An unknown backend, or an error of the pipes.
pub(crate) fn run(args: &WorkerArgs, registry: &Registry) -> Result<()> {
    let found = registry.find::<f64>(&args.backend, args.threads);
    let info = found
        .map_err(|error| bad_input(format!("--backend: {error}")))?
        .info();
    // A panic is reported to the parent, not on the terminal.
    std::panic::set_hook(Box::new(|_| ()));
    let mut requests = Requests::<Request, Reply>::default();
    requests.reply(&Reply::Hello(engine_record(&info)))?;
    let mut work: Option<Box<dyn Work>> = None;
    while let Some(request) = requests.receive()? {
        let answered = catch_unwind(AssertUnwindSafe(|| {
            answer(args, registry, &mut work, request)
        }));
        let reply = match answered {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => Reply::Failed(error.to_string()),
            Err(panic) => Reply::Failed(format!("panicked: {}", panic_message(&*panic))),
        };
        requests.reply(&reply)?;
    }
    Ok(())
}

fn answer(
    args: &WorkerArgs,
    registry: &Registry,
    work: &mut Option<Box<dyn Work>>,
    request: Request,
) -> Result<Reply> {
    let not_loaded = || failed("no case is loaded");
    match request {
        Request::Load { case, scalar, seed } => match scalar {
            ScalarType::F32 => load::<f32>(args, registry, work, &case, seed),
            ScalarType::F64 => load::<f64>(args, registry, work, &case, seed),
        },
        Request::Solve(contender) => work.as_mut().ok_or_else(not_loaded)?.solve(&contender),
        Request::WarmUp(contender) => work.as_mut().ok_or_else(not_loaded)?.warm_up(&contender),
        Request::Sample(contender) => work.as_mut().ok_or_else(not_loaded)?.sample(&contender),
    }
}

fn load<T: Measured>(
    args: &WorkerArgs,
    registry: &Registry,
    work: &mut Option<Box<dyn Work>>,
    case: &Case,
    seed: u64,
) -> Result<Reply> {
    // The last case is dropped first, because two large ones need not fit into memory.
    *work = None;
    let backend = registry.find::<T>(&args.backend, args.threads)?;
    let input = case.draw::<T>(seed)?;
    let reply = Reply::Loaded(input.fingerprint());
    let calls = registry.calls::<T>(&args.backend);
    *work = Some(Box::new(Bench::new(
        backend,
        calls,
        input,
        args.plant.clone(),
    )));
    Ok(reply)
}

fn engine_record(info: &EngineInfo) -> EngineRecord {
    let methods = info.methods.iter();
    EngineRecord {
        backend: info.name.to_owned(),
        engine: info.engine.to_owned(),
        version: info.version.to_owned(),
        threads: info.threads,
        product_kernel: info.product_kernel.to_owned(),
        methods: methods
            .map(|(method, algorithm)| (method.name().to_owned(), (*algorithm).to_owned()))
            .collect(),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}
