//! The entrance for browsers, readers' links and scripts.
