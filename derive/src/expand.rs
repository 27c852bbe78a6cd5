//! The whole expansion.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{DeriveInput, Type};

use crate::bounds::{bounded, mentions};
use crate::input::{Input, Shape};
use crate::mistakes::Mistakes;
use crate::{describe, read, write};

/// The implementations, or all mistakes.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let parsed = mistakes.unless(syn::parse2::<DeriveInput>(input));
    match parsed.and_then(|input| Input::read(input, &mut mistakes)) {
        Some(input) if mistakes.is_empty() => implementations(&input),
        _ => mistakes.into_tokens(),
    }
}

fn implementations(input: &Input) -> TokenStream {
    let Input { ident, krate, .. } = input;
    let generics = bounded(input);
    let (start, ty, bounds) = generics.split_for_impl();
    let (describe, read, write) = (describe::body(input), read::body(input), write::body(input));
    let flatten = match &input.shape {
        Shape::Struct(fields) => {
            let (read, write) = (read::entries(input, fields), write::entries(input, fields));
            Some(quote! {
                #[automatically_derived]
                impl #start #krate::typed::Flatten for #ident #ty #bounds {
                    fn read_entries(
                        entries: &mut #krate::typed::Entries<'_>,
                        cx: &mut #krate::typed::Reader<'_>,
                    ) -> ::core::result::Result<Self, #krate::typed::Reported> {
                        #read
                    }

                    fn write_entries(&self, map: &mut #krate::value::Map) {
                        #write
                    }
                }
            })
        }
        _ => None,
    };
    let limited = limited(input);
    quote! {
        const _: () = {
            #limited

            #[automatically_derived]
            impl #start #krate::typed::Config for #ident #ty #bounds {
                fn describe(types: &mut #krate::schema::Types) -> #krate::schema::Type {
                    #describe
                }

                fn read(
                    at: #krate::typed::Slot<'_>,
                    cx: &mut #krate::typed::Reader<'_>,
                ) -> ::core::result::Result<Self, #krate::typed::Reported> {
                    #read
                }

                fn write(&self) -> #krate::value::Node {
                    #write
                }
            }

            #flatten
        };
    }
}

/// What the limits of the fields want of their types; and that a newtype can be limited as what it holds.
fn limited(input: &Input) -> TokenStream {
    let Input { ident, krate, .. } = input;
    let is_open = |ty: &Type| input.generics.type_params().any(|param| mentions(ty, &param.ident));
    let asked = input.fields().into_iter().filter(|field| !is_open(&field.ty)).flat_map(|field| {
        field.wants.iter().map(|&(want, span)| {
            let (want, ty) = (Ident::new(want, span), respanned(field.ty.to_token_stream(), span));
            quote_spanned!(span=> const _: fn() = #krate::typed::limits::#want::<#ty>;)
        })
    });
    let asked: Vec<TokenStream> = asked.collect();
    let (start, names, bounds) = input.generics.split_for_impl();
    let bounds = bounds.map(|bounds| &bounds.predicates);
    let limits = |limits: &[&str], held: Option<&Type>| {
        let all = limits.iter().map(|limit| {
            let limit = Ident::new(limit, Span::call_site());
            // For a type that is none of it this is no mistake, which the lifetime keeps the compiler from knowing.
            let held = held.map(|ty| quote!(for<'__any> #ty: #krate::typed::limits::#limit));
            let predicates = [bounds.map(ToTokens::to_token_stream), held];
            let predicates = predicates.into_iter().flatten().filter(|one| !one.is_empty());
            quote! {
                #[automatically_derived]
                #[diagnostic::do_not_recommend]
                impl #start #krate::typed::limits::#limit for #ident #names where #(#predicates),* {}
            }
        });
        all.collect::<TokenStream>()
    };
    let own = match &input.shape {
        Shape::Newtype(field) if field.with.is_none() => {
            limits(&["InRange", "HasLength", "IsText", "IsNumber"], Some(&field.ty))
        }
        Shape::Words(_) => limits(&["IsText"], None),
        _ => TokenStream::new(),
    };
    quote!(#(#asked)* #own)
}

/// The same tokens at another place: there the compiler shows what is wrong with them.
fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    let at = |tree: TokenTree| match tree {
        TokenTree::Group(group) => {
            let mut moved = Group::new(group.delimiter(), respanned(group.stream(), span));
            moved.set_span(span);
            TokenTree::Group(moved)
        }
        mut other => {
            other.set_span(span);
            other
        }
    };
    tokens.into_iter().map(at).collect()
}
