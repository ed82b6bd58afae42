//! Lists of readers that come in: whole processes on both databases, and files
//! of every shape.

mod columns;
mod outside;
mod rows;
mod shapes;
