//! The memory in which hashes are computed.
//!
//! A hash of argon2 fills megabytes. Allocated anew for each, on whatever thread it is computed, they
//! would stay with the allocator, thread by thread; so each place where hashes are computed keeps its own.

use argon2::{Block, Params};
use parking_lot::Mutex;

/// What a place computes hashes in.
#[derive(Default)]
pub(crate) struct Memory(Vec<Block>);

impl Memory {
    /// As much as a hash with these parameters takes. What is in it is overwritten.
    pub(super) fn blocks(&mut self, params: &Params) -> &mut [Block] {
        let count = params.block_count();
        if self.0.len() < count {
            // Nothing to copy.
            self.0 = Vec::new();
            self.0.resize_with(count, Block::default);
        }
        &mut self.0[..count]
    }
}

/// What the places keep that are not at work.
#[derive(Default)]
pub(super) struct Spare(Mutex<Vec<Memory>>);

impl Spare {
    /// For one place, until it is put back.
    pub(super) fn take(&self) -> Memory {
        self.0.lock().pop().unwrap_or_default()
    }

    /// Keeps it, unless somebody's imported hash took more than ours do.
    pub(super) fn put_back(&self, memory: Memory, ours: &Params) {
        if memory.0.len() <= ours.block_count() {
            self.0.lock().push(memory);
        }
    }
}

impl std::fmt::Debug for Spare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Spare").field(&self.0.lock().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(memory: u32) -> Params {
        Params::new(memory, 1, 1, None).unwrap()
    }

    #[test]
    fn what_one_hash_used_the_next_one_uses() {
        let (spare, ours) = (Spare::default(), params(64));
        let mut memory = spare.take();
        let first = memory.blocks(&ours).as_ptr();
        spare.put_back(memory, &ours);
        let mut memory = spare.take();
        assert_eq!(memory.blocks(&ours).as_ptr(), first);
        assert_eq!(memory.blocks(&params(8)).len(), 8);
        // Not what an imported hash took.
        memory.blocks(&params(1_024));
        spare.put_back(memory, &ours);
        assert_eq!(format!("{spare:?}"), "Spare(0)");
    }
}
