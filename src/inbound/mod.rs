//! The doors through which mails that came back are brought to us: a mailbox
//! that we look into, and a mail server that hands them over. What they say
//! is read and written down by `feedback`.

pub mod imap;
pub mod lmtp;
