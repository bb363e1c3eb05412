//! Links the system's OpenBLAS if the feature is on.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "openblas")]
    link();
}

#[cfg(feature = "openblas")]
fn link() {
    // 0.3.0 is the first release that may be called from several threads at once.
    let found = pkg_config::Config::new()
        .atleast_version("0.3.0")
        .probe("openblas");
    if let Err(error) = found {
        let reason = error.to_string();
        let reason = reason.lines().find(|line| !line.is_empty());
        // Cargo shows an error from this instruction without the output of the whole script.
        println!(
            "cargo::error=the feature `lapack` (`openblas` of leastwise-lapack) needs OpenBLAS 0.3 \
             or newer and pkg-config: install libopenblas-dev and pkg-config (Debian, Ubuntu), \
             openblas-devel and pkgconf-pkg-config (Fedora), or openblas and pkgconf (Homebrew, with \
             PKG_CONFIG_PATH=\"$(brew --prefix openblas)/lib/pkgconfig\"); the probe says: {}",
            reason.unwrap_or_default()
        );
        return;
    }
    // With 64-bit integers, every routine would read beyond the 32-bit integers that it receives.
    let built_with = pkg_config::get_variable("openblas", "openblas_config").unwrap_or_default();
    if built_with.split(' ').any(|word| word == "USE_64BITINT=1") {
        println!(
            "cargo::error=leastwise-lapack needs an OpenBLAS with 32-bit integers, and pkg-config \
             finds one with 64-bit integers as `openblas`"
        );
    }
}
