//! Providers of figment as configs, and configs as providers.

use std::fs;

use figment::providers::{Env, Format as _, Json, Serialized, Toml};
use figment::{Figment, Profile};
use mainstem::compose::{Composer, ConfigSource, Memory, Mode, Provided, Repository};
use mainstem::diag::ErrorKind;
use mainstem::facts::Facts;
use mainstem::typed::figment::Providers;
use mainstem::value::{KeyPath, Node, write_yaml};

fn composer(source: impl ConfigSource + 'static, primary: &str) -> Composer {
    let path =
        vec![Provided::new("main", Memory::new().text("config", primary)), Provided::new("figment", source)];
    Composer::new(Repository::new(path), Facts::default())
}

fn yaml(node: &Node) -> String {
    let mut out = String::new();
    write_yaml(node, &mut out);
    out
}

#[test]
fn providers_are_options_of_groups_and_know_who_said_what() {
    let folder = std::env::temp_dir().join(format!("mainstem-figment-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a directory");
    let file = folder.join("pg.toml");
    fs::write(&file, "port = 5432\nurl = \"pg://${.host}:${.port}\"\nhost = \"???\"\n").expect("writable");
    let source = Providers::default()
        .config("db/pg", Toml::file(&file))
        .and_then(|source| {
            source.config("db/lite", Json::string(r#"{"path": "x.db", "wal": null, "ns": [1, 2.5]}"#))
        })
        .and_then(|source| source.config("more", Serialized::default("lr", 0.5)))
        .expect("all can be read");
    let composer = composer(source, "defaults: [db: pg, _self_, more]\nlr: 0.1\n");
    let compose = |arguments: &[&str]| {
        let arguments = composer.arguments(Some("config"), arguments).expect("overrides");
        composer.compose(Some("config"), &arguments, Mode::Run)
    };
    let composed = compose(&["db.host=here"]).expect("it composes");
    assert_eq!(
        yaml(composed.root()),
        "db:\n  host: here\n  port: 5432\n  url: pg://${.host}:${.port}\nlr: 0.5\n"
    );
    let port = composer.explain(&composed, &KeyPath::parse("db.port")).expect("it is there");
    let said = composed.sources().describe(port.steps[0].origin);
    assert_eq!(said, format!("TOML file {}", file.display()));
    let composed = compose(&["db=lite"]).expect("it composes");
    assert_eq!(yaml(composed.root()), "db:\n  ns:\n  - 1\n  - 2.5\n  path: x.db\n  wal: null\nlr: 0.5\n");
    let error = compose(&["db=mysql"]).expect_err("no such option");
    assert_eq!(error.notes(), ["options: lite, pg"]);
    fs::remove_dir_all(&folder).expect("it is there");
}

#[test]
fn a_provider_that_cannot_be_read_says_why() {
    let error = Providers::default().config("x", Toml::string("a = ")).expect_err("no TOML");
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.message().starts_with("cannot read TOML source string: "), "{error}");
}

#[test]
fn several_providers_and_the_profile_that_is_selected_make_one_config() {
    let figment = Figment::new()
        .merge(Toml::string("[default]\na = 1\nb = 1\n[debug]\nb = 2\n").nested())
        .merge(Env::raw().only(&["MAINSTEM_NOT_SET"]))
        .select(Profile::const_new("debug"));
    let source = Providers::default().config("config", figment).expect("it can be read");
    let composer = Composer::new(Repository::new(vec![Provided::new("main", source)]), Facts::default());
    let arguments = composer.arguments(Some("config"), &["a=3"]).expect("overrides");
    let composed = composer.compose(Some("config"), &arguments, Mode::Run).expect("it composes");
    assert_eq!(yaml(composed.root()), "a: 3\nb: 2\n");
}

#[cfg(feature = "app")]
#[test]
fn the_config_of_a_job_is_a_provider_with_places() {
    use mainstem::app::{App, Bound, Sandbox, Status};
    use mainstem::run::Run;

    #[derive(serde::Deserialize, PartialEq, Debug)]
    struct Train {
        lr: f64,
        name: String,
        steps: Option<u64>,
    }

    let app = App::new("train", |config: &Bound, _: &Run| {
        let figment = Figment::from(config).merge(("steps", 7));
        let train: Train = figment.extract()?;
        assert_eq!(train, Train { lr: 0.1, name: "n-0.1".to_owned(), steps: Some(7) });
        let error = figment.extract_inner::<bool>("lr").expect_err("no boolean").to_string();
        assert!(error.contains("\"lr (conf/config.yaml:1:5)\" in the composed config"), "{error}");
        Ok::<_, Box<figment::Error>>(())
    })
    .with_config_name("config");
    let sandbox = Sandbox::new()
        .and_then(|sandbox| sandbox.with_file("conf/config.yaml", "lr: 0.1\nname: n-${lr}\nsteps: null\n"))
        .expect("writable");
    let trial = sandbox.run(&app, ["-cd", "conf"]);
    assert_eq!((trial.status(), trial.err()), (Status::Success, ""));
}
