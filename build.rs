//! Links the command and the examples statically where that can be done. A shared library is one more to find, map and relocate at every
//! start, and the one for unwinding asks the processor what it can, which takes as long in a virtual machine as composing
//! a small config: of a start of two milliseconds, shared libraries are half a millisecond.
//!
//! The compiler names libraries by `-lc`, between flags that ask for shared ones, and only a target feature that excludes
//! procedural macros would change that. So a folder that is searched first has a linker script by each of those names,
//! which leads to the static library. It is for the linking of these programs: who uses the library links as ever.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What the compiler asks for, and what is linked in its place. One that is still shared would make all of it dynamic.
const LIBRARIES: &[(&str, &str)] = &[
    ("libc.so", "libc.a"),
    ("libdl.so", "libdl.a"),
    ("libgcc_s.so", "libgcc_eh.a"),
    ("libm.so", "libm.a"),
    ("libpthread.so", "libpthread.a"),
    ("librt.so", "librt.a"),
    ("libutil.so", "libutil.a"),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    if let Some(folder) = is_native_linux().then(static_libraries).flatten() {
        for argument in [format!("-L{}", folder.display()), "-static".to_owned(), "-no-pie".to_owned()] {
            println!("cargo::rustc-link-arg-bin=mainstem={argument}");
            println!("cargo::rustc-link-arg-examples={argument}");
        }
    }
}

/// Elsewhere the libraries are others, or belong to another machine.
fn is_native_linux() -> bool {
    let is = |name: &str, value: &str| variable(name).as_deref() == Some(value);
    is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && variable("HOST") == variable("TARGET")
        && variable("CARGO_FEATURE_APP").is_some()
}

/// The folder with the linker scripts, if this machine has all of the static libraries.
fn static_libraries() -> Option<PathBuf> {
    let folder = Path::new(&variable("OUT_DIR")?).join("static");
    fs::create_dir_all(&folder).ok()?;
    for (asked, linked) in LIBRARIES {
        let script = format!("INPUT({})\n", library(linked)?.display());
        fs::write(folder.join(asked), script).ok()?;
    }
    Some(folder)
}

/// Where the linker has a library. It names the whole path of what it finds.
fn library(name: &str) -> Option<PathBuf> {
    let linker = variable("RUSTC_LINKER").unwrap_or_else(|| "cc".to_owned());
    let told = Command::new(linker).arg(format!("-print-file-name={name}")).output().ok()?;
    let path = PathBuf::from(String::from_utf8(told.stdout).ok()?.trim_end());
    (told.status.success() && path.is_absolute()).then_some(path)
}

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by the environment")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}
