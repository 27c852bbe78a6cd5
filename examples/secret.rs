//! A program that is told secrets, and says them wherever it can: none of it is written down or shown.
//!
//! Where `conf/config.yaml` holds `{headers: {}, mirrors: [], keys: []}`:
//! `HF_TOKEN=hf_123 cargo run --example secret -- -cd conf 'hub=${oc.env:HF_TOKEN}' 'store.password=${secret:file:password.txt}'`

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::{io, thread};

use mainstem::app::App;
use mainstem::run::Run;

/// Where results go.
#[derive(Debug, mainstem::Config)]
struct Store {
    #[mainstem(default = "https://store.example")]
    url: String,
    /// Who has it may write.
    #[mainstem(secret, length = 2..)]
    password: Option<String>,
}

/// What the program does in the end.
#[derive(Clone, Copy, Debug, mainstem::Config)]
enum End {
    Well,
    Fails,
    Panics,
    PanicsBeside,
}

#[derive(Debug, mainstem::Config)]
struct Upload {
    /// No secret by its type: what comes from `HF_TOKEN` is one.
    #[mainstem(default = "")]
    hub: String,
    store: Store,
    /// Sent with every request.
    headers: BTreeMap<String, String>,
    mirrors: Vec<String>,
    #[mainstem(secret)]
    keys: Vec<String>,
    /// Print all of it: what a program prints by itself is its own affair.
    #[mainstem(default = false)]
    say: bool,
    #[mainstem(default = End::Well)]
    end: End,
}

fn main() -> ExitCode {
    App::typed("secret", upload).with_config_name("config").main()
}

#[expect(clippy::needless_pass_by_value, reason = "a job gets its config")]
#[expect(clippy::panic, reason = "what a panic says is shown without secrets")]
fn upload(cfg: Upload, run: &Run) -> Result<(), Box<dyn Error + Send + Sync>> {
    let all = format!("{cfg:?}");
    if cfg.say {
        writeln!(io::stdout(), "{all}")?;
    }
    log::info!(target: "secret", "uploading with {all}");
    run.log_params([("config", all.as_str()), ("hub", cfg.hub.as_str())])?;
    run.log_metric(&format!("calls to {}", cfg.hub), 1.0, 0)?;
    match cfg.end {
        End::Well => Ok(()),
        End::Fails => Err(io::Error::other(format!("refused: {all}")).into()),
        End::Panics => panic!("refused: {all}"),
        End::PanicsBeside => {
            thread::spawn(move || panic!("refused: {all}")).join().map_err(|_| "a thread panicked".into())
        }
    }
}
