//! `#[pipeline_main]`: a function becomes the job of a program.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser as _;
use syn::{Expr, FnArg, GenericArgument, ItemFn, LitStr, PathArguments, ReturnType, Type};

use crate::mistakes::Mistakes;

/// What may stand in `#[pipeline_main(…)]`.
const KNOWN: [&str; 9] =
    ["args", "components", "config_name", "config_path", "crate", "embed", "name", "store", "version"];

#[derive(Default)]
struct Arguments {
    config_path: Option<LitStr>,
    config_name: Option<LitStr>,
    name: Option<LitStr>,
    version: Option<LitStr>,
    components: Option<Expr>,
    store: Option<Expr>,
    krate: Option<syn::Path>,
    embed: bool,
    /// Flags of the program's own.
    args: Option<Type>,
}

/// The program around the function, or all mistakes.
pub(crate) fn expand(arguments: TokenStream, function: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let read = read(arguments, &mut mistakes);
    let Some(function) = mistakes.unless(syn::parse2::<ItemFn>(function)) else {
        return mistakes.into_tokens();
    };
    let program = program(&read, function.clone(), &mut mistakes);
    if mistakes.is_empty() {
        return program;
    }
    // The function stays, so that what is right in it is not called unused.
    let mistakes = mistakes.into_tokens();
    let (name, vis) = (&function.sig.ident, &function.vis);
    quote! {
        #mistakes
        #vis fn #name() {}
    }
}

fn read(arguments: TokenStream, mistakes: &mut Mistakes) -> Arguments {
    let mut read = Arguments::default();
    let parser = syn::meta::parser(|meta| {
        let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match name.as_str() {
            "args" => read.args = Some(meta.value()?.parse()?),
            "config_path" => read.config_path = Some(meta.value()?.parse()?),
            "config_name" => read.config_name = Some(meta.value()?.parse()?),
            "name" => read.name = Some(meta.value()?.parse()?),
            "version" => read.version = Some(meta.value()?.parse()?),
            "components" => read.components = Some(meta.value()?.parse()?),
            "store" => read.store = Some(meta.value()?.parse()?),
            "crate" => read.krate = Some(meta.value()?.parse()?),
            "embed" => read.embed = true,
            _ => {
                let near = KNOWN.into_iter().min_by_key(|known| strsim::damerau_levenshtein(known, &name));
                let near = near.filter(|known| strsim::damerau_levenshtein(known, &name) < 4);
                let hint = near.map_or_else(|| KNOWN.join(", "), |near| format!("did you mean `{near}`?"));
                return Err(meta.error(format!("`pipeline_main` knows no `{name}`: {hint}")));
            }
        }
        Ok(())
    });
    mistakes.unless(parser.parse2(arguments));
    if read.embed && read.config_path.is_none() {
        mistakes.on(proc_macro2::Span::call_site(), "`embed` needs a folder: `config_path = \"conf\"`");
    }
    read
}

