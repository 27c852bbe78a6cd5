//! `Config::write` and `Flatten::write_entries`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::describe::written;
use crate::input::{Content, Field, Input, Role, Shape, Variant, local};

/// The body of `write`.
pub(crate) fn body(input: &Input) -> TokenStream {
    let krate = &input.krate;
    match &input.shape {
        Shape::Unit => quote!(#krate::value::Node::null()),
        Shape::Newtype(field) => {
            let write = written(field, krate);
            quote!(#write(&self.0))
        }
        Shape::Tuple(types) => {
            let indices = (0..types.len()).map(syn::Index::from);
            quote!(#krate::value::Node::from(::std::vec![#(#krate::typed::Config::write(&self.#indices)),*]))
        }
        Shape::Struct(_) => quote! {
            let mut map = #krate::value::Map::default();
            <Self as #krate::typed::Flatten>::write_entries(self, &mut map);
            #krate::value::Node::from(map)
        },
        Shape::Words(variants) => {
            let arms = variants.iter().map(|Variant { ident, name, .. }| quote!(Self::#ident => #name));
            quote!(#krate::value::Node::from(match self { #(#arms),* }))
        }
        Shape::Enum { tag, variants } => {
            let arms = variants.iter().map(|variant| arm(variant, tag, krate));
            quote! {
                let mut map = #krate::value::Map::default();
                match self { #(#arms)* }
                #krate::value::Node::from(map)
            }
        }
    }
}

fn arm(variant: &Variant, tag: &str, krate: &TokenStream) -> TokenStream {
    let Variant { ident, name, content, .. } = variant;
    let named = quote!(map.set(#krate::value::Key::from(#tag), #krate::value::Node::from(#name)););
    match content {
        Content::Unit => quote!(Self::#ident => { #named }),
        Content::Newtype(ty) => quote! {
            Self::#ident(content) => {
                #named
                <#ty as #krate::typed::Flatten>::write_entries(content, &mut map);
            }
        },
        Content::Fields(all) => {
            let shown = all.iter().enumerate().filter(|(_, field)| field.role != Role::Skipped);
            let pattern = shown.map(|(index, field)| {
                let (ident, local) = (&field.ident, local(index));
                quote!(#ident: #local)
            });
            let write = entries_of(all, krate, &quote!(&mut map), |index, _| {
                let local = local(index);
                quote!(#local)
            });
            quote!(Self::#ident { #(#pattern,)* .. } => { #named #write })
        }
    }
}

/// The body of `write_entries`, for a struct with named fields.
pub(crate) fn entries(input: &Input, all: &[Field]) -> TokenStream {
    entries_of(all, &input.krate, &quote!(&mut *map), |_, field| {
        let ident = &field.ident;
        quote!(&self.#ident)
    })
}

fn entries_of(
    all: &[Field],
    krate: &TokenStream,
    map: &TokenStream,
    value: impl Fn(usize, &Field) -> TokenStream,
) -> TokenStream {
    let all = all.iter().enumerate().map(|(index, field)| {
        let Field { name, ty, .. } = field;
        let value = value(index, field);
        match field.role {
            Role::Skipped => TokenStream::new(),
            Role::Flat => quote!(<#ty as #krate::typed::Flatten>::write_entries(#value, #map);),
            Role::Value => {
                let write = written(field, krate);
                quote!(map.set(#krate::value::Key::from(#name), #write(#value));)
            }
        }
    });
    quote!(#(#all)*)
}
