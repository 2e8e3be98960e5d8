//! Searching the resources of a connection. Where a filter wants one of the attributes that identity providers look
//! resources up by, an index serves; others are held against the resources one by one.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::{
    Answer,
    kept::{Folding, Groups, Kept, LinksOf, Record, Users, base, shown},
};
use crate::{
    scim::{
        filter::{Filter, UnknownAttributes},
        message::{Listed, Search, Window},
        projection::Projection,
    },
    store::{Fetch, FetchCount, Read, entity::scim_connection, query::ROWS},
    text,
};

/// Attributes that are looked up by an index.
const INDEXED: [&str; 4] = ["id", "externalId", "userName", "displayName"];

/// Users of the connection, in the order of their creation.
pub(crate) async fn users(tx: &Read, connection: &scim_connection::Model, search: &Search) -> Answer<Listed> {
    listed::<Users>(tx, connection, search, UnknownAttributes::Refuse).await
}

/// Groups of the connection, in the order of their creation.
pub(crate) async fn groups(tx: &Read, connection: &scim_connection::Model, search: &Search) -> Answer<Listed> {
    listed::<Groups>(tx, connection, search, UnknownAttributes::Refuse).await
}

/// Users of the connection, and then groups.
pub(crate) async fn all(tx: &Read, connection: &scim_connection::Model, search: &Search) -> Answer<Listed> {
    let unknown = UnknownAttributes::WithoutValue;
    let users = listed::<Users>(tx, connection, search, unknown).await?;
    let found = u64::try_from(users.resources.len()).unwrap_or(u64::MAX);
    let window = Window {
        start: search.window.start.saturating_sub(users.total).max(1),
        count: search.window.count.saturating_sub(found),
    };
    let groups = listed::<Groups>(tx, connection, &Search { window, ..search.clone() }, unknown).await?;
    let mut resources = users.resources;
    resources.extend(groups.resources);
    Ok(Listed { total: users.total + groups.total, resources })
}

async fn listed<K: Kept>(
    tx: &Read,
    connection: &scim_connection::Model,
    search: &Search,
    unknown: UnknownAttributes,
) -> Answer<Listed> {
    let filter = search.filter.as_deref().map(|text| Filter::parse(text, K::OF, unknown)).transpose()?;
    let projection = Projection::new(K::OF, &search.attributes, &search.excluded_attributes);
    let of_connection = K::Entity::find().filter(K::CONNECTION.eq(connection.id.as_str()));
    let base = base(tx, connection);
    let (total, records) = match filter {
        None => page::<K>(tx, of_connection, search.window).await?,
        Some(filter) => {
            let mut matching = Matching { filter, window: search.window, total: 0, records: Vec::new() };
            match matching.filter.equal_to(&INDEXED).and_then(|(name, value)| Some((K::column(name)?, value))) {
                Some(((column, folding), value)) => {
                    let value = if folding == Folding::Folded { text::fold(value) } else { value.to_owned() };
                    let rows = in_order::<K>(of_connection.filter(column.eq(value))).fetch_all(tx).await?;
                    matching.look::<K>(tx, &base, rows.into_iter().map(K::record).collect()).await?;
                }
                None => matching.look_through::<K>(tx, &base, &of_connection).await?,
            }
            (matching.total, matching.records)
        }
    };
    let resources = shown::<K>(tx, &base, records, LinksOf::projected::<K>(&projection)).await?;
    Ok(Listed { total, resources: resources.into_iter().map(|resource| projection.of(K::OF, resource)).collect() })
}

fn in_order<K: Kept>(select: Select<K::Entity>) -> Select<K::Entity> {
    select.order_by_asc(K::CREATED_AT).order_by_asc(K::ID)
}

async fn page<K: Kept>(tx: &Read, select: Select<K::Entity>, window: Window) -> Answer<(u64, Vec<Record>)> {
    let total = select.clone().fetch_count(tx).await?;
    if window.count == 0 || window.offset() >= total {
        return Ok((total, Vec::new()));
    }
    let rows = in_order::<K>(select).offset(window.offset()).limit(window.count).fetch_all(tx).await?;
    Ok((total, rows.into_iter().map(K::record).collect()))
}

/// What fulfils a filter, as far as it was looked for.
struct Matching {
    filter: Filter,
    window: Window,
    total: u64,
    /// Those of them that are asked for.
    records: Vec<Record>,
}

impl Matching {
    /// Holds the filter against these.
    async fn look<K: Kept>(&mut self, tx: &Read, base: &str, records: Vec<Record>) -> Answer<()> {
        let links = if self.filter.mentions(K::LINKS) { LinksOf::Each } else { LinksOf::None };
        let resources = shown::<K>(tx, base, records.clone(), links).await?;
        for (record, resource) in records.into_iter().zip(resources) {
            if self.filter.matches(&resource) {
                let number = self.total;
                self.total += 1;
                if (self.window.offset()..self.window.offset().saturating_add(self.window.count)).contains(&number) {
                    self.records.push(record);
                }
            }
        }
        Ok(())
    }

    /// Holds it against all, so many at a time that their number does not matter for the memory that it takes.
    async fn look_through<K: Kept>(&mut self, tx: &Read, base: &str, select: &Select<K::Entity>) -> Answer<()> {
        let mut after: Option<Condition> = None;
        loop {
            let select = match after {
                Some(after) => select.clone().filter(after),
                None => select.clone(),
            };
            let rows = in_order::<K>(select).limit(ROWS as u64).fetch_all(tx).await?;
            let records: Vec<Record> = rows.into_iter().map(K::record).collect();
            let is_last = records.len() < ROWS;
            after = records.last().map(|last| {
                let same_moment =
                    Condition::all().add(K::CREATED_AT.eq(last.created_at)).add(K::ID.gt(last.id.as_str()));
                Condition::any().add(K::CREATED_AT.gt(last.created_at)).add(same_moment)
            });
            self.look::<K>(tx, base, records).await?;
            if is_last {
                return Ok(());
            }
        }
    }
}
