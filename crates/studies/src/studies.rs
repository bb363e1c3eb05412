//! The studies: measurements that `compare` does not make.
//!
//! The feature `studies` compiles the studies and the peers, which takes half of a build. `cargo xtask` builds with
//! this feature only to run a study, so that `compare` starts sooner.

#[cfg(not(feature = "studies"))]
use crate::elsewhere::{
    Flags as CholeskyArgs, Flags as ConformanceArgs, Flags as FarStartsArgs, Flags as MapArgs,
    Flags as MinpackArgs, Flags as NistArgs, Flags as ReproduceArgs, Flags as RivalsArgs,
    Flags as ScalingArgs, Flags as SeparableArgs, Flags as TallArgs,
};
#[cfg(feature = "studies")]
type CholeskyArgs = StudyArgs<Cholesky>;
#[cfg(feature = "studies")]
type FarStartsArgs = StudyArgs<FarStarts>;
#[cfg(feature = "studies")]
type MapArgs = StudyArgs<Map>;
#[cfg(feature = "studies")]
type MinpackArgs = StudyArgs<Minpack>;
#[cfg(feature = "studies")]
type NistArgs = StudyArgs<Nist>;
#[cfg(feature = "studies")]
type ReproduceArgs = StudyArgs<Reproduce>;
#[cfg(feature = "studies")]
type RivalsArgs = StudyArgs<Rivals>;
#[cfg(feature = "studies")]
type ScalingArgs = StudyArgs<Scaling>;
#[cfg(feature = "studies")]
type SeparableArgs = StudyArgs<Separable>;
#[cfg(feature = "studies")]
type TallArgs = StudyArgs<Tall>;

#[cfg(feature = "studies")]
use crate::{
    cholesky::Cholesky,
    compare::{self, ReportArgs},
    conformance::{self, ConformanceArgs},
    contenders::Contenders,
    error::bad_input,
    far_starts::FarStarts,
    map::Map,
    minpack::Minpack,
    nist::Nist,
    reproduce::Reproduce,
    rivals::Rivals,
    scaling::Scaling,
    separable::Separable,
    study::{self, DeskArgs, Study, StudyArgs},
    tall::Tall,
};

// A variant is described here, and not at its type: clap replaces the description of the type by that of the variant.
#[derive(clap::Subcommand)]
pub(crate) enum StudyCommand {
    /// Time the Cholesky factorisation of an n×n matrix by each backend
    ///
    /// The exit code is 1 if L·Lᵀ differs from A by more than rounding errors.
    Cholesky(CholeskyArgs),
    /// Run the conformance suite on the backends: thousands of cases, compared with extended precision
    ///
    /// The exit code is 1 if a check fails.
    Conformance(ConformanceArgs),
    /// Fit curves from distant starts by the trust region and its peers: end points and reports of success
    ///
    /// There are five curves, and the starts are wrong by factors of ten and more. Every contender runs with its own
    /// defaults. The trust region also runs with other initial radii. Its default radius was chosen on other draws.
    ///
    /// The exit code is 1 if the trust region reports success at a point where steps in double-double lower the loss.
    /// It is also 1 if the trust region ends at the minimum in significantly fewer runs than with an initial radius of
    /// 100, which is the radius of MINPACK.
    FarStarts(FarStartsArgs),
    /// Map where each library and each backend is accurate, is wrong, or refuses
    Map(MapArgs),
    /// Run the 53 tests of MINPACK by the trust region and its peers: evaluations, time, success
    ///
    /// They are 28 problems from up to three starts. Every contender runs with the tolerances of MINPACK's driver and
    /// with its own defaults.
    ///
    /// The exit code is 1 if the trust region does not solve a problem that MINPACK solves, or needs more evaluations
    /// than MINPACK.
    Minpack(MinpackArgs),
    /// Fit the 27 data sets of NIST by the trust region and its peers: correct digits, evaluations, time
    ///
    /// Each data set has two starts. Every contender runs with its own defaults.
    ///
    /// The exit code is 1 if the trust region has fewer correct digits than required, or reports success at another
    /// point. 10 digits are required, or as many as rounding leaves.
    Nist(NistArgs),
    /// Run the published experiment: fit W1·W2·x to A·x by gradient descent, Adam and LM
    ///
    /// All methods start from the same point. The exit code is 1 if a run fails. The other runs are shown and stored.
    Reproduce(ReproduceArgs),
    /// Compare Levenberg-Marquardt with gradient descent, Adam and scaled gradient descent, all tuned
    ///
    /// Each method is tuned with the same effort, on draws that are not used for the comparison.
    Rivals(RivalsArgs),
    /// Time a Levenberg-Marquardt step against the width of the net and the number of samples
    ///
    /// The step is that of min ‖W1·W2·X − Y‖² with square W1 and W2, by each method that computes it. Each library runs
    /// in a process of its own.
    ///
    /// At sizes where dense steps run, each step must agree with a step of another method. A step that does not agree
    /// is not timed, and the exit code is 1.
    Scaling(ScalingArgs),
    /// Fit sums of exponentials by variable projection from many starts, beside the crate varpro
    ///
    /// Two and three decays: data of Lanczos, and 64 sets of data that share their lifetimes. Every contender runs with
    /// its own defaults.
    ///
    /// The exit code is 1 if fewer runs end at the minimum than those of varpro.
    Separable(SeparableArgs),
    /// Time least squares and fits of up to 10 million rows, and many small fits on threads
    ///
    /// `lstsq` by each backend, and fits by differences and with derivatives, beside the peers, and beside the time of
    /// reading A or evaluating the model once. Sizes with more than 50 million entries of A or J are left out.
    ///
    /// A wrong result is not timed, and the exit code is 1.
    Tall(TallArgs),
}

