//! Old.

mod make;
