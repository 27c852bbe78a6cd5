//! What is asked of the types that a generic type is made of.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, Type, WherePredicate, parse_quote};

use crate::input::{Content, Input, Role, Shape};

/// The generics with what reading, describing and writing need: parameters that stand in a config must be one.
pub(crate) fn bounded(input: &Input) -> Generics {
    let krate = &input.krate;
    let (mut values, mut flat): (Vec<&Type>, Vec<&Type>) = (Vec::new(), Vec::new());
    for field in input.fields() {
        match field.role {
            Role::Value if field.with.is_none() => values.push(&field.ty),
            Role::Flat => flat.push(&field.ty),
            Role::Value | Role::Skipped => {}
        }
    }
    match &input.shape {
        Shape::Tuple(types) => values.extend(types),
        Shape::Enum { variants, .. } => {
            for variant in variants {
                if let Content::Newtype(ty) = &variant.content {
                    flat.push(ty);
                }
            }
        }
        _ => {}
    }
    let mut generics = input.generics.clone();
    let mut predicates: Vec<WherePredicate> = Vec::new();
    for param in &generics.params {
        let GenericParam::Type(param) = param else { continue };
        let ident = &param.ident;
        let is_itself = |ty: &Type| matches!(ty, Type::Path(path) if path.path.is_ident(ident));
        let bound = if flat.iter().any(|ty| is_itself(ty)) {
            quote!(#krate::typed::Flatten)
        } else if values.iter().chain(&flat).any(|ty| mentions(ty, ident)) {
            quote!(#krate::typed::Config)
        } else {
            quote!('static)
        };
        predicates.push(parse_quote!(#ident: #bound));
    }
    if !predicates.is_empty() {
        generics.make_where_clause().predicates.extend(predicates);
    }
    generics
}

/// Whether a type is made of a parameter.
pub(crate) fn mentions(ty: &Type, ident: &Ident) -> bool {
    fn inside(tokens: TokenStream, ident: &Ident) -> bool {
        tokens.into_iter().any(|tree| match tree {
            TokenTree::Ident(found) => found == *ident,
            TokenTree::Group(group) => inside(group.stream(), ident),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
    }
    inside(ty.to_token_stream(), ident)
}
