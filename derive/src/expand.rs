//! The whole expansion.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::bounds::bounded;
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
    quote! {
        const _: () = {
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
