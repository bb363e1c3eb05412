//! The progress of a run, and its remaining time.

use std::fmt::Write;
use std::time::{Duration, Instant};

use indicatif::style::ProgressTracker;
use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};

const PROGRESS_STEPS: u64 = 1000;

/// A continued run sets the bar to what is stored within this time.
const STORED: Duration = Duration::from_secs(1);

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
    let style = ProgressStyle::with_template("{msg:28} {bar:32} {percent:>3} %{left}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("left", Left::default());
    bar.set_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// The remaining time at the mean speed of this run. indicatif's own estimate forgets all but the last seconds, and states
/// years where one part takes a minute.
#[derive(Clone, Default)]
struct Left {
    /// The position of the bar after the time of the stored part.
    first: u64,
    time: Option<Duration>,
}

impl Left {
    fn note(&mut self, position: u64, elapsed: Duration) {
        if elapsed <= STORED {
            self.first = position;
        }
        let (done, open) = (
            position.saturating_sub(self.first),
            PROGRESS_STEPS.saturating_sub(position),
        );
        let spent = elapsed.saturating_sub(STORED);
        self.time = (done > 0).then(|| spent.mul_f64(open as f64 / done as f64));
    }
}

impl ProgressTracker for Left {
    fn clone_box(&self) -> Box<dyn ProgressTracker> {
        Box::new(self.clone())
    }

    fn tick(&mut self, state: &ProgressState, _: Instant) {
        self.note(state.pos(), state.elapsed());
    }

    fn reset(&mut self, _: &ProgressState, _: Instant) {
        *self = Self::default();
    }

    fn write(&self, _: &ProgressState, text: &mut dyn Write) {
        if let Some(time) = self.time {
            // The bar is drawn without it if the text cannot be written.
            write!(text, ", {:#} left", HumanDuration(time)).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_the_mean_speed_and_not_from_the_last_seconds() {
        let mut left = Left::default();
        left.note(0, Duration::ZERO);
        assert_eq!(left.time, None);
        // A quarter took 30 s, and nothing came for an hour afterwards.
        left.note(250, Duration::from_secs(31));
        assert_eq!(left.time, Some(Duration::from_secs(90)));
        left.note(250, Duration::from_secs(3601));
        assert_eq!(left.time, Some(Duration::from_hours(3)));
    }

    #[test]
    fn what_was_stored_does_not_count_as_speed() {
        let mut left = Left::default();
        left.note(500, Duration::from_millis(100));
        assert_eq!(left.time, None);
        left.note(750, Duration::from_secs(11));
        assert_eq!(left.time, Some(Duration::from_secs(10)));
    }
}
