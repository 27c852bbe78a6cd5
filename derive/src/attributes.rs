//! What stands in `#[mainstem(…)]`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, LitStr, Meta, Path, Token, bracketed, parenthesized, token};

use crate::case::{CASES, Case};
use crate::mistakes::Mistakes;

/// Where an attribute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Struct,
    Enum,
    Variant,
    Field,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Struct => "a struct",
            Self::Enum => "an enum",
            Self::Variant => "a variant",
            Self::Field => "a field",
        }
    }
}

use Place::{Enum, Field, Struct, Variant};

/// Every attribute, and where it may stand.
const KNOWN: [(&str, &[Place]); 18] = [
    ("alias", &[Field, Variant]),
    ("check", &[Struct, Enum]),
    ("crate", &[Struct, Enum]),
    ("default", &[Struct, Field]),
    ("deprecated", &[Field, Variant]),
    ("flatten", &[Field]),
    ("group", &[Field]),
    ("length", &[Field]),
    ("one_of", &[Field]),
    ("options", &[Variant]),
    ("range", &[Field]),
    ("regex", &[Field]),
    ("rename", &[Struct, Enum, Variant, Field]),
    ("rename_all", &[Struct, Enum, Variant]),
    ("secret", &[Field]),
    ("skip", &[Field]),
    ("tag", &[Enum]),
    ("with", &[Field]),
];

/// What a field takes where the config says nothing.
pub(crate) enum Default {
    /// `default`: what `Default` makes.
    Own(Span),
    /// `default = …`.
    Given(Box<Expr>),
}

/// All attributes of one item.
#[derive(std::default::Default)]
pub(crate) struct Attributes {
    /// The names of all that are there, in order.
    names: Vec<(String, Span)>,
    pub(crate) doc: String,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) check: Option<Path>,
    pub(crate) krate: Option<Path>,
    pub(crate) default: Option<Default>,
    pub(crate) deprecated: Option<LitStr>,
    pub(crate) flatten: Option<Span>,
    pub(crate) group: Option<LitStr>,
    pub(crate) length: Option<Expr>,
    pub(crate) one_of: Option<Expr>,
    pub(crate) options: Vec<LitStr>,
    pub(crate) range: Option<Expr>,
    pub(crate) regex: Option<LitStr>,
    pub(crate) rename: Option<LitStr>,
    pub(crate) rename_all: Option<Case>,
    pub(crate) secret: Option<Span>,
    pub(crate) skip: Option<Span>,
    pub(crate) tag: Option<LitStr>,
    pub(crate) with: Option<Path>,
}

impl Attributes {
    /// Reads all attributes of an item; goes on behind a mistake.
    pub(crate) fn read(attributes: &[Attribute], place: Place, mistakes: &mut Mistakes) -> Self {
        let mut all = Self { doc: doc(attributes), ..Self::default() };
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("mainstem")) {
            if !matches!(attribute.meta, Meta::List(_)) {
                mistakes.at(attribute, "expected attributes in parentheses: `#[mainstem(…)]`");
                continue;
            }
            let result = attribute.parse_nested_meta(|meta| {
                let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                if let Some(problem) = problem(&name, place, &meta.path) {
                    mistakes.at(&meta.path, problem);
                    return skip(&meta);
                }
                if name != "alias" && all.names.iter().any(|(known, _)| *known == name) {
                    mistakes.at(&meta.path, format!("`{name}` stands twice"));
                    return skip(&meta);
                }
                all.names.push((name.clone(), meta.path.span()));
                if matches!(&*name, "flatten" | "secret" | "skip") && meta.input.peek(Token![=]) {
                    mistakes.at(&meta.path, format!("`{name}` takes no value"));
                    return skip(&meta);
                }
                if let Some(written) = misspelled(&name, &meta)? {
                    mistakes.at(&meta.path, format!("write `{written}`"));
                    return Ok(());
                }
                match all.take(&name, &meta, mistakes) {
                    Ok(()) => Ok(()),
                    Err(error) => {
                        mistakes.unless::<()>(Err(error));
                        skip(&meta)
                    }
                }
            });
            mistakes.unless(result);
        }
        all
    }

    fn take(&mut self, name: &str, meta: &ParseNestedMeta<'_>, mistakes: &mut Mistakes) -> syn::Result<()> {
        let span = meta.path.get_ident().map_or_else(Span::call_site, proc_macro2::Ident::span);
        match name {
            "alias" => self.aliases.push(text(meta)?),
            "check" => self.check = Some(path(meta)?),
            "crate" => self.krate = Some(path(meta)?),
            "default" if meta.input.peek(Token![=]) => {
                self.default = Some(Default::Given(Box::new(expression(meta)?)));
            }
            "default" => self.default = Some(Default::Own(span)),
            "deprecated" => self.deprecated = Some(text(meta)?),
            "flatten" => self.flatten = Some(span),
            "group" => self.group = Some(text(meta)?),
            "length" => self.length = Some(expression(meta)?),
            "one_of" => self.one_of = Some(expression(meta)?),
            "options" => {
                meta.value()?;
                if !meta.input.peek(token::Bracket) {
                    return Err(meta
                        .input
                        .error("expected options in brackets, such as `[\"small\", \"large\"]`"));
                }
                let content;
                bracketed!(content in meta.input);
                self.options =
                    Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?.into_iter().collect();
                if self.options.is_empty() {
                    mistakes.on(span, "no option stands for this variant: name one, or leave `options` out");
                }
            }
            "range" => self.range = Some(expression(meta)?),
            "regex" => self.regex = Some(text(meta)?),
            "rename" => self.rename = Some(text(meta)?),
            "rename_all" => {
                let wanted = text(meta)?;
                match CASES.iter().find(|(name, _)| *name == wanted.value()) {
                    Some((_, case)) => self.rename_all = Some(*case),
                    None => {
                        let names = CASES.map(|(name, _)| name);
                        mistakes.at(&wanted, format!("expected one of {}", names.join(", ")));
                    }
                }
            }
            "secret" => self.secret = Some(span),
            "skip" => self.skip = Some(span),
            "tag" => self.tag = Some(text(meta)?),
            "with" => self.with = Some(path(meta)?),
            _ => {}
        }
        Ok(())
    }

    /// The library, as the code that is made names it.
    pub(crate) fn library(&self) -> TokenStream {
        self.krate.as_ref().map_or_else(|| quote!(::mainstem), ToTokens::to_token_stream)
    }

    /// The attributes that are there beside these, with the places of their names.
    pub(crate) fn beside(&self, these: &[&str]) -> impl Iterator<Item = &(String, Span)> {
        self.names.iter().filter(move |(name, _)| !these.contains(&name.as_str()))
    }
}

