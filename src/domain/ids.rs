//! One type per kind of row, so that no blog is ever taken for a post.
//!
//! Numbers are given by the database and never given twice, also after a row
//! is deleted: links in old mails name them.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A blog.
    BlogId;
    /// A person, known by one address.
    SubscriberId;
    /// A subscriber at a blog.
    SubscriptionId;
    /// One item found in a feed.
    PostId;
    /// One thing to send to many.
    MailingId;
    /// One mail to one reader.
    DeliveryId;
}
