//! Links the unwinder into the command. A shared one is a library more to find and map at every start, and it asks the
//! processor what it can, which takes as long in a virtual machine as composing a small config.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    if is_native_linux() && has_unwinder() {
        // All of it, since it stands behind what needs it.
        for argument in ["-Wl,--push-state,-Bstatic,--whole-archive", "-lgcc_eh", "-Wl,--pop-state"] {
            println!("cargo::rustc-link-arg-bin=mainstem={argument}");
        }
    }
}

/// Elsewhere the unwinder is another one, or belongs to another machine.
fn is_native_linux() -> bool {
    let is = |name: &str, value: &str| variable(name).as_deref() == Some(value);
    is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && variable("HOST") == variable("TARGET")
        && variable("CARGO_FEATURE_APP").is_some()
}

/// Whether the linker has the static unwinder. It names the whole path of what it finds.
fn has_unwinder() -> bool {
    let linker = variable("RUSTC_LINKER").unwrap_or_else(|| "cc".to_owned());
    let asked = Command::new(linker).arg("-print-file-name=libgcc_eh.a").output();
    asked.is_ok_and(|told| told.status.success() && told.stdout.contains(&b'/'))
}

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by the environment")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}
