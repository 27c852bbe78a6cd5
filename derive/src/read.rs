//! `Config::read` and `Flatten::read_entries`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::describe::limits;
use crate::input::{Content, Field, Input, Role, Shape, Variant, local};

/// The body of `read`.
pub(crate) fn body(input: &Input) -> TokenStream {
    let Input { krate, name, .. } = input;
    match &input.shape {
        Shape::Unit => {
            let rule = rule(input, &quote!(cx.check_rule(at, __value)));
            quote! {
                <() as #krate::typed::Config>::read(at, cx)?;
                let value = Self;
                #rule
                ::core::result::Result::Ok(value)
            }
        }
        Shape::Newtype(field) => {
            let ty = &field.ty;
            let (read, write) = match &field.with {
                Some(with) => (quote!(#with::read(at, cx)?), quote!(#with::write(&value.0))),
                None => (
                    quote_spanned!(ty.span()=> <#ty as #krate::typed::Config>::read(at, cx)?),
                    quote!(<#ty as #krate::typed::Config>::write(&value.0)),
                ),
            };
            let limits = &field.limits;
            let check = (!limits.is_empty()).then(|| {
                quote! {
                    let limits: ::std::vec::Vec<#krate::schema::Constraint> =
                        ::core::iter::Iterator::collect(::core::iter::Iterator::flatten(
                            ::core::iter::IntoIterator::into_iter([#(#limits),*]),
                        ));
                    cx.check(at, &#write, &limits)?;
                }
            });
            let rule = rule(input, &quote!(cx.check_rule(at, __value)));
            quote! {
                let value = Self(#read);
                #check
                #rule
                ::core::result::Result::Ok(value)
            }
        }
        Shape::Tuple(types) => {
            let locals: Vec<_> = (0..types.len()).map(local).collect();
            let rule = rule(input, &quote!(cx.check_rule(at, __value)));
            quote! {
                let (#(#locals,)*) = <(#(#types,)*) as #krate::typed::Config>::read(at, cx)?;
                let value = Self(#(#locals),*);
                #rule
                ::core::result::Result::Ok(value)
            }
        }
        Shape::Struct(_) => quote! {
            let mut entries = cx.entries(at, #name)?;
            let value = <Self as #krate::typed::Flatten>::read_entries(&mut entries, cx);
            let rest = entries.finish(cx);
            let value = value?;
            rest?;
            ::core::result::Result::Ok(value)
        },
        Shape::Words(variants) => choose(input, &quote!(::core::option::Option::None), variants),
        Shape::Enum { tag, variants } => choose(input, &quote!(::core::option::Option::Some(#tag)), variants),
    }
}

/// The body of `read_entries`, for a struct with named fields.
pub(crate) fn entries(input: &Input, all: &[Field]) -> TokenStream {
    let fields = fields(all, input.default, &input.krate);
    let made = made(all);
    let rule = rule(input, &quote!(entries.check_rule_since(__mark, cx, __value)));
    let mark = rule.as_ref().map(|_| quote!(let __mark = entries.mark();));
    quote! {
        #mark
        #fields
        let value = Self { #made };
        #rule
        ::core::result::Result::Ok(value)
    }
}

/// Reads fields into locals; all of them, before any mistake ends it.
fn fields(all: &[Field], from_whole: bool, krate: &TokenStream) -> TokenStream {
    let read = |(index, field): (usize, &Field)| {
        let (local, ty) = (local(index), &field.ty);
        match field.role {
            Role::Skipped => {
                let default = field
                    .default
                    .clone()
                    .or_else(|| from_whole.then(|| whole(field)))
                    .unwrap_or_else(|| quote!(<#ty as ::core::default::Default>::default()));
                quote!(let #local: ::core::result::Result<#ty, #krate::typed::Reported> =
                    ::core::result::Result::Ok(#default);)
            }
            Role::Flat => quote_spanned! {ty.span()=>
                let #local = <#ty as #krate::typed::Flatten>::read_entries(&mut *entries, cx);
            },
            Role::Value => {
                let Field { name, aliases, .. } = field;
                let aliases = (!aliases.is_empty()).then(|| quote!(.aliases(&[#(#aliases),*])));
                let limits = limits(field);
                let default = field.default.clone().or_else(|| from_whole.then(|| whole(field)));
                let default = default.or_else(|| field.nothing.clone());
                // Named as `describe` names it, so that the compiler tells once of a type that cannot stand there.
                let (by, write) = match &field.with {
                    Some(with) => (quote!(#with::read), quote!(#with::write)),
                    None => (
                        quote_spanned!(ty.span()=> <#ty as #krate::typed::Config>::read),
                        quote_spanned!(ty.span()=> <#ty as #krate::typed::Config>::write),
                    ),
                };
                let read = match default {
                    None => quote!(read_with(cx, #by, #write)),
                    Some(default) => quote!(read_with_or(cx, #by, #write, || #default)),
                };
                quote!(let #local = entries.member(#name) #aliases #limits.#read;)
            }
        }
    };
    // What is flattened may take all that is left.
    let (flat, own): (Vec<_>, Vec<_>) =
        all.iter().enumerate().partition(|(_, field)| field.role == Role::Flat);
    let all = own.into_iter().chain(flat).map(read);
    quote!(#(#all)*)
}

fn whole(field: &Field) -> TokenStream {
    let ident = &field.ident;
    quote!(<Self as ::core::default::Default>::default().#ident)
}

/// `name: local?, …`
fn made(all: &[Field]) -> TokenStream {
    let all = all.iter().enumerate().map(|(index, field)| {
        let (local, ident) = (local(index), &field.ident);
        quote!(#ident: #local?)
    });
    quote!(#(#all),*)
}

/// Calls the function of `check`.
fn rule(input: &Input, call: &TokenStream) -> Option<TokenStream> {
    let path = input.check.as_ref()?;
    Some(quote_spanned! {path.span()=>
        let __value: ::core::result::Result<(), _> = #path(&value);
        #call?;
    })
}

fn choose(input: &Input, tag: &TokenStream, variants: &[Variant]) -> TokenStream {
    let krate = &input.krate;
    let choices = variants.iter().map(|Variant { name, aliases, content, .. }| {
        let fields: Vec<&str> = match content {
            Content::Fields(fields) => {
                fields.iter().filter(|field| field.role == Role::Value).map(|field| &*field.name).collect()
            }
            Content::Unit | Content::Newtype(_) => Vec::new(),
        };
        quote!(#krate::typed::Choice { name: #name, aliases: &[#(#aliases),*], fields: &[#(#fields),*] })
    });
    let arms = variants.iter().enumerate().map(|(index, variant)| {
        let ident = &variant.ident;
        let read = match &variant.content {
            Content::Unit => quote! {
                let value = ::core::result::Result::Ok(Self::#ident);
            },
            Content::Newtype(ty) => quote_spanned! {ty.span()=>
                let value = <#ty as #krate::typed::Flatten>::read_entries(&mut entries, cx).map(Self::#ident);
            },
            Content::Fields(all) => {
                let fields = fields(all, false, krate);
                let made = made(all);
                quote! {
                    let value = (|entries: &mut #krate::typed::Entries<'_>, cx: &mut #krate::typed::Reader<'_>| {
                        let _ = &entries;
                        #fields
                        ::core::result::Result::Ok(Self::#ident { #made })
                    })(&mut entries, cx);
                }
            }
        };
        quote!(#index => { #read value })
    });
    let rule = rule(input, &quote!(cx.check_rule(at, __value)));
    quote! {
        const CHOICES: #krate::typed::Choices<'static> =
            #krate::typed::Choices { tag: #tag, variants: &[#(#choices),*] };
        let (index, mut entries) = CHOICES.read(at, cx)?;
        let value: ::core::result::Result<Self, #krate::typed::Reported> = match index {
            #(#arms)*
            _ => ::core::result::Result::Err(cx.refuse(at, "is no variant")),
        };
        let rest = entries.finish(cx);
        let value = value?;
        rest?;
        #rule
        ::core::result::Result::Ok(value)
    }
}
