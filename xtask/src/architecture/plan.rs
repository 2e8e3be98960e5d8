//! What is wanted of the crates: their levels, the order of rooms where one is laid down, and what is put up with.

/// A set of rooms that is measured by itself.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    /// Folder of the crate from the root of the workspace.
    pub folder: &'static str,
    /// The module whose rooms are meant; empty for the crate.
    pub below: &'static [&'static str],
    /// The rooms from the top; empty where the imports themselves say the order.
    pub order: &'static [&'static str],
    /// Arrows that may run up.
    pub allowed: &'static [Allowed],
}

/// An arrow that may run up.
#[derive(Debug, Clone, Copy)]
pub struct Allowed {
    /// The room that imports.
    pub from: &'static str,
    /// The room that is imported.
    pub to: &'static str,
    /// Why that is better than any cure.
    pub why: &'static str,
}

/// All levels. A crate that is not named here has one level and no exceptions.
pub const LEVELS: &[Level] = &[
    Level {
        folder: "crates/frontegg-emulator",
        below: &[],
        order: &[
            "main",
            "lib",
            "program",
            "fuzzing",
            "emulator",
            "server",
            "control",
            "api",
            "service",
            "wire",
            "config",
            "gate",
            "identity_provider",
            "domain",
            "openid",
            "outgoing",
            "tokens",
            "error",
            "refusal",
            "seed",
            "store",
            "saml",
            "scim",
            "clock",
            "ids",
            "peer",
            "text",
        ],
        allowed: &[],
    },
    Level {
        folder: "crates/frontegg-emulator",
        below: &["domain"],
        order: &[],
        allowed: &[
            Allowed { from: "roles", to: "groups", why: "what a member may do counts the roles of their groups" },
            Allowed {
                from: "roles",
                to: "permissions",
                why: "a role is made with permissions that must be assignable",
            },
        ],
    },
];
