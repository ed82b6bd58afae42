//! The built-in mailbox as a transport.
