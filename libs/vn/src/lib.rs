//! vn
