//! Tests of html.
