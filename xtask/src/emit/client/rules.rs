//! What is wrong with the calls that progenitor writes.

use anyhow::Result;
use quote::quote;
use syn::{
    Block, Expr, ExprLit, Field, ImplItem, Item, Lit, LitStr, Macro, Path, Stmt, Token, UseTree, Visibility,
    parse_quote,
    punctuated::Punctuated,
    visit_mut::{self, VisitMut},
};

use crate::emit::{surgery::Surgery, syntax::shorten_enum};

/// Applies all rules.
pub(super) fn operate(calls: Vec<Item>) -> Result<Vec<Item>> {
    let mut surgery = Surgery::of(calls);
    surgery.rule("a prelude of one name is no help", drop_prelude)?;
    surgery.rule("no constructor builds an HTTP client of its own and panics when that fails", drop_constructor)?;
    surgery.rule("no service asks for the header api-version", drop_version_header)?;
    surgery.rule("what comes from progenitor is shown by the crate's root alone", hide_imports)?;
    surgery.rule("what all calls accept is for the seam to say", drop_accept)?;
    surgery.try_rule("the base URL is parsed once, not with every call", parse_once)?;
    surgery.rule("the seam sends requests and reads answers", end_in_the_seam)?;
    surgery.rule("the seam encodes paths and has no hooks", drop_hooks)?;
    surgery.rule("enums go by their module", shorten_enums)?;
    Ok(surgery.done())
}

fn drop_prelude(items: &mut Vec<Item>) -> usize {
    let before = items.len();
    items.retain(|item| !matches!(item, Item::Mod(module) if module.ident == "prelude"));
    before - items.len()
}

fn drop_constructor(items: &mut Vec<Item>) -> usize {
    let mut dropped = 0;
    for item in items {
        if let Item::Impl(block) = item
            && block.trait_.is_none()
        {
            let before = block.items.len();
            block.items.retain(|item| !matches!(item, ImplItem::Fn(function) if function.sig.ident == "new"));
            dropped += before - block.items.len();
        }
    }
    dropped
}

