//! Finds the programs that the tests run: the server as cargo built it, and the tools that `tests/run` fetches.

use std::path::{Path, PathBuf};

/// The `rolecall` binary beside the running test.
///
/// Cargo tells only a package's own tests where its binaries are (`CARGO_BIN_EXE_*`), and the server is another
/// package. But every package of the workspace builds into one folder, `target/<profile>`: test binaries lie in its
/// `deps`, benchmarks and servers beside that. So the profile of the server is the profile of its test, and
/// `tests/run` builds the one before it runs the other.
pub fn rolecall() -> PathBuf {
    let test = std::env::current_exe().expect("failed to read the path of the running test");
    let folder = test.parent().expect("a program lies in a folder");
    let profile = if folder.ends_with("deps") {
        folder.parent().expect("deps lies in a profile")
    } else {
        folder
    };
    let server = profile.join("rolecall");
    assert!(
        server.is_file(),
        "{} is missing: build it with `cargo build` (`cargo build --release` for the benchmark), or use tests/run",
        server.display()
    );
    server
}

/// A program of Debian's package `prometheus`, as `tests/run` unpacks it.
pub fn prometheus_tool(name: &str) -> PathBuf {
    let tool = workspace().join(".tools/prometheus/usr/bin").join(name);
    assert!(tool.is_file(), "{} is missing: tests/run fetches it", tool.display());
    tool
}

/// A program of the Python environment that `tests/run` makes.
pub fn python_tool(name: &str) -> PathBuf {
    let tool = workspace().join(".tools/python/bin").join(name);
    assert!(tool.is_file(), "{} is missing: tests/run makes it", tool.display());
    tool
}

/// The folder of the workspace, for the files that are delivered with the server.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this package lies in the workspace")
}
