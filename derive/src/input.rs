//! What is derived for: the parsed input, with everything that its attributes say.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Fields, Generics, Path, Type};

use crate::agree;
use crate::attributes::{Attributes, Default, Place};
use crate::case::Case;
use crate::expression;
use crate::mistakes::Mistakes;
use crate::texts;

/// The key that names the variant of an enum, unless `tag` says otherwise. No field can have that name by accident.
const TAG: &str = "type";

/// A struct or an enum.
pub(crate) struct Input {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    /// How messages and schemas call it.
    pub(crate) name: String,
    pub(crate) doc: String,
    /// The library.
    pub(crate) krate: TokenStream,
    pub(crate) check: Option<Path>,
    /// Whether fields take what `Default` makes of the whole.
    pub(crate) default: bool,
    pub(crate) shape: Shape,
}

pub(crate) enum Shape {
    Unit,
    Newtype(Box<Field>),
    Tuple(Vec<Type>),
    Struct(Vec<Field>),
    /// Variants without fields: the value is the name.
    Words(Vec<Variant>),
    Enum {
        tag: String,
        variants: Vec<Variant>,
    },
}

pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) deprecated: Option<String>,
    pub(crate) options: Vec<String>,
    pub(crate) content: Content,
}

pub(crate) enum Content {
    Unit,
    /// Another struct, whose fields are those of the variant.
    Newtype(Box<Type>),
    Fields(Vec<Field>),
}

pub(crate) struct Field {
    /// Its name in Rust; none in a newtype.
    pub(crate) ident: Option<Ident>,
    /// Its name in configs.
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) role: Role,
    pub(crate) doc: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) deprecated: Option<String>,
    pub(crate) secret: bool,
    pub(crate) group: Option<String>,
    /// Expressions of an `Option` of a limit.
    pub(crate) limits: Vec<TokenStream>,
    /// What these want of the type: a function that compiles for it, and the place of the limit.
    pub(crate) wants: Vec<(&'static str, Span)>,
    /// The module that describes, reads and writes it.
    pub(crate) with: Option<TokenStream>,
    /// An expression of its type.
    pub(crate) default: Option<TokenStream>,
    /// The value where nobody gives one and there is no default: of an `Option` that its module knows nothing of.
    pub(crate) nothing: Option<TokenStream>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Value,
    Flat,
    Skipped,
}

impl Input {
    /// Reads an input. What is wrong goes to `mistakes`; the input is only of use if there are none.
    pub(crate) fn read(input: DeriveInput, mistakes: &mut Mistakes) -> Option<Self> {
        let place = match &input.data {
            Data::Struct(_) => Place::Struct,
            Data::Enum(_) => Place::Enum,
            Data::Union(data) => {
                mistakes
                    .at(data.union_token, "a union cannot be a config: nobody knows which field is there");
                return None;
            }
        };
        for lifetime in input.generics.lifetimes() {
            mistakes.at(lifetime, "a config owns its values: a type with lifetimes cannot be one");
        }
        let attributes = Attributes::read(&input.attrs, place, mistakes);
        let krate = attributes.library();
        let default = match &attributes.default {
            None => false,
            Some(Default::Own(span)) => {
                if !matches!(&input.data, Data::Struct(data) if matches!(data.fields, Fields::Named(_))) {
                    mistakes.on(*span, "only a struct with named fields takes them from its `Default`");
                }
                true
            }
            Some(Default::Given(expression)) => {
                mistakes.at(expression, "a struct takes what its `Default` makes: write `default` alone");
                false
            }
        };
        let shape = match &input.data {
            Data::Struct(data) => structure(&data.fields, &attributes, &krate, mistakes),
            Data::Enum(data) => choice(&input.ident, data, &attributes, &krate, mistakes),
            Data::Union(_) => return None,
        };
        let name = attributes.rename.as_ref().map_or_else(|| unraw(&input.ident), syn::LitStr::value);
        Some(Self {
            ident: input.ident,
            generics: input.generics,
            name,
            doc: attributes.doc,
            krate,
            check: attributes.check,
            default,
            shape,
        })
    }

