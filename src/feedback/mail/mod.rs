//! Mails that come back: what they are, and whom they are about.
