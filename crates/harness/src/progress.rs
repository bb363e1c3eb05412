//! The progress of a run, and its remaining time.

use indicatif::{ProgressBar, ProgressStyle};

const PROGRESS_STEPS: u64 = 1000;

/// Sets the bar to a share of the whole.
pub fn set(progress: &ProgressBar, share: f64) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a bar"
    )]
    progress.set_position((share * PROGRESS_STEPS as f64) as u64);
}

/// A progress bar. indicatif hides it if stderr is not a terminal.
#[must_use]
pub fn bar() -> ProgressBar {
    let bar = ProgressBar::new(PROGRESS_STEPS);
    let style = ProgressStyle::with_template("{msg:28} {bar:32} {percent:>3} %, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}
