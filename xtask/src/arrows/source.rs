//! A crate's modules and what each of them names, read from its source by tokens: `use` lines, paths in the code and in
//! macros. Comments, attributes and everything under `#[cfg(test)]` are left out.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A module's place below the crate's root, which is the empty path.
pub type ModulePath = Vec<String>;

/// One module.
#[derive(Debug, Default)]
pub struct Module {
    /// Its submodules.
    pub children: BTreeSet<String>,
    /// Paths that it names, from the crate's root.
    pub names: BTreeSet<ModulePath>,
    /// Names that it has from elsewhere by `use`, and where they come from.
    imports: BTreeMap<String, ModulePath>,
}

/// A crate.
#[derive(Debug, Default)]
pub struct Source {
    /// All modules but those of tests.
    pub modules: BTreeMap<ModulePath, Module>,
}

/// `use` lines that lead in a circle end here.
const MAX_IMPORTS: usize = 8;

impl Source {
    /// Reads a crate from its root file, following its `mod` lines.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(root: &Path) -> Result<Self, String> {
        let folder = root.parent().unwrap_or(Path::new(""));
        let file_of = |path: &[String]| -> Result<PathBuf, String> {
            let Some((name, parents)) = path.split_last() else { return Ok(root.to_owned()) };
            let folder = parents.iter().fold(folder.to_owned(), |folder, parent| folder.join(parent));
            let files = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
            files.into_iter().find(|file| file.is_file()).ok_or_else(|| format!("no file for {}", path.join("::")))
        };
        Self::from(&|path| {
            let file = file_of(path)?;
            fs::read_to_string(&file).map_err(|cause| format!("{}: {cause}", file.display()))
        })
    }

    /// The same, of texts by their module's path.
    pub fn from(text_of: &dyn Fn(&[String]) -> Result<String, String>) -> Result<Self, String> {
        let mut source = Self::default();
        let mut unread = vec![ModulePath::new()];
        while let Some(path) = unread.pop() {
            let tokens: TokenStream =
                text_of(&path)?.parse().map_err(|cause| format!("{}: {cause}", path.join("::")))?;
            let mut reader = Reader { source: &mut source, unread: &mut unread };
            reader.module(tokens, path);
        }
        Ok(source)
    }

    /// The module that has what `path` names: the deepest one on the way, behind imports.
    pub fn module_of(&self, path: &[String]) -> ModulePath {
        let mut path = path.to_vec();
        for _ in 0..MAX_IMPORTS {
            let depth = (0..=path.len()).rev().find(|depth| self.modules.contains_key(&path[..*depth])).unwrap_or(0);
            let import = path.get(depth).and_then(|name| self.modules.get(&path[..depth])?.imports.get(name));
            match import {
                Some(origin) if origin[..] != path[..] => {
                    let rest = path.split_off(depth + 1);
                    path = [origin.clone(), rest].concat();
                }
                _ => return path[..depth].to_vec(),
            }
        }
        path
    }
}

struct Reader<'s> {
    source: &'s mut Source,
    unread: &'s mut Vec<ModulePath>,
}

impl Reader<'_> {
    fn module(&mut self, tokens: TokenStream, path: ModulePath) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut module = Module { children: children(&tokens), ..Module::default() };
        self.tokens(&tokens, &path, &mut module);
        self.source.modules.insert(path, module);
    }

    fn tokens(&mut self, tokens: &[TokenTree], path: &ModulePath, module: &mut Module) {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += match token {
                TokenTree::Punct(mark) if mark.as_char() == '#' => attribute(&tokens[at..]),
                TokenTree::Ident(word) if word == "mod" => self.submodule(&tokens[at..], path),
                TokenTree::Ident(word) if word == "use" => {
                    let end = tokens[at..].iter().position(|token| is_mark(token, ';')).unwrap_or(tokens.len() - at);
                    import(&tokens[at + 1..at + end], &[], path, module);
                    end + 1
                }
                TokenTree::Ident(_) if !follows_a_path(tokens, at) => {
                    let (words, length) = words(&tokens[at..]);
                    if words.len() > 1 {
                        module.names.extend(from_root(&words, path, &module.children));
                    }
                    length
                }
                TokenTree::Group(group) => {
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    self.tokens(&inner, path, module);
                    1
                }
                _ => 1,
            };
        }
    }

    /// `mod name;` or `mod name { … }`.
    fn submodule(&mut self, tokens: &[TokenTree], path: &ModulePath) -> usize {
        let Some(TokenTree::Ident(name)) = tokens.get(1) else { return 1 };
        let path = [path.clone(), vec![name.to_string()]].concat();
        match tokens.get(2) {
            Some(TokenTree::Group(body)) => self.module(body.stream(), path),
            _ => self.unread.push(path),
        }
        3
    }
}

