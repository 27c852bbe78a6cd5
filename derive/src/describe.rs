//! `Config::describe`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::input::{Content, Field, Input, Role, Shape, Variant};

/// The body of `describe`.
pub(crate) fn body(input: &Input) -> TokenStream {
    let Input { krate, name, .. } = input;
    let shape = match &input.shape {
        Shape::Unit => return quote!(<() as #krate::typed::Config>::describe(types)),
        Shape::Newtype(field) => {
            let ty = described(field, krate);
            return match limits(field) {
                None => ty,
                Some(limits) => quote!(#krate::schema::Field::new(#ty) #limits.ty),
            };
        }
        Shape::Tuple(types) => {
            let types = types
                .iter()
                .map(|ty| quote_spanned!(ty.span()=> <#ty as #krate::typed::Config>::describe(types)));
            return quote!(#krate::schema::Type::Tuple([#(#types),*].into()));
        }
        Shape::Struct(all) => {
            let doc = doc(&input.doc);
            let fields = fields(all, input.default, krate);
            let whole =
                input.default.then(|| quote!(let __whole = <Self as ::core::default::Default>::default();));
            quote! {
                #whole
                ::core::convert::Into::into(#fields #doc)
            }
        }
        Shape::Words(all) => variants(&quote!(#krate::schema::Variants::words()), &input.doc, all, krate),
        Shape::Enum { tag, variants: all } => {
            variants(&quote!(#krate::schema::Variants::tagged(#tag)), &input.doc, all, krate)
        }
    };
    quote!(types.define::<Self>(#name, |types| { let _ = &types; #shape }))
}

fn doc(doc: &str) -> Option<TokenStream> {
    (!doc.is_empty()).then(|| quote!(.doc(#doc)))
}

fn variants(start: &TokenStream, words: &str, all: &[Variant], krate: &TokenStream) -> TokenStream {
    let all = all.iter().map(|variant| {
        let Variant { name, aliases, options, .. } = variant;
        let doc = doc(&variant.doc);
        let deprecated = variant.deprecated.as_ref().map(|why| quote!(.deprecated(#why)));
        let content = match &variant.content {
            Content::Unit => quote!(#krate::schema::Fields::default()),
            Content::Newtype(ty) => quote_spanned! {ty.span()=>
                #krate::schema::Fields::default().flatten(<#ty as #krate::typed::Config>::describe(types))
            },
            Content::Fields(all) => fields(all, false, krate),
        };
        quote! {
            .variant(
                #name,
                #krate::schema::Variant::default() #doc #deprecated #(.alias(#aliases))* #(.option(#options))*,
                #content,
            )
        }
    });
    let doc = doc(words);
    quote!(::core::convert::Into::into(#start #doc #(#all)*))
}

fn fields(all: &[Field], from_whole: bool, krate: &TokenStream) -> TokenStream {
    let all = all.iter().map(|field| match field.role {
        Role::Skipped => TokenStream::new(),
        Role::Flat => {
            let ty = described(field, krate);
            quote!(.flatten(#ty))
        }
        Role::Value => {
            let Field { name, aliases, ident, .. } = field;
            let ty = described(field, krate);
            let doc = doc(&field.doc);
            let deprecated = field.deprecated.as_ref().map(|why| quote!(.deprecated(#why)));
            let secret = field.secret.then(|| quote!(.secret()));
            let group = field.group.as_ref().map(|group| quote!(.group(#group)));
            let limits = limits(field);
            let default = field.default.clone().or_else(|| from_whole.then(|| quote!(__whole.#ident)));
            let default = default.or_else(|| field.nothing.clone());
            let default = default.map(|default| {
                let write = written(field, krate);
                quote!(.default(#write(&#default)))
            });
            quote! {
                .field(
                    #name,
                    #krate::schema::Field::new(#ty)
                        #doc #default #limits #(.alias(#aliases))* #deprecated #secret #group,
                )
            }
        }
    });
    quote!(#krate::schema::Fields::default() #(#all)*)
}

/// The type of a field.
fn described(field: &Field, krate: &TokenStream) -> TokenStream {
    let ty = &field.ty;
    match &field.with {
        Some(with) => quote!(#with::describe(types)),
        None => quote_spanned!(ty.span()=> <#ty as #krate::typed::Config>::describe(types)),
    }
}

/// The function that writes a field.
pub(crate) fn written(field: &Field, krate: &TokenStream) -> TokenStream {
    let ty = &field.ty;
    match &field.with {
        Some(with) => quote!(#with::write),
        None => quote_spanned!(ty.span()=> <#ty as #krate::typed::Config>::write),
    }
}

/// `.limits(…)`, if there are any.
pub(crate) fn limits(field: &Field) -> Option<TokenStream> {
    let limits = &field.limits;
    (!limits.is_empty()).then(|| {
        quote!(.limits(::core::iter::Iterator::flatten(::core::iter::IntoIterator::into_iter([#(#limits),*]))))
    })
}