/// # Errors
/// The errors of the study.
#[cfg(feature = "studies")]
pub(crate) fn run(study: &StudyCommand) -> anyhow::Result<()> {
    match study {
        StudyCommand::Cholesky(args) => study::run(args),
        StudyCommand::Conformance(args) => conformance::run(args),
        StudyCommand::FarStarts(args) => study::run(args),
        StudyCommand::Map(args) => study::run(args),
        StudyCommand::Minpack(args) => study::run(args),
        StudyCommand::Nist(args) => study::run(args),
        StudyCommand::Reproduce(args) => study::run(args),
        StudyCommand::Rivals(args) => study::run(args),
        StudyCommand::Scaling(args) => study::run(args),
        StudyCommand::Separable(args) => study::run(args),
        StudyCommand::Tall(args) => study::run(args),
    }
}

/// # Errors
/// If cargo cannot be run.
#[cfg(not(feature = "studies"))]
pub(crate) fn run(_study: &StudyCommand) -> anyhow::Result<()> {
    crate::elsewhere::run("studies")
}

/// The work of a process that a study starts.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for a study without processes; errors of the pipes.
#[cfg(feature = "studies")]
pub(crate) fn work(args: &DeskArgs) -> anyhow::Result<()> {
    match &args.study[..] {
        Cholesky::NAME => study::work::<Cholesky>(args),
        Minpack::NAME => study::work::<Minpack>(args),
        Nist::NAME => study::work::<Nist>(args),
        Scaling::NAME => study::work::<Scaling>(args),
        Separable::NAME => study::work::<Separable>(args),
        Tall::NAME => study::work::<Tall>(args),
        other => Err(bad_input(format!(
            "{other:?} is not a study that starts processes"
        ))),
    }
}

/// Shows a stored result of `compare` or of a study again.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) if there is no result; a file that cannot be written.
#[cfg(feature = "studies")]
pub(crate) fn report(args: &ReportArgs) -> anyhow::Result<()> {
    let Some((file, name)) = study::find(&args.results) else {
        return compare::report(args);
    };
    match &name[..] {
        Cholesky::NAME => study::render::<Cholesky>(&file, args),
        Contenders::NAME => study::render::<Contenders>(&file, args),
        FarStarts::NAME => study::render::<FarStarts>(&file, args),
        Map::NAME => study::render::<Map>(&file, args),
        Minpack::NAME => study::render::<Minpack>(&file, args),
        Nist::NAME => study::render::<Nist>(&file, args),
        Reproduce::NAME => study::render::<Reproduce>(&file, args),
        Rivals::NAME => study::render::<Rivals>(&file, args),
        Scaling::NAME => study::render::<Scaling>(&file, args),
        Separable::NAME => study::render::<Separable>(&file, args),
        Tall::NAME => study::render::<Tall>(&file, args),
        _ => Err(bad_input(format!(
            "{} is a record of {name:?}, which is not a study of this program",
            file.display()
        ))),
    }
}

#[cfg(not(feature = "studies"))]
pub(crate) use crate::compare::report;

#[cfg(test)]
mod tests {
    use clap::Subcommand;

    #[test]
    fn the_launcher_builds_the_studies_for_each_of_them() {
        let launcher = include_str!("../../../xtask/launch/src/main.rs");
        let command = super::StudyCommand::augment_subcommands(clap::Command::new("xtask"));
        assert_eq!(command.get_subcommands().count(), 11);
        for study in command.get_subcommands() {
            let listed = format!("\n    \"{}\",\n", study.get_name());
            assert!(launcher.contains(&listed), "{listed}");
        }
    }

    #[test]
    fn the_help_of_a_study_explains_its_exit_code() {
        let mut command = super::StudyCommand::augment_subcommands(clap::Command::new("xtask"));
        for study in command.get_subcommands_mut() {
            let help = study.render_long_help().to_string();
            // These have no requirements.
            let explains =
                help.contains("exit code is 1") || matches!(study.get_name(), "map" | "rivals");
            assert!(explains, "{help}");
        }
    }
}
