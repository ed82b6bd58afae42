//! Lists of readers that come in: whole processes on both databases.

mod outside;
