//! Sign-up, links and preferences.
