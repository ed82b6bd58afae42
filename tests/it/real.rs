//! Real blogs, written by the programs that people write blogs with, followed
//! by the binary: what is mailed of them, and what is not.

mod generators;
mod readers;
mod wordpress;
