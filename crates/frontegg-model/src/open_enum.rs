//! Open enums, which accept values that a newer service may have added.

/// Declares a string enum with a variant that keeps unknown values.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A value that this version does not know, unchanged.
            Unknown(String),
        }

        impl $name {
            /// The values that this version knows, in the order of the document.
            pub const KNOWN: &'static [&'static str] = &[$($text),+];

            /// The value as it is serialised.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Unknown(value) => value,
                }
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($text => Self::$variant,)+
                    _ => Self::Unknown(value.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                match value.as_str() {
                    $($text => Self::$variant,)+
                    _ => Self::Unknown(value),
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Ok(value.into())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                // Not `enum`: the type accepts other values too. This extension is in common use.
                schemars::json_schema!({ "type": "string", "x-extensible-enum": Self::KNOWN })
            }
        }
    };
}

pub(crate) use open_enum;

#[cfg(test)]
#[allow(unreachable_pub, reason = "the macro writes `pub`")]
mod tests {
    open_enum! {
        /// Something to count in.
        Unit {
            /// Small.
            Inch = "in",
            /// Large.
            Mile = "mi",
        }
    }

    #[test]
    fn known_values_become_their_variant() {
        let unit: Unit = serde_json::from_str(r#""in""#).unwrap();
        assert_eq!(unit, Unit::Inch);
        assert_eq!(Unit::KNOWN, ["in", "mi"]);
    }

    #[test]
    fn unknown_values_stay_unchanged() {
        let units: Vec<Unit> = serde_json::from_str(r#"["mi","parsec"]"#).unwrap();
        assert_eq!(units, [Unit::Mile, Unit::Unknown("parsec".into())]);
        assert_eq!(serde_json::to_string(&units).unwrap(), r#"["mi","parsec"]"#);
    }

    #[test]
    fn something_that_is_no_string_is_refused() {
        assert!(serde_json::from_str::<Unit>("3").is_err());
    }
}