    /// All fields, those of variants too.
    pub(crate) fn fields(&self) -> Vec<&Field> {
        match &self.shape {
            Shape::Unit | Shape::Tuple(_) => Vec::new(),
            Shape::Newtype(field) => vec![field],
            Shape::Struct(fields) => fields.iter().collect(),
            Shape::Words(variants) | Shape::Enum { variants, .. } => variants
                .iter()
                .flat_map(|variant| match &variant.content {
                    Content::Fields(fields) => fields.as_slice(),
                    Content::Unit | Content::Newtype(_) => &[],
                })
                .collect(),
        }
    }
}

/// The name as Rust's own words are written: without `r#`.
fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

fn structure(fields: &Fields, all: &Attributes, krate: &TokenStream, mistakes: &mut Mistakes) -> Shape {
    match fields {
        Fields::Unit => Shape::Unit,
        Fields::Named(named) => Shape::Struct(read_fields(&named.named, all.rename_all, krate, mistakes)),
        Fields::Unnamed(unnamed) if unnamed.unnamed.len() == 1 => {
            let field = read_field(&unnamed.unnamed[0], None, krate, mistakes);
            alone(&unnamed.unnamed[0], mistakes);
            Shape::Newtype(Box::new(field))
        }
        Fields::Unnamed(unnamed) => {
            if unnamed.unnamed.len() > 8 {
                mistakes.at(unnamed, "nobody can tell so many values apart: give the fields names");
            }
            for field in &unnamed.unnamed {
                for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("mainstem"))
                {
                    mistakes.at(attribute, "fields of a tuple take no attributes: give them names");
                }
            }
            Shape::Tuple(unnamed.unnamed.iter().map(|field| field.ty.clone()).collect())
        }
    }
}

/// What stands on the field of a newtype: the newtype is used as a field elsewhere, which takes all but limits.
fn alone(field: &syn::Field, mistakes: &mut Mistakes) {
    let attributes = Attributes::read(&field.attrs, Place::Field, &mut Mistakes::default());
    for (name, span) in attributes.beside(&["range", "length", "one_of", "regex", "with"]) {
        let message = format!("`{name}` says something about a field of that type, and belongs there");
        mistakes.on(*span, message);
    }
}

fn read_fields<'f>(
    fields: impl IntoIterator<Item = &'f syn::Field>,
    case: Option<Case>,
    krate: &TokenStream,
    mistakes: &mut Mistakes,
) -> Vec<Field> {
    let mut names: Vec<(String, String)> = Vec::new();
    let mut all = Vec::new();
    for field in fields {
        let read = read_field(field, case, krate, mistakes);
        let owner = field.ident.as_ref().map(unraw).unwrap_or_default();
        if read.role == Role::Value {
            for name in std::iter::once(&read.name).chain(&read.aliases) {
                match names.iter().find(|(known, _)| known == name) {
                    Some((_, other)) if *other == owner => {
                        mistakes.at(&field.ident, format!("`{name}` is a name of this field twice"));
                    }
                    Some((_, other)) => {
                        mistakes.at(&field.ident, format!("`{name}` is a name of the field `{other}` too"));
                    }
                    None => names.push((name.clone(), owner.clone())),
                }
            }
        }
        all.push(read);
    }
    all
}