fn drop_version_header(items: &mut Vec<Item>) -> usize {
    struct Drop(usize);

    impl VisitMut for Drop {
        fn visit_block_mut(&mut self, block: &mut Block) {
            let text = |statement: &Stmt| quote!(#statement).to_string();
            let before = block.stmts.len();
            block.stmts.retain(|statement| !text(statement).contains("\"api-version\""));
            let dropped = before - block.stmts.len();
            self.0 += dropped;
            // A map that stays empty goes, and with it the call that would send it.
            if dropped > 0 && !block.stmts.iter().any(|statement| text(statement).contains("header_map . append")) {
                block.stmts.retain(|statement| !text(statement).starts_with("let mut header_map"));
                visit_mut::visit_block_mut(self, block);
            }
        }

        fn visit_expr_mut(&mut self, expression: &mut Expr) {
            visit_mut::visit_expr_mut(self, expression);
            if let Expr::MethodCall(call) = expression
                && call.method == "headers"
            {
                *expression = (*call.receiver).clone();
            }
        }
    }

    let mut drop = Drop(0);
    for item in items {
        drop.visit_item_mut(item);
    }
    drop.0
}

fn drop_accept(items: &mut Vec<Item>) -> usize {
    struct Drop(usize);

    impl VisitMut for Drop {
        fn visit_expr_mut(&mut self, expression: &mut Expr) {
            if let Expr::MethodCall(call) = expression
                && call.method == "header"
                && call.args.first() == Some(&parse_quote!(::reqwest::header::ACCEPT))
            {
                *expression = (*call.receiver).clone();
                self.0 += 1;
            }
            visit_mut::visit_expr_mut(self, expression);
        }
    }

    let mut drop = Drop(0);
    for item in items {
        drop.visit_item_mut(item);
    }
    drop.0
}

/// Keeps the parsed base URL, and lets calls add their paths to it.
fn parse_once(items: &mut Vec<Item>) -> Result<usize> {
    struct Parse {
        changed: usize,
        failure: Option<syn::Error>,
    }

    impl VisitMut for Parse {
        fn visit_field_mut(&mut self, field: &mut Field) {
            if field.ident.as_ref().is_some_and(|name| name == "baseurl") {
                field.ty = parse_quote!(crate::base_url::BaseUrl);
                self.changed += 1;
            }
        }

        fn visit_expr_mut(&mut self, expression: &mut Expr) {
            if *expression == parse_quote!(baseurl.to_string()) {
                *expression = parse_quote!(crate::base_url::BaseUrl::new(baseurl));
            } else if let Expr::Macro(text) = &*expression
                && text.mac.path.is_ident("format")
            {
                match path_of(&text.mac) {
                    Ok(Some(path)) => *expression = parse_quote!(self.url(#path)?),
                    Ok(None) => return,
                    Err(error) => return self.failure = Some(error),
                }
            } else {
                return visit_mut::visit_expr_mut(self, expression);
            }
            self.changed += 1;
        }
    }

    let mut parse = Parse { changed: 0, failure: None };
    for item in items {
        parse.visit_item_mut(item);
    }
    match parse.failure {
        Some(failure) => Err(failure.into()),
        None => Ok(parse.changed),
    }
}

/// The path that `format!("{}/…", self.baseurl, …)` puts together after the base URL.
fn path_of(text: &Macro) -> syn::Result<Option<Expr>> {
    let arguments = text.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated)?;
    let mut arguments = arguments.into_iter();
    let (Some(Expr::Lit(ExprLit { lit: Lit::Str(format), .. })), Some(base)) = (arguments.next(), arguments.next())
    else {
        return Ok(None);
    };
    let format = format.value();
    let Some(path) = format.strip_prefix("{}").filter(|_| base == parse_quote!(self.baseurl)) else { return Ok(None) };
    let values: Vec<Expr> = arguments.collect();
    Ok(Some(if values.is_empty() { parse_quote!(#path) } else { parse_quote!(&format!(#path, #(#values),*)) }))
}

/// Lets a call end with one of the ways in which the seam sends a request: with an answer to read, without, or with a file.
fn end_in_the_seam(items: &mut Vec<Item>) -> usize {
    let mut ended = 0;
    for item in items {
        let Item::Impl(block) = item else { continue };
        for item in &mut block.items {
            if let ImplItem::Fn(function) = item
                && let Some((at, end)) = end(&function.block.stmts)
            {
                function.block.stmts.truncate(at);
                function.block.stmts.push(Stmt::Expr(end, None));
                ended += 1;
            }
        }
    }
    ended
}

/// Where the request of a call is complete, and what is to follow. A call that answers in another way is left as it is,
/// which does not compile, and so is seen.
fn end(statements: &[Stmt]) -> Option<(usize, Expr)> {
    let (at, id) = statements.iter().enumerate().find_map(|(at, statement)| Some((at, operation_id(statement)?)))?;
    let success = success(statements.last()?)?;
    let end = if *success == parse_quote!(ResponseValue::from_response(response).await) {
        parse_quote!(self.read(request, const { known(#id) }).await)
    } else if *success == parse_quote!(Ok(ResponseValue::empty(response))) {
        parse_quote!(self.acknowledge(request, const { known(#id) }).await)
    } else if *success == parse_quote!(Ok(ResponseValue::stream(response))) {
        parse_quote!(self.download(request, const { known(#id) }).await)
    } else {
        return None;
    };
    Some((at, end))
}

/// The id in `let info = OperationInfo { operation_id: "…" };`.
fn operation_id(statement: &Stmt) -> Option<LitStr> {
    let Stmt::Local(local) = statement else { return None };
    let Expr::Struct(info) = &*local.init.as_ref()?.expr else { return None };
    let is_info = info.path.is_ident("OperationInfo");
    let Expr::Lit(literal) = &info.fields.first().filter(|_| is_info)?.expr else { return None };
    let Lit::Str(id) = &literal.lit else { return None };
    Some(id.clone())
}

/// What is made of the response in the first case of `match response.status().as_u16() { … }`.
fn success(statement: &Stmt) -> Option<&Expr> {
    let Stmt::Expr(Expr::Match(cases), _) = statement else { return None };
    match &*cases.arms.first()?.body {
        Expr::Block(block) => match block.block.stmts.as_slice() {
            [Stmt::Expr(only, None)] => Some(only),
            _ => None,
        },
        success => Some(success),
    }
}

/// Drops the import of what the seam does itself, and the check that there are hooks.
fn drop_hooks(items: &mut Vec<Item>) -> usize {
    let before = items.len();
    let is_of_hooks = |item: &Item| {
        matches!(item, Item::Use(_) | Item::Const(_)) && quote!(#item).to_string().contains("ClientHooks")
    };
    items.retain(|item| !is_of_hooks(item));
    before - items.len()
}

fn hide_imports(items: &mut Vec<Item>) -> usize {
    let mut hidden = 0;
    for item in items {
        if let Item::Use(import) = item
            && matches!(&import.tree, UseTree::Path(path) if path.ident == "progenitor_client")
            && import.vis != Visibility::Inherited
        {
            import.vis = Visibility::Inherited;
            hidden += 1;
        }
    }
    hidden
}

fn shorten_enums(items: &mut Vec<Item>) -> usize {
    struct Shorten(usize);

    impl VisitMut for Shorten {
        fn visit_path_mut(&mut self, path: &mut Path) {
            self.0 += usize::from(shorten_enum(path));
            visit_mut::visit_path_mut(self, path);
        }
    }

    let mut shorten = Shorten(0);
    for item in items {
        shorten.visit_item_mut(item);
    }
    shorten.0
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn file() -> Vec<Item> {
        let file: syn::File = parse_quote! {
            pub use progenitor_client::{ByteStream, Error};
            use progenitor_client::{encode_path, ClientHooks};
            const _: () = { fn assert_client_hooks() where Client: ClientHooks {} };
            pub struct Client { pub(crate) baseurl: String }
            impl Client {
                pub fn new(baseurl: &str) -> Self {}
                pub fn new_with_client(baseurl: &str) -> Self { Self { baseurl: baseurl.to_string() } }
                pub async fn look<'a>(&'a self, color: crate::enums::Color) -> Option<crate::enums::Color> {
                    let url = format!("{}/colors/v1/{}", self.baseurl, encode_path(&color.to_string()),);
                    let mut header_map = HeaderMap::new();
                    header_map.append("api-version", version());
                    let json = ::reqwest::header::HeaderValue::from_static("application/json");
                    let request = self.client.get(url).header(::reqwest::header::ACCEPT, json).headers(header_map).build()?;
                    let info = OperationInfo { operation_id: "look" };
                    let response = self.exec(request, &info).await?;
                    match response.status().as_u16() {
                        200..=299 => { ResponseValue::from_response(response).await }
                        _ => Err(Error::UnexpectedResponse(response)),
                    }
                }
                pub async fn weigh(&self) {
                    let url = format!("{}/weights/v1", self.baseurl,);
                    let mut header_map = HeaderMap::new();
                    header_map.append("api-version", version());
                    header_map.append("vendor-host", host());
                    let request = self.client.get(url).headers(header_map).build()?;
                    let info = OperationInfo { operation_id: "weigh" };
                    let response = self.exec(request, &info).await?;
                    match response.status().as_u16() {
                        200..=299 => Ok(ResponseValue::empty(response)),
                        _ => Err(Error::UnexpectedResponse(response)),
                    }
                }
            }
            pub mod prelude { pub use super::Client; }
        };
        file.items
    }

    #[test]
    fn calls_are_as_if_written_for_the_crate() {
        let expected: syn::File = parse_quote! {
            use progenitor_client::{ByteStream, Error};
            pub struct Client { pub(crate) baseurl: crate::base_url::BaseUrl }
            impl Client {
                pub fn new_with_client(baseurl: &str) -> Self {
                    Self { baseurl: crate::base_url::BaseUrl::new(baseurl) }
                }
                pub async fn look<'a>(&'a self, color: enums::Color) -> Option<enums::Color> {
                    let url = self.url(&format!("/colors/v1/{}", encode_path(&color.to_string())))?;
                    let json = ::reqwest::header::HeaderValue::from_static("application/json");
                    let request = self.client.get(url).build()?;
                    self.read(request, const { known("look") }).await
                }
                pub async fn weigh(&self) {
                    let url = self.url("/weights/v1")?;
                    let mut header_map = HeaderMap::new();
                    header_map.append("vendor-host", host());
                    let request = self.client.get(url).headers(header_map).build()?;
                    self.acknowledge(request, const { known("weigh") }).await
                }
            }
        };
        assert_eq!(operate(file()).unwrap(), expected.items);
    }

    #[test]
    fn what_is_no_longer_wrong_is_an_error() {
        let once = operate(file()).unwrap();
        let error = operate(once).unwrap_err().to_string();
        assert_eq!(error, "rule \"a prelude of one name is no help\" changes nothing any more");
    }
}
