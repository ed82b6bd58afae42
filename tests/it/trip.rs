//! Tests of trip.