fn read_field(field: &syn::Field, case: Option<Case>, krate: &TokenStream, mistakes: &mut Mistakes) -> Field {
    let attributes = Attributes::read(&field.attrs, Place::Field, mistakes);
    let role = match (attributes.flatten, attributes.skip) {
        (Some(_), _) => Role::Flat,
        (None, Some(_)) => Role::Skipped,
        (None, None) => Role::Value,
    };
    let (only, role_name): (&[&str], &str) = match role {
        Role::Value => (&[], ""),
        Role::Flat => (&["flatten"], "flatten"),
        Role::Skipped => (&["skip", "default"], "skip"),
    };
    if role != Role::Value {
        for (name, span) in attributes.beside(only) {
            mistakes.on(*span, format!("`{name}` has no meaning beside `{role_name}`"));
        }
    }
    let ty = &field.ty;
    let default = attributes.default.as_ref().map(|default| match default {
        Default::Own(span) => {
            quote_spanned!(*span=> { let value: #ty = ::core::default::Default::default(); value })
        }
        Default::Given(given) => match expression::text(given) {
            Some(text) => {
                let value = texts::value(text, ty, mistakes);
                quote_spanned!(text.span()=> { let value: #ty = #value; value })
            }
            None => {
                let value = literal(given, ty);
                quote_spanned!(given.span()=> { let value: #ty = #value; value })
            }
        },
    });
    agree::check(&attributes, mistakes);
    agree::check_range(&attributes, ty, mistakes);
    let some = |limit: TokenStream| quote!(::core::option::Option::Some(#limit));
    let limits = [
        attributes.range.as_ref().and_then(|range| expression::range(range, krate, mistakes)).map(some),
        attributes.length.as_ref().and_then(|length| expression::length(length, krate, mistakes)).map(some),
        attributes.one_of.as_ref().and_then(|values| expression::one_of(values, krate, mistakes)).map(some),
        attributes.regex.as_ref().and_then(|regex| expression::regex(regex, krate, mistakes)),
    ];
    let by_serde = attributes.with.as_ref().is_some_and(|path| path.is_ident("serde"));
    let nothing = (by_serde && texts::named(ty, "Option").is_some())
        .then(|| quote!({ let value: #ty = ::core::option::Option::None; value }));
    let wants = if attributes.with.is_none() { wants(&attributes) } else { Vec::new() };
    let rust_name = field.ident.as_ref().map(unraw).unwrap_or_default();
    let name = match (&attributes.rename, case) {
        (Some(name), _) => name.value(),
        (None, Some(case)) => case.write(&rust_name),
        (None, None) => rust_name,
    };
    Field {
        ident: field.ident.clone(),
        name,
        ty: field.ty.clone(),
        role,
        doc: attributes.doc,
        aliases: attributes.aliases.iter().map(syn::LitStr::value).collect(),
        deprecated: attributes.deprecated.as_ref().map(syn::LitStr::value),
        secret: attributes.secret.is_some(),
        group: attributes.group.as_ref().map(syn::LitStr::value),
        limits: limits.into_iter().flatten().collect(),
        wants,
        with: attributes.with.as_ref().map(|path| {
            if !path.is_ident("serde") {
                return path.to_token_stream();
            }
            if !cfg!(feature = "serde") {
                mistakes.at(path, "`with = serde` needs the feature `serde` of `mainstem`");
            }
            quote_spanned!(path.span()=> #krate::typed::bridge)
        }),
        default,
        nothing,
    }
}

/// A literal as the value of an `Option` is `Some` of it; anything else stands as it is written.
fn literal(given: &syn::Expr, ty: &Type) -> TokenStream {
    let is_literal = match given {
        syn::Expr::Unary(unary) => {
            matches!(unary.op, syn::UnOp::Neg(_)) && matches!(&*unary.expr, syn::Expr::Lit(_))
        }
        given => matches!(given, syn::Expr::Lit(_)),
    };
    match texts::named(ty, "Option") {
        Some(_) if is_literal => quote_spanned!(given.span()=> ::core::option::Option::Some(#given)),
        _ => given.to_token_stream(),
    }
}

/// What the limits of a field want of its type.
fn wants(field: &Attributes) -> Vec<(&'static str, Span)> {
    let mut wants = Vec::new();
    wants.extend(field.range.as_ref().map(|range| ("in_range", range.span())));
    wants.extend(field.length.as_ref().map(|length| ("has_length", length.span())));
    wants.extend(field.regex.as_ref().map(|regex| ("is_text", regex.span())));
    if let Some(syn::Expr::Array(values)) = &field.one_of {
        for value in &values.elems {
            match value {
                syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => {
                    wants.push(("is_text", text.span()));
                }
                syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(_) | syn::Lit::Float(_), .. }) => {
                    wants.push(("is_number", value.span()));
                }
                _ => {}
            }
        }
        // Once is enough for values of a kind.
        wants.dedup_by_key(|(want, _)| *want);
    }
    wants
}

fn choice(
    ident: &Ident,
    data: &syn::DataEnum,
    all: &Attributes,
    krate: &TokenStream,
    mistakes: &mut Mistakes,
) -> Shape {
    if data.variants.is_empty() {
        mistakes.at(ident, "an enum without variants has no values");
    }
    let is_words = all.tag.is_none() && data.variants.iter().all(|one| matches!(one.fields, Fields::Unit));
    let tag = all.tag.as_ref().map_or_else(|| TAG.to_owned(), syn::LitStr::value);
    let mut names: Vec<(String, String)> = Vec::new();
    let mut variants = Vec::new();
    for variant in &data.variants {
        let attributes = Attributes::read(&variant.attrs, Place::Variant, mistakes);
        let rust_name = unraw(&variant.ident);
        let name = attributes
            .rename
            .as_ref()
            .map_or_else(|| all.rename_all.unwrap_or(Case::Snake).write(&rust_name), syn::LitStr::value);
        if let (true, Some(option)) = (is_words, attributes.options.first()) {
            mistakes.at(
                option,
                "the variants are words, which no config is merged into: add `tag = \"type\"` to the enum to \
                 choose them by options of a config group",
            );
        }
        let aliases: Vec<String> = attributes.aliases.iter().map(syn::LitStr::value).collect();
        for name in std::iter::once(&name).chain(&aliases) {
            match names.iter().find(|(known, _)| known == name) {
                Some((_, other)) => {
                    mistakes.at(&variant.ident, format!("`{name}` is a name of the variant `{other}` too"));
                }
                None => names.push((name.clone(), rust_name.clone())),
            }
        }
        let content = match &variant.fields {
            Fields::Unit => Content::Unit,
            Fields::Unnamed(unnamed) if unnamed.unnamed.len() == 1 => {
                for attribute in
                    unnamed.unnamed[0].attrs.iter().filter(|attribute| attribute.path().is_ident("mainstem"))
                {
                    mistakes
                        .at(attribute, "the struct in a variant is the variant: its attributes belong there");
                }
                Content::Newtype(Box::new(unnamed.unnamed[0].ty.clone()))
            }
            Fields::Unnamed(unnamed) => {
                mistakes.at(
                    unnamed,
                    "the fields of a variant are keys beside its tag: give them names, or put them into one struct",
                );
                Content::Unit
            }
            Fields::Named(named) => {
                let fields = read_fields(&named.named, attributes.rename_all, krate, mistakes);
                for (field, read) in named.named.iter().zip(&fields) {
                    if read.role == Role::Value && (read.name == tag || read.aliases.contains(&tag)) {
                        let message =
                            format!("`{tag}` is the key that names the variant: rename one of them");
                        mistakes.at(&field.ident, message);
                    }
                }
                Content::Fields(fields)
            }
        };
        variants.push(Variant {
            ident: variant.ident.clone(),
            name,
            doc: attributes.doc,
            aliases,
            deprecated: attributes.deprecated.as_ref().map(syn::LitStr::value),
            options: attributes.options.iter().map(syn::LitStr::value).collect(),
            content,
        });
    }
    if is_words { Shape::Words(variants) } else { Shape::Enum { tag, variants } }
}

/// The local that holds a field.
pub(crate) fn local(index: usize) -> Ident {
    format_ident!("__field{index}")
}