/// The modules declared directly here, but for those of tests.
fn children(tokens: &[TokenTree]) -> BTreeSet<String> {
    let mut children = BTreeSet::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => attribute(&tokens[at..]),
            TokenTree::Ident(word) if word == "mod" => {
                children.extend(tokens.get(at + 1).map(ToString::to_string));
                2
            }
            _ => 1,
        };
    }
    children
}

/// How many tokens an attribute takes; with what it stands before where that is for tests only.
fn attribute(tokens: &[TokenTree]) -> usize {
    let inner = usize::from(tokens.get(1).is_some_and(|token| is_mark(token, '!')));
    let Some(TokenTree::Group(group)) = tokens.get(1 + inner) else { return 1 };
    let length = 2 + inner;
    if !is_for_tests(group) {
        return length;
    }
    let ends = |token: &TokenTree| {
        is_mark(token, ';') || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
    };
    tokens[length..].iter().position(ends).map_or(tokens.len(), |end| length + end + 1)
}

/// `[cfg(test)]`, also among other conditions, but not `[cfg(not(test))]`.
fn is_for_tests(attribute: &Group) -> bool {
    let text = attribute.stream().to_string();
    let conditions: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    text.starts_with("cfg") && conditions.contains("cfg") && conditions.contains("test") && !conditions.contains("not")
}

/// Reads what stands behind `use`, up to the semicolon: `before` is what stands before a brace.
fn import(tokens: &[TokenTree], before: &[String], path: &ModulePath, module: &mut Module) {
    // Nothing stands behind a last comma.
    for tree in tokens.split(|token| is_mark(token, ',')).filter(|tree| !tree.is_empty()) {
        let (words, length) = words(tree);
        let words = [before, &words].concat();
        if let Some(TokenTree::Group(braces)) = tree.get(length) {
            let inner: Vec<_> = braces.stream().into_iter().collect();
            import(&inner, &words, path, module);
            continue;
        }
        let Some(origin) = from_root(&words, path, &module.children) else { continue };
        let renamed = match tree.get(length..) {
            Some([TokenTree::Ident(word), TokenTree::Ident(name), ..]) if word == "as" => Some(name.to_string()),
            _ => None,
        };
        if let Some(name) = renamed.or_else(|| origin.last().cloned()) {
            module.imports.insert(name, origin.clone());
        }
        module.names.insert(origin);
    }
}

/// The words of a path, such as `crate::a::b`, and how many tokens they take: with `::` before a brace or a star.
fn words(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let (mut words, mut at) = (Vec::new(), 0);
    // Before another crate's name.
    if is_colons(tokens) {
        at = 2;
        words.push(String::new());
    }
    while let Some(TokenTree::Ident(word)) = tokens.get(at) {
        words.push(word.to_string());
        at += 1;
        if !is_colons(&tokens[at..]) {
            break;
        }
        at += 2;
    }
    (words, at.max(1))
}

