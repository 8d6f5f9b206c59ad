//! A TCP proxy.
