//! Inputs in lines: the parts of a request, one a line, so that seeds are texts that people can read.

/// The first line and all behind it, which is empty where there is none.
pub fn first(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}

/// The lines up to the first empty one, and all behind that.
pub fn block(bytes: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let (mut lines, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let (line, behind) = first(rest);
        rest = behind;
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    (lines, rest)
}
