//! Reads types and paths of generated code.

use quote::ToTokens as _;
use syn::{GenericArgument, Path, PathArguments, PathSegment, Type, visit_mut::VisitMut};

/// The last segment of a type's path.
pub fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The first type argument of a path whose last segment is `outer`: the `T` of `Outer<T>`.
pub fn argument_of<'a>(ty: &'a Type, outer: &str) -> Option<&'a Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == outer)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// What a reference refers to; another type itself.
pub fn referent(ty: &Type) -> &Type {
    match ty {
        Type::Reference(reference) => &reference.elem,
        ty => ty,
    }
}

/// Whether it is `str`.
pub fn is_str(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident("str"))
}

/// A type without spaces, as code that is not formatted has it.
pub fn spelled(ty: &Type) -> String {
    ty.to_token_stream().to_string().replace(' ', "")
}

/// Makes `enums::X` of `crate::enums::X`; tells whether it did.
pub fn shorten_enum(path: &mut Path) -> bool {
    path.segments.iter().nth(1).is_some_and(|second| second.ident == "enums") && strip(path, &["crate"])
}

/// Takes the first names off a path; tells whether they stood there and others after them.
fn strip(path: &mut Path, names: &[&str]) -> bool {
    let stands = path.segments.len() > names.len()
        && path.segments.iter().zip(names).all(|(segment, name)| segment.ident == name);
    if stands {
        path.leading_colon = None;
        path.segments = std::mem::take(&mut path.segments).into_iter().skip(names.len()).collect();
    }
    stands
}

/// A type as one would write it by hand in a crate that imports `enums`.
pub fn short(ty: &Type) -> Type {
    struct Short;

    impl VisitMut for Short {
        fn visit_path_mut(&mut self, path: &mut Path) {
            let _ = strip(path, &["std", "vec"]) || strip(path, &["std", "string"]) || shorten_enum(path);
            syn::visit_mut::visit_path_mut(self, path);
        }
    }

    let mut short = ty.clone();
    Short.visit_type_mut(&mut short);
    short
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn types_are_shortened_inside_and_out() {
        let short = |ty: Type| spelled(&super::short(&ty));
        assert_eq!(short(parse_quote!(::std::vec::Vec<::std::string::String>)), "Vec<String>");
        assert_eq!(short(parse_quote!(Option<&[crate::enums::Color]>)), "Option<&[enums::Color]>");
        assert_eq!(short(parse_quote!(&'a crate::Secret)), "&'acrate::Secret");
        assert_eq!(short(parse_quote!(::std::collections::BTreeMap<u8, u8>)), "::std::collections::BTreeMap<u8,u8>");
    }

    #[test]
    fn arguments_are_those_of_the_outer_type() {
        let ty: Type = parse_quote!(::std::option::Option<&'a types::Bed>);
        let inner = argument_of(&ty, "Option").unwrap();
        assert_eq!(spelled(referent(inner)), "types::Bed");
        assert!(argument_of(&ty, "Vec").is_none());
    }
}
