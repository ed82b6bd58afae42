//! Who sent a request.
