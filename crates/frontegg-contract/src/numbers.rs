//! Whole numbers by their value: `1.0` and `1e2` are as good as `1` and `100`, in a body as in a query.

use serde_json::{Number, Value};

use crate::schema::{Member, Schema};

/// Writes numbers that are whole as integers where the schema has such.
pub(crate) fn settle(value: &mut Value, schema: &'static Schema) {
    match (schema.inner(), value) {
        (Schema::Integer { .. }, Value::Number(number)) => {
            if let Some(whole) = number.as_f64().filter(|_| number.is_f64()).and_then(whole) {
                *number = Number::from(whole);
            }
        }
        (Schema::Object(members) | Schema::Open(members), Value::Object(map)) => {
            for Member(name, _, schema) in *members {
                if let Some(member) = map.get_mut(*name) {
                    settle(member, schema);
                }
            }
        }
        (Schema::Map(items), Value::Object(map)) => map.values_mut().for_each(|item| settle(item, items)),
        (Schema::Array { items, .. }, Value::Array(list)) => list.iter_mut().for_each(|item| settle(item, items)),
        (Schema::Tagged(tag, forms), value) => {
            let form = forms.iter().find(|(name, _)| value.get(*tag).and_then(Value::as_str) == Some(name));
            if let Some((_, form)) = form {
                settle(value, form);
            }
        }
        _ => {}
    }
}

/// The integer that a text writes, with or without a point or an exponent.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let point_only = |text: &str| {
        let (whole, fraction) = text.split_once('.')?;
        fraction.bytes().all(|digit| digit == b'0').then(|| whole.parse().ok())?
    };
    text.parse().ok().or_else(|| point_only(text)).or_else(|| text.parse().ok().and_then(whole))
}

/// The same number as an integer, if it is whole and has no more than 64 bits.
pub fn whole(number: f64) -> Option<i64> {
    // By way of its digits, as a cast would cut off what does not fit.
    (number.fract() == 0.0).then(|| format!("{number:.0}").parse().ok())?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Presence::Optional;

    static PLACE: Schema = Schema::Object(&[Member("port", Optional, &Schema::INTEGER)]);
    static ROLE: Schema = Schema::Object(&[
        Member("level", Optional, &Schema::Nullable(&Schema::INTEGER)),
        Member("weight", Optional, &Schema::NUMBER),
        Member("levels", Optional, &Schema::Array { items: &Schema::INTEGER, min: 0, max: 9 }),
        Member("counts", Optional, &Schema::Map(&Schema::INTEGER)),
        Member("place", Optional, &Schema::Tagged("by", &[("port", &PLACE)])),
        Member("metadata", Optional, &Schema::Any),
    ]);

    #[test]
    fn whole_numbers_become_integers_where_such_are_wanted() {
        let mut body = json!({
            "level": 1.0, "weight": 2.0, "levels": [1e2, 1.5, 3, -0.0], "counts": { "a": -4.0 },
            "place": { "by": "port", "port": 80.0 }, "metadata": { "level": 1.0 }, "other": 1.0,
        });
        settle(&mut body, &ROLE);
        let expected = json!({
            "level": 1, "weight": 2.0, "levels": [100, 1.5, 3, 0], "counts": { "a": -4 },
            "place": { "by": "port", "port": 80 }, "metadata": { "level": 1.0 }, "other": 1.0,
        });
        assert_eq!(body, expected);
        for kept in [json!({ "level": null }), json!({ "level": 1e300 }), json!({ "level": "1.0" }), json!([1.0])] {
            let mut body = kept.clone();
            settle(&mut body, &ROLE);
            assert_eq!(body, kept);
        }
    }

    #[test]
    fn texts_write_integers_in_several_ways() {
        for (text, number) in [
            ("10", Some(10)),
            ("10.0", Some(10)),
            ("10.", Some(10)),
            ("1e2", Some(100)),
            ("-3.00", Some(-3)),
            ("9007199254740993.0", Some(9_007_199_254_740_993)),
            ("10.5", None),
            ("1e400", None),
            ("9223372036854775808", None),
            ("inf", None),
            ("", None),
            ("ten", None),
        ] {
            assert_eq!(integer(text), number, "{text}");
        }
    }
}
