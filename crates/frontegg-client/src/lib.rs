//! frontegg-client
