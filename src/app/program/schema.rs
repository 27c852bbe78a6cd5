//! `--schema`: what an editor should know of the config files.

use crate::app::output::Output;
use crate::app::program::help;
use crate::app::program::session::Session;
use crate::compose::Repository;
use crate::declared::SchemaFile;
use crate::declared::editor::{Choices, ConfigFile, Content, Group};
use crate::diag::{Error, ErrorKind, Result, did_you_mean};
use crate::schema::{Expected, Place, Schema, Type, places};
use crate::settings::{is_reserved, nodes};
use crate::value::{KeyPath, Text};

/// Prints the types of the program as a schema file, which `mainstem check` holds configs against.
///
/// # Errors
/// The program has no type.
pub(crate) fn file(session: &Session<'_>) -> Result<Output> {
    let Some(schema) = &session.app.typed else {
        let error = Error::new(ErrorKind::Usage, "this program has no type to write down");
        return Err(error.help("`mainstem check` looks at its configs without one"));
    };
    Ok(Output::success(SchemaFile::from(schema.clone()).write()))
}

/// Prints the JSON Schema of the primary config, of another config, or of the options of a group. Nothing is composed:
/// configs may be broken.
///
/// # Errors
/// A group that there is not, or that cannot be listed.
pub(crate) fn json(session: &Session<'_>, of: Option<&str>) -> Result<Output> {
    let (repository, broken) = session.repository();
    let any = Schema::from(Type::Any);
    let schema = session.app.typed.as_ref().unwrap_or(&any);
    let all = places(schema.expected());
    let choices = choices(&repository, &all)?;
    let nodes = nodes();
    let root = Content { expected: schema.expected(), variant: None, is_root: true };
    let name = session.app.name.as_str();
    let (title, group, contents) = match of.map(|of| of.strip_suffix(".yaml").unwrap_or(of)) {
        None => (format!("the config of {name}"), "", vec![root]),
        Some(path) if !repository.options(path)?.is_empty() => {
            let mut contents: Vec<Content<'_>> = vec![of_group(path, schema, &all)];
            for option in repository.options(path)? {
                let content = of_config(&repository, &format!("{path}/{option}"), schema, &all)?;
                // What stands for a variant is in the enum already.
                if !contents.iter().any(|one| std::ptr::eq(one.expected.ty(), content.expected.ty())) {
                    contents.push(content);
                }
            }
            (format!("an option of {path}, for {name}"), path, contents)
        }
        Some(path) if repository.has_config(path)? => {
            let group = path.rsplit_once('/').map_or("", |(group, _)| group);
            (format!("{path}, for {name}"), group, vec![of_config(&repository, path, schema, &all)?])
        }
        Some(path) => return Err(unknown(path, &repository)),
    };
    let file = ConfigFile { title: &title, contents, nodes: &nodes, choices: &choices, group };
    let output = Output::success(file.json_schema());
    Ok(match broken {
        Some(error) => output.and_note(&error, session.console.err),
        None => output,
    })
}

fn unknown(path: &str, repository: &Repository) -> Error {
    if path.ends_with(".json") {
        let message = format!("a program prints a schema, and reads none: there is no config group `{path}`");
        return Error::new(ErrorKind::Usage, message)
            .help(format!("to compose with the types of a file, type `mainstem compose --schema {path}`"));
    }
    let groups = help::group_paths(repository).unwrap_or_default();
    let own: Vec<&str> = groups.iter().map(String::as_str).filter(|group| !is_reserved(group)).collect();
    let error = Error::new(ErrorKind::NotFound, format!("there is no config group `{path}`"));
    match did_you_mean(path, own.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None if own.is_empty() => {
            error.help("there are no groups; `--schema` alone is for the primary config")
        }
        None => error.help(format!("the groups are {}", own.join(", "))),
    }
}

/// What an option of a group holds that says nothing of its package.
fn of_group<'a>(group: &str, schema: &'a Schema, places: &[Place<'a>]) -> Content<'a> {
    let named = places.iter().find(|place| place.group() == group).map(|place| place.expected);
    let expected = named.unwrap_or_else(|| schema.at(&KeyPath::parse(&group.replace('/', "."))));
    Content { expected, variant: None, is_root: false }
}

/// What one config holds.
fn of_config<'a>(
    repository: &Repository,
    path: &str,
    schema: &'a Schema,
    places: &[Place<'a>],
) -> Result<Content<'a>> {
    // A file that cannot be read is that of its group: the schema helps to mend it.
    let document = repository.load(path).ok().flatten();
    let (group, option) = path.rsplit_once('/').unwrap_or(("", path));
    let package = document.as_ref().map_or_else(|| group.replace('/', ".").into(), |one| one.package(path));
    let expected: Expected<'a> = match package.as_str() {
        "" => return Ok(Content { expected: schema.expected(), variant: None, is_root: true }),
        package if package == group.replace('/', ".") => of_group(group, schema, places).expected,
        package => schema.at(&KeyPath::parse(package)),
    };
    let variant = expected.as_enum().and_then(|variants| variants.option(option));
    Ok(Content { expected, variant, is_root: false })
}

/// What defaults lists may choose from.
fn choices(repository: &Repository, places: &[Place<'_>]) -> Result<Choices> {
    let mut groups = Vec::new();
    // The nodes of the program as a whole are no choice.
    let is_node = |path: &String| matches!(path.as_str(), "hydra" | "mainstem");
    for path in help::group_paths(repository)?.into_iter().filter(|path| !is_node(path)) {
        let of_place = places.iter().find(|place| place.group() == path.as_str());
        let variants = of_place.and_then(|place| place.expected.as_enum());
        let doc = |option: &str| -> Text {
            let variant = variants.and_then(|variants| variants.option(option));
            variant.map(|(_, variant)| variant.doc.clone()).unwrap_or_default()
        };
        let options = repository.options(&path)?;
        if !options.is_empty() {
            let options = options.into_iter().map(|option| (option.clone(), doc(&option))).collect();
            groups.push(Group { is_chosen: is_reserved(&path), path: path.into(), options });
        }
    }
    Ok(Choices { groups, configs: repository.options("")? })
}
