//! Every method on every least-squares problem.

use leastwise_core::{Backend, Error, LstsqOptions, Method};

use super::cases::{self, Case};
use super::recorder::Recorder;
use crate::least_squares::LeastSquaresTruth;
use crate::verdict::{self, Answer};
use crate::wide::Widen;

pub(super) fn run<T: Widen>(backend: &dyn Backend<T>, recorder: &mut Recorder<'_>) {
    for case in cases::all::<T>() {
        let name = format!("{}/lstsq/{}", T::NAME, case.name);
        if recorder.leaves_out(&name) {
            continue;
        }
        let smaller = case.a.rows().min(case.a.cols());
        let truth = LeastSquaresTruth::new(case.a.as_ref(), case.b.as_ref(), smaller);
        for method in Method::ALL {
            recorder.case(format!("{name}/{method}"), |recorder| {
                judge(backend, method, &case, &truth, recorder);
            });
        }
    }
}

fn judge<T: Widen>(
    backend: &dyn Backend<T>,
    method: Method,
    case: &Case<T>,
    truth: &LeastSquaresTruth<T>,
    recorder: &mut Recorder<'_>,
) {
    let options = LstsqOptions::new(method);
    let outcome = backend.lstsq(case.a.as_ref(), case.b.as_ref(), &options);
    if !backend.info().has(method) {
        let refused = matches!(outcome, Err(Error::Unsupported { .. }));
        recorder.holds("unsupported", refused, || format!("gave {outcome:?}"));
        return;
    }
    match outcome {
        Err(Error::RankDeficient { .. }) if !method.handles_rank_deficiency() => {
            let allowed = verdict::may_refuse(method, truth) == Some(true);
            recorder.holds("refusal", allowed, || {
                format!("refuses a matrix with κ = {:.1e}", truth.condition())
            });
        }
        Err(error) => recorder.holds("answer", false, || error.to_string()),
        Ok(solution) => {
            let answer = Answer {
                x: &solution.x,
                rank: Some(solution.rank),
                residual_norms: solution.residual_norms.as_deref(),
                singular_values: solution.singular_values.as_deref(),
            };
            let verdict = verdict::judge(method, truth, &answer);
            let stable = method != Method::Cholesky;
            if let Some(quality) = verdict.quality
                && stable
                && verdict.nothing_dropped
            {
                recorder.note_backward_error(method, T::NAME, quality.backward_error_u);
            }
            for check in verdict.checks {
                recorder.record(check.metric, check.fault);
            }
        }
    }
}
