//! From a delivery row to the server's answer.
