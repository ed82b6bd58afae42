//! Documents over HTTP, with the guard of S8.
