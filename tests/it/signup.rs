//! Tests of signup.
