//! Reads the modules of a crate, by following `mod` from its roots.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use syn::{Attribute, Item, ItemMod, Meta};

use super::imports::{Import, imports};

/// First words of a generated file.
const GENERATED: &str = "// @generated";

/// The name of a crate's library root, and of its program root, as rooms.
pub const ROOTS: [&str; 2] = ["lib", "main"];

/// Where a module stands: names from the root of its crate, which is the empty path.
pub type ModulePath = Vec<String>;

/// One file with what it imports, the modules inside it included.
#[derive(Debug, Clone)]
pub struct Module {
    /// `lib` or `main`: from which root of the crate it was reached.
    pub root: &'static str,
    /// Where it stands.
    pub path: ModulePath,
    /// Its file, from the root of the workspace.
    pub file: PathBuf,
    /// What it names of its crate.
    pub imports: Vec<Import>,
    /// Whether it is generated; then what it names and declares is not looked at.
    pub generated: bool,
}

/// All modules of a crate but tests.
pub fn modules(workspace: &Path, folder: &Path) -> Result<Vec<Module>> {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().replace('-', "_");
    let mut reader = Reader { workspace, name, root: "lib", modules: Vec::new() };
    for root in ROOTS {
        let file = folder.join("src").join(format!("{root}.rs"));
        if workspace.join(&file).is_file() {
            reader.root = root;
            reader.file(Vec::new(), &file, &folder.join("src"))?;
        }
    }
    Ok(reader.modules)
}

struct Reader<'a> {
    workspace: &'a Path,
    /// Name of the crate in paths: what `main.rs` calls its library.
    name: String,
    root: &'static str,
    modules: Vec<Module>,
}

impl Reader<'_> {
    /// Reads one file; `below` is the folder in which the modules that it declares are looked for.
    fn file(&mut self, path: ModulePath, file: &Path, below: &Path) -> Result<()> {
        let text = fs::read_to_string(self.workspace.join(file)).with_context(|| file.display().to_string())?;
        let generated = text.starts_with(GENERATED);
        let mut imports = Vec::new();
        if generated {
            self.modules.push(Module { root: self.root, path, file: file.to_owned(), imports, generated });
            return Ok(());
        }
        let parsed = syn::parse_file(&text).with_context(|| file.display().to_string())?;
        self.items(&path, file, below, parsed.items, &mut imports)?;
        self.modules.push(Module { root: self.root, path, file: file.to_owned(), imports, generated });
        Ok(())
    }

    /// Reads what stands in a module and in those inside it.
    fn items(
        &mut self,
        path: &ModulePath,
        file: &Path,
        below: &Path,
        items: Vec<Item>,
        found: &mut Vec<Import>,
    ) -> Result<()> {
        let mut own = Vec::new();
        let mut children = Vec::new();
        for item in items {
            match item {
                Item::Mod(module) if is_test(&module.attrs) => {}
                Item::Mod(module) => children.push(module),
                item => own.push(item),
            }
        }
        let names: Vec<String> = children.iter().map(|child| child.ident.to_string()).collect();
        found.extend(imports(&own, path, &names, &self.name));
        for child in children {
            self.child(path, file, below, child, found)?;
        }
        Ok(())
    }

    fn child(
        &mut self,
        parent: &ModulePath,
        file: &Path,
        below: &Path,
        module: ItemMod,
        found: &mut Vec<Import>,
    ) -> Result<()> {
        let name = module.ident.to_string();
        let path: ModulePath = parent.iter().chain([&name]).cloned().collect();
        let inside = below.join(&name);
        if let Some((_, items)) = module.content {
            return self.items(&path, file, &inside, items, found);
        }
        if let Some(named) = path_attribute(&module.attrs) {
            let folder = file.parent().unwrap_or(below);
            return self.file(path, &folder.join(named), &inside);
        }
        for candidate in [below.join(format!("{name}.rs")), inside.join("mod.rs")] {
            if self.workspace.join(&candidate).is_file() {
                return self.file(path, &candidate, &inside);
            }
        }
        bail!("{}: no file of the module {name}", file.display())
    }
}

/// The file that `#[path = "…"]` names.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("path") => match &meta.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

/// Whether an item is compiled for tests only: `#[cfg(test)]`, also within `all(…)`.
pub fn is_test(attributes: &[Attribute]) -> bool {
    fn asks_for_test(meta: &Meta) -> bool {
        match meta {
            Meta::Path(path) => path.is_ident("test"),
            Meta::List(list) if list.path.is_ident("all") => {
                let inner = list.parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated);
                inner.is_ok_and(|inner| inner.iter().any(asks_for_test))
            }
            _ => false,
        }
    }
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args().is_ok_and(|meta| asks_for_test(&meta))
    })
}
