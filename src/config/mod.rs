//! What may be configured, checked: `raw` is what may be written, `checked`
//! is what is used.

mod checked;

pub use checked::{
    Config, DatabaseUrl, FeedsConfig, HttpConfig, KeepConfig, LogConfig, LogFormat, MailConfig, PublishConfig, SignupConfig,
};