fn program(arguments: &Arguments, mut function: ItemFn, mistakes: &mut Mistakes) -> TokenStream {
    let krate = arguments.krate.as_ref().map_or_else(|| quote!(::mainstem), ToTokens::to_token_stream);
    let (outer, vis) = (function.sig.ident.clone(), function.vis.clone());
    // What is said about the whole stays outside; all else is for the function, such as `#[tokio::main]`.
    let whole = ["doc", "allow", "expect", "warn", "deny", "forbid", "must_use"];
    let is_outer = |attribute: &syn::Attribute| whole.iter().any(|name| attribute.path().is_ident(name));
    let (outside, inside): (Vec<_>, Vec<_>) = function.attrs.drain(..).partition(is_outer);
    function.attrs = inside;
    function.vis = syn::Visibility::Inherited;
    function.sig.ident = syn::Ident::new("job", outer.span());
    if !function.sig.generics.params.is_empty() {
        mistakes.at(&function.sig.generics, "the job of a program has one type of config: take these away");
    }
    let Some(job) = Job::read(&function.sig, arguments.args.as_ref(), mistakes) else {
        return TokenStream::new();
    };
    let (config, call) = (job.config, job.call());
    // Such as `#[tokio::main]`, which makes the function one that waits.
    let has_runtime = function
        .attrs
        .iter()
        .any(|attribute| attribute.path().segments.last().is_some_and(|last| last.ident == "main"));
    let call = match function.sig.asyncness {
        Some(_) if !has_runtime => quote!(#krate::app::block_on(#call)),
        _ => call,
    };
    let result = result(&function.sig.output, mistakes);
    // Named where the function names them: there the compiler tells of what they are not.
    let new = match (matches!(config, Type::Reference(_)), &arguments.args) {
        (true, None) => quote!(new::<#result>),
        (true, Some(args)) => quote!(with_args::<#args, #result>),
        (false, None) => quote!(typed::<#config, #result>),
        (false, Some(args)) => quote!(typed_with_args::<#config, #args, #result>),
    };
    let args = arguments.args.as_ref().map(|args| quote!(args: #args,));
    let name = arguments.name.as_ref().map_or_else(
        || {
            quote! {
                match ::core::option_env!("CARGO_BIN_NAME") {
                    ::core::option::Option::Some(name) => name,
                    ::core::option::Option::None => ::core::env!("CARGO_PKG_NAME"),
                }
            }
        },
        ToTokens::to_token_stream,
    );
    let version = arguments
        .version
        .as_ref()
        .map_or_else(|| quote!(::core::env!("CARGO_PKG_VERSION")), ToTokens::to_token_stream);
    let configs = configs(arguments, &krate, mistakes);
    let config_name = arguments.config_name.as_ref().map(|name| quote!(.with_config_name(#name)));
    let components = arguments.components.as_ref().map(|all| quote!(.with_components(#all)));
    let store = arguments.store.as_ref().map(|all| quote!(.with_store(#all)));
    quote! {
        #(#outside)*
        #vis fn #outer() -> ::std::process::ExitCode {
            #[allow(clippy::needless_pass_by_value, reason = "a job owns its config")]
            #function
            #krate::app::App::#new(#name, |config: #config, #args run: &#krate::run::Run| { let _ = run; #call })
                .with_version(#version)
                #configs
                #config_name
                #components
                #store
                .main()
        }
    }
}

/// What a job returns, as the compiler is told; `_` of what has no name.
fn result(output: &ReturnType, mistakes: &mut Mistakes) -> TokenStream {
    let ReturnType::Type(_, ty) = output else { return quote!(()) };
    if let Some(error) = not_sent(ty) {
        mistakes.at(
            error,
            "the error of a job is told by another thread: return `Result<_, mainstem::app::Failed>`, which is \
             `Box<dyn Error + Send + Sync>`",
        );
    }
    match **ty {
        // What never returns is nothing.
        Type::Never(_) => quote!(()),
        _ if has_opaque(ty.to_token_stream()) => quote!(_),
        _ => quote!(#ty),
    }
}

/// Whether `impl Trait` stands somewhere in a type.
fn has_opaque(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "impl",
        TokenTree::Group(group) => has_opaque(group.stream()),
        _ => false,
    })
}

/// The `Box<dyn Error>` of a `Result` that no other thread may have.
fn not_sent(ty: &Type) -> Option<&Type> {
    let boxed = last_argument(ty, "Result")?;
    let Type::TraitObject(object) = last_argument(boxed, "Box")? else { return None };
    let named = |name: &str| {
        object.bounds.iter().any(|bound| {
            matches!(bound, syn::TypeParamBound::Trait(bound)
                if bound.path.segments.last().is_some_and(|last| last.ident == name))
        })
    };
    (named("Error") && !(named("Send") && named("Sync"))).then_some(boxed)
}

/// The last type between the brackets of a type of that name.
fn last_argument<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.last()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// The function of a job: what it takes, in its order.
struct Job<'f> {
    config: &'f Type,
    order: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Config,
    Args,
    Run,
}

impl<'f> Job<'f> {
    /// Tells by their types what the parameters are: a type of flags is named by the attribute, a run is a `&Run`, and
    /// the other one is the config. Where no flags are named, the second one is the run whatever its type is called.
    fn read(signature: &'f syn::Signature, args: Option<&Type>, mistakes: &mut Mistakes) -> Option<Self> {
        let mut types: Vec<&Type> = Vec::new();
        for input in &signature.inputs {
            match input {
                FnArg::Typed(input) => types.push(&input.ty),
                FnArg::Receiver(input) => {
                    mistakes.at(input, "the job of a program is a function, not a method");
                }
            }
        }
        // What the compiler would say of these is about closures.
        let has_reference = types.iter().any(|ty| is_run(ty));
        for ty in &types {
            match ty {
                Type::Reference(reference) if !is_run(ty) && !is_named(&reference.elem, "Bound") => {
                    let owned = reference.elem.to_token_stream();
                    mistakes.at(ty, format!("the job owns its config: take `{owned}`, without `&`"));
                }
                Type::Reference(reference) if reference.mutability.is_some() => {
                    mistakes
                        .at(ty, "the run is lent to the job, and to whoever else looks at it: take `&Run`");
                }
                ty if types.len() > 1 && !has_reference && is_named(ty, "Run") => {
                    mistakes.at(ty, "the run is lent to the job: take `&Run`");
                }
                _ => {}
            }
        }
        let is_args = |ty: &Type| args.is_some_and(|args| same(args, ty));
        let has_run = types.iter().any(|ty| is_run(ty));
        let (mut order, mut config) = (Vec::new(), None);
        for ty in types {
            let part = match () {
                () if is_args(ty) => Part::Args,
                () if is_run(ty) => Part::Run,
                () if args.is_none() && config.is_some() && !has_run => Part::Run,
                () => Part::Config,
            };
            if order.contains(&part) {
                mistakes.at(ty, match (part, args) {
                    (Part::Args, _) => "a job takes its flags once".to_owned(),
                    (_, Some(_)) => "a job takes its config, its flags and its run, and nothing else".to_owned(),
                    (_, None) => "a job takes its config and its run, and nothing else; flags of its own are named in \
                                  the attribute: `args = Flags`"
                        .to_owned(),
                });
            }
            if part == Part::Config {
                config = config.or(Some(ty));
            }
            order.push(part);
        }
        if let (Some(args), false) = (args, order.contains(&Part::Args)) {
            let shown = args.to_token_stream();
            mistakes.at(args, format!("the job does not take its flags: add a parameter `args: {shown}`"));
        }
        if let (Some(args), false) = (args, cfg!(feature = "clap")) {
            mistakes.at(args, "flags of its own need the feature `clap` of `mainstem`");
        }
        if config.is_none() {
            mistakes.at(
                signature,
                "a job takes its config: `fn main(cfg: Train)`, or `fn main(cfg: Train, run: &Run)`",
            );
        }
        Some(Self { config: config?, order })
    }

    fn call(&self) -> TokenStream {
        let values = self.order.iter().map(|part| match part {
            Part::Config => quote!(config),
            Part::Args => quote!(args),
            Part::Run => quote!(run),
        });
        quote!(job(#(#values),*))
    }
}

/// Whether two types are written alike.
fn same(one: &Type, other: &Type) -> bool {
    one.to_token_stream().to_string() == other.to_token_stream().to_string()
}

/// Whether a type is written `&Run`.
fn is_run(ty: &Type) -> bool {
    matches!(ty, Type::Reference(reference) if is_named(&reference.elem, "Run"))
}

/// Whether the last word of a type is that.
fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

/// Where the configs lie.
fn configs(arguments: &Arguments, krate: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
    let path = arguments.config_path.as_ref()?;
    if !arguments.embed {
        let configs = quote!(#krate::app::Configs::in_crate(::core::env!("CARGO_MANIFEST_DIR"), #path));
        return Some(quote!(.with_configs(#configs)));
    }
    let top = crate_dir().join(path.value());
    let mut files = Vec::new();
    if let Err(error) = collect(&top, &top, &mut files) {
        mistakes.at(path, format!("cannot read the folder `{}`: {error}", top.display()));
    }
    files.sort();
    let pairs = files.iter().map(|(name, file)| quote!((#name, ::core::include_str!(#file))));
    Some(quote!(.with_configs(#krate::app::Configs::embedded(&[#(#pairs),*]))))
}

/// The folder of the crate that is compiled.
#[expect(clippy::disallowed_methods, reason = "cargo speaks to macros by the environment")]
fn crate_dir() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default()
}

/// Config paths and files of all YAML below a folder.
fn collect(top: &Path, folder: &Path, files: &mut Vec<(String, String)>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(top, &path, files)?;
            continue;
        }
        let below = path.strip_prefix(top).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if let Some(name) = below.strip_suffix(".yaml") {
            files.push((name.to_owned(), path.to_string_lossy().into_owned()));
        }
    }
    Ok(())
}