/// A path from the crate's root; none where it leads into another crate, or to a name without a module.
fn from_root(words: &[String], here: &ModulePath, children: &BTreeSet<String>) -> Option<ModulePath> {
    let mut words = words.iter().map(String::as_str).peekable();
    let mut path = match words.peek() {
        Some(&"crate") => ModulePath::new(),
        Some(&("self" | "super")) => here.clone(),
        Some(word) if children.contains(*word) => here.clone(),
        _ => return None,
    };
    for word in words {
        match word {
            "crate" | "self" => {}
            "super" => drop(path.pop()),
            word => path.push(word.to_owned()),
        }
    }
    Some(path)
}

/// Whether the token before is `::`, so that this is not a path's first word.
fn follows_a_path(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2 && is_colons(&tokens[at - 2..])
}

fn is_colons(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [first, second, ..] if is_mark(first, ':') && is_mark(second, ':'))
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate of these modules.
    fn source(texts: &[(&str, &str)]) -> Source {
        let text_of = |path: &[String]| {
            let path = path.join("::");
            let found = texts.iter().find(|(of, _)| *of == path);
            found.map(|(_, text)| (*text).to_owned()).ok_or_else(|| format!("no file for {path}"))
        };
        Source::from(&text_of).unwrap()
    }

    /// The modules that `module` knows, itself left out.
    fn known(source: &Source, module: &str) -> Vec<String> {
        let path: ModulePath = module.split("::").filter(|word| !word.is_empty()).map(String::from).collect();
        let names = source.modules[&path].names.iter().map(|name| source.module_of(name).join("::"));
        names.filter(|known| known != module).collect::<BTreeSet<_>>().into_iter().collect()
    }

    const ROOT: (&str, &str) = ("", "mod a; mod b; mod c;");

    #[test]
    fn modules_are_known_by_use_lines_paths_and_macros() {
        for text in [
            "use crate::b::B;",
            "use crate::{b::{self, B},};",
            "use crate::{b::B as C};",
            "use super::b::*;",
            "fn f() { crate::b::g() }",
            "fn f() { println!(\"{}\", crate::b::G) }",
            "fn f<T: super::b::B>() {}",
            "mod inner { use super::super::b; }",
            "#[cfg(not(test))] use crate::b;",
            "#[cfg(target_os = \"linux\")] fn f() { crate::b::g() }",
        ] {
            let source = source(&[ROOT, ("a", text), ("b", ""), ("c", "")]);
            let inner = source.modules.contains_key(&["a".to_owned(), "inner".to_owned()][..]);
            assert_eq!(known(&source, if inner { "a::inner" } else { "a" }), ["b"], "{text}");
        }
    }

    #[test]
    fn tests_comments_attributes_and_other_crates_are_left_out() {
        for text in [
            "// use crate::b;",
            "/// [`crate::b`]\nfn f() {}",
            "#[doc = \"crate::b\"] fn f() {}",
            "#[cfg(test)]\nmod tests { use crate::b; }",
            "#[cfg(test)] mod tests;",
            "#[cfg(test)] use crate::b;",
            "#[cfg(all(test, unix))] fn f() { crate::b::g() }",
            "use ::b::B;",
            "use b::B;",
            "fn f() { other::b::g(); \"crate::b\"; }",
        ] {
            assert!(known(&source(&[ROOT, ("a", text), ("b", ""), ("c", "")]), "a").is_empty(), "{text}");
        }
    }

    #[test]
    fn a_name_that_is_passed_on_belongs_to_the_module_that_it_comes_from() {
        let root = ("", "mod a; mod b; mod c; pub use c::C; pub use b::Inner as Other;");
        let source = source(&[
            root,
            ("a", "use crate::{C, Other}; use crate::Own;"),
            ("b", "mod inner; pub use inner::Inner;"),
            ("b::inner", "use super::super::C;"),
            ("c", ""),
        ]);
        assert_eq!(known(&source, "a"), ["", "b::inner", "c"], "`Own` is the root's");
        assert_eq!(known(&source, "b::inner"), ["c"]);
    }

    #[test]
    fn a_file_that_is_missing_is_an_error() {
        assert!(Source::from(&|path| if path.is_empty() { Ok("mod a;".into()) } else { Err("gone".into()) }).is_err());
    }
}
