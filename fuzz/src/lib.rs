//! What fuzz targets share: memory by counting, the key that they sign with, and inputs in lines.

pub mod lines;
pub mod memory;
pub mod signing;