/// Why an attribute cannot stand there.
fn problem(name: &str, place: Place, path: &Path) -> Option<String> {
    let here = || {
        let here: Vec<&str> =
            KNOWN.iter().filter(|(_, places)| places.contains(&place)).map(|(name, _)| *name).collect();
        here.join(", ")
    };
    match KNOWN.iter().find(|(known, _)| *known == name) {
        Some((_, places)) if places.contains(&place) => None,
        Some((_, places)) => {
            let places: Vec<&str> = places.iter().map(|place| place.name()).collect();
            Some(format!("`{name}` belongs on {}, not on {}", places.join(" or "), place.name()))
        }
        None => {
            let near = KNOWN
                .iter()
                .map(|(known, _)| (strsim::damerau_levenshtein(known, name), known))
                .filter(|(distance, known)| *distance <= known.len() / 3)
                .min();
            let shown = path.to_token_stream().to_string();
            Some(match near {
                Some((_, near)) => format!("unknown attribute `{shown}`: did you mean `{near}`?"),
                None => format!("unknown attribute `{shown}`; on {} there are {}", place.name(), here()),
            })
        }
    }
}

/// What was meant by `default: 3` or `default(3)`; `None` where the value is written as it must be.
fn misspelled(name: &str, meta: &ParseNestedMeta<'_>) -> syn::Result<Option<String>> {
    let value = if meta.input.peek(Token![:]) {
        meta.input.parse::<Token![:]>()?;
        let mut value = TokenStream::new();
        while !meta.input.is_empty() && !meta.input.peek(Token![,]) {
            value.extend([meta.input.parse::<proc_macro2::TokenTree>()?]);
        }
        value.to_string()
    } else if meta.input.peek(token::Paren) {
        let content;
        parenthesized!(content in meta.input);
        let value = content.parse::<TokenStream>()?.to_string();
        if name == "options" { format!("[{value}]") } else { value }
    } else {
        return Ok(None);
    };
    Ok(Some(match name {
        "flatten" | "secret" | "skip" => name.to_owned(),
        _ => format!("{name} = {value}"),
    }))
}

/// Goes to the next attribute.
fn skip(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    while !meta.input.is_empty() && !meta.input.peek(Token![,]) {
        meta.input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

fn text(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    meta.value()?.parse()
}

fn path(meta: &ParseNestedMeta<'_>) -> syn::Result<Path> {
    meta.value()?.call(Path::parse_mod_style)
}

fn expression(meta: &ParseNestedMeta<'_>) -> syn::Result<Expr> {
    meta.value()?.parse()
}

/// The doc comment, without the blank behind the slashes.
fn doc(attributes: &[Attribute]) -> String {
    let lines =
        attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| {
            match &attribute.meta {
                Meta::NameValue(pair) => crate::expression::text(&pair.value).map(LitStr::value),
                _ => None,
            }
        });
    let lines: Vec<String> = lines
        .flat_map(|text| text.split('\n').map(str::to_owned).collect::<Vec<_>>())
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned())
        .collect();
    lines.join("\n").trim().to_owned()
}
