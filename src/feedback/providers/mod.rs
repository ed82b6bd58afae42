//! What mail providers report by webhook, and how each proves who it is.
