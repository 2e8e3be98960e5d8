//! Members of bodies that the documents do not declare, and nobody reads: each is told once.

use std::collections::HashSet;

use parking_lot::Mutex;

/// Most members that are told of; whoever sends more of them sends anything.
const MOST: usize = 1_000;

/// What was told already.
#[derive(Debug, Default)]
pub(crate) struct Undeclared(Mutex<HashSet<(&'static str, String)>>);

impl Undeclared {
    /// Tells of the members of an operation's body that were not told of yet.
    pub(super) fn tell(&self, operation: &'static str, members: &[String]) {
        if members.is_empty() {
            return;
        }
        let mut told = self.0.lock();
        for member in members.iter().map(|member| without_indices(member)) {
            if told.len() < MOST && told.insert((operation, member.clone())) {
                tracing::warn!(operation, member, "a body has a member that the document does not declare");
            }
        }
    }
}

/// A path that stands for a member of every item of a list.
fn without_indices(path: &str) -> String {
    let mut shown = String::with_capacity(path.len());
    let mut pieces = path.split('[');
    shown += pieces.next().unwrap_or_default();
    for piece in pieces {
        let rest = piece.split_once(']').filter(|(index, _)| index.bytes().all(|byte| byte.is_ascii_digit()));
        shown += "[";
        shown += rest.map_or(piece, |(_, rest)| &piece[piece.len() - rest.len() - 1..]);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_of_every_item_is_one() {
        for (path, shown) in [
            ("name", "name"),
            ("[0].name", "[].name"),
            ("roles[12].parents[0].x", "roles[].parents[].x"),
            ("a[b].c", "a[b].c"),
            ("a[1", "a[1"),
            ("a]1[", "a]1["),
        ] {
            assert_eq!(without_indices(path), shown);
        }
    }

    #[test]
    fn the_list_of_what_was_told_has_an_end() {
        let undeclared = Undeclared::default();
        for index in 0..2 * MOST {
            undeclared.tell("create_roles_v1", &[format!("x{index}"), "[3].same".to_owned(), "[4].same".to_owned()]);
        }
        assert_eq!(undeclared.0.lock().len(), MOST);
    }
}
