//! Says what to install if the feature is on and there is no MPI library.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=MPICC");
    if std::env::var_os("CARGO_FEATURE_MPI").is_none() {
        return;
    }
    let compiler = std::env::var("MPICC").unwrap_or_else(|_| "mpicc".to_owned());
    let found = std::process::Command::new(&compiler)
        .arg("--version")
        .output();
    if let Err(error) = found {
        // Cargo shows an error from this instruction without the output of the whole script.
        println!(
            "cargo::error=the feature `mpi` of leastwise-mpi needs an MPI library and libclang: install \
             libopenmpi-dev, openmpi-bin and libclang-dev (Debian, Ubuntu), openmpi-devel and clang-devel (Fedora, \
             with `module load mpi`), or open-mpi and llvm (Homebrew), or load the MPI module of your cluster; \
             running {compiler} says: {error}"
        );
    }
}
