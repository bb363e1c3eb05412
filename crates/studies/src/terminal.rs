//! Output of commands.

pub(crate) use leastwise_harness::terminal::complain;

/// As for [`leastwise_harness::terminal::print`].
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    Ok(leastwise_harness::terminal::print(text)?)
}
