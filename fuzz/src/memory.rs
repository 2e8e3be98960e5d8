//! Memory by counting: what an input may take at once, on whatever machine.

/// Most bytes that are held at once: so many for any input, and so many more for each of its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub any: usize,
    pub byte: usize,
}

impl Limit {
    /// Does that for an input of that size, within the limit.
    pub fn hold<T>(self, size: usize, act: impl FnOnce() -> T) -> T {
        let mut done = None;
        let taken = allocation_counter::measure(|| done = Some(act())).bytes_max;
        let most = self.any + self.byte * size;
        assert!(taken <= most as u64, "{taken} bytes of memory for an input of {size}; the most are {most}");
        done.expect("it was done")
    }
}
