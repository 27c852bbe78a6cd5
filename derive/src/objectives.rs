//! `#[derive(Objectives)]`: a struct of objectives as the result of a job.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Fields, LitStr};

use crate::mistakes::Mistakes;

/// The implementation, or all mistakes.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let Some(input) = mistakes.unless(syn::parse2::<DeriveInput>(input)) else {
        return mistakes.into_tokens();
    };
    let implementation = implementation(&input, &mut mistakes);
    if mistakes.is_empty() { implementation } else { mistakes.into_tokens() }
}

fn implementation(input: &DeriveInput, mistakes: &mut Mistakes) -> TokenStream {
    let whole = Said::read(&input.attrs, &["crate"], mistakes);
    let krate = whole.krate.as_ref().map_or_else(|| quote!(::mainstem), ToTokens::to_token_stream);
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => &named.named,
            Fields::Unnamed(unnamed) => {
                mistakes.at(unnamed, "objectives are known by their names: give the fields names");
                return TokenStream::new();
            }
            Fields::Unit => {
                mistakes.at(&input.ident, "there is no objective in it: add a field, `accuracy: Maximize`");
                return TokenStream::new();
            }
        },
        Data::Enum(data) => {
            mistakes.at(data.enum_token, "a sweep wants the same objectives of each job: make it a struct");
            return TokenStream::new();
        }
        Data::Union(data) => {
            mistakes.at(data.union_token, "nobody knows which field of a union is there: make it a struct");
            return TokenStream::new();
        }
    };
    let mut names: Vec<String> = Vec::new();
    let mut objectives = Vec::new();
    let mut declared = Vec::new();
    for field in fields {
        let said = Said::read(&field.attrs, &["rename", "skip"], mistakes);
        if let (true, Some(rename)) = (said.skip, &said.rename) {
            mistakes.at(rename, "`rename` has no meaning beside `skip`");
        }
        let Some(ident) = field.ident.as_ref().filter(|_| !said.skip) else { continue };
        let own = ident.to_string();
        let own = own.strip_prefix("r#").unwrap_or(&own).to_owned();
        let name = said.rename.as_ref().map_or(own, LitStr::value);
        if names.contains(&name) {
            match &said.rename {
                Some(rename) => mistakes.at(rename, format!("another objective is called `{name}`")),
                None => mistakes.at(ident, format!("another objective is called `{name}`")),
            }
        }
        // The name would be what a record and a sweep know it by.
        if let Some(rename) = said.rename.as_ref().filter(|_| name.is_empty()) {
            mistakes.at(rename, "an objective is known by its name");
        }
        // Both ask the same of the same token, so that a type that is none is told once.
        let ty = &field.ty;
        objectives.push(quote_spanned! {field.ty.span()=>
            <#ty as #krate::app::IntoObjective>::into_objective(self.#ident, #name)
        });
        declared.push(quote_spanned! {field.ty.span()=>
            #krate::app::Declared {
                name: ::std::string::String::from(#name),
                direction: <#ty as #krate::app::IntoObjective>::direction(),
            }
        });
        names.push(name);
    }
    if objectives.is_empty() {
        mistakes.at(&input.ident, "there is no objective in it: add a field, `accuracy: Maximize`");
    }
    let ident = &input.ident;
    let (start, ty, bounds) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #start #krate::app::JobResult for #ident #ty #bounds {
            fn objectives(
                self,
            ) -> ::core::result::Result<::std::vec::Vec<#krate::app::Objective>, #krate::app::Failed> {
                ::core::result::Result::Ok(::std::vec![#(#objectives),*])
            }

            fn declared() -> ::core::option::Option<::std::vec::Vec<#krate::app::Declared>> {
                ::core::option::Option::Some(::std::vec![#(#declared),*])
            }
        }
    }
}

/// What stands in `#[mainstem(…)]`.
#[derive(Default)]
struct Said {
    rename: Option<LitStr>,
    skip: bool,
    krate: Option<syn::Path>,
}

impl Said {
    fn read(attributes: &[Attribute], known: &[&str], mistakes: &mut Mistakes) -> Self {
        let mut said = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("mainstem")) {
            let read = attribute.parse_nested_meta(|meta| {
                let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                match name.as_str() {
                    name if !known.contains(&name) => {
                        let known = known.join("`, `");
                        return Err(meta.error(format!("`Objectives` knows no `{name}` here, but `{known}`")));
                    }
                    "rename" => said.rename = Some(meta.value()?.parse()?),
                    "crate" => said.krate = Some(meta.value()?.parse()?),
                    _ => said.skip = true,
                }
                Ok(())
            });
            mistakes.unless(read);
        }
        said
    }
}
