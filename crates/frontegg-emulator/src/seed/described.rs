//! Things of a seed: members that may be absent, each with a setter of its name.

/// Defines a thing of a seed: members that may be absent, which have setters, and others.
macro_rules! described {
    (
        $(#[$about:meta])*
        $thing:ident {
            $($(#[$says:meta])* $member:ident: $kind:ty,)*
        }
        $(with {
            $($(#[$tells:meta])* $other:ident: $other_kind:ty,)*
        })?
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        #[non_exhaustive]
        #[allow(clippy::struct_field_names, reason = "members are named as the interface names them")]
        pub struct $thing {
            $(
                $(#[$says])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub(crate) $member: Option<$kind>,
            )*
            $($(
                $(#[$tells])*
                pub(crate) $other: $other_kind,
            )*)?
        }

        impl $thing {
            $(
                $(#[$says])*
                #[must_use]
                pub fn $member(mut self, $member: impl Into<$kind>) -> Self {
                    self.$member = Some($member.into());
                    self
                }
            )*
        }
    };
}

pub(super) use described;
