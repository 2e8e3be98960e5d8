//! Values of statements, as SeaORM has them, for the server.

use sea_orm::{
    DbErr, RuntimeErr, Value, Values,
    sqlx::{Arguments, Encode, Postgres, Type, postgres::PgArguments},
};

/// The values of a statement.
pub(super) fn bound(values: Option<Values>) -> Result<PgArguments, DbErr> {
    let mut bound = PgArguments::default();
    for value in values.map(|values| values.0).unwrap_or_default() {
        match value {
            Value::String(text) => add(&mut bound, text)?,
            Value::Bool(flag) => add(&mut bound, flag)?,
            Value::Int(number) => add(&mut bound, number)?,
            Value::BigInt(number) => add(&mut bound, number)?,
            Value::Unsigned(number) => add(&mut bound, number.map(i64::from))?,
            Value::BigUnsigned(number) => {
                let number = number.map(i64::try_from).transpose().map_err(|_| unfit("a number is too large"))?;
                add(&mut bound, number)?;
            }
            _ => return Err(unfit("a value of a kind that no table holds")),
        }
    }
    Ok(bound)
}

fn add<T: for<'a> Encode<'a, Postgres> + Type<Postgres>>(bound: &mut PgArguments, value: T) -> Result<(), DbErr> {
    Arguments::add(bound, value).map_err(|error| unfit(&error.to_string()))
}

fn unfit(message: &str) -> DbErr {
    DbErr::Query(RuntimeErr::Internal(message.to_owned()))
}
