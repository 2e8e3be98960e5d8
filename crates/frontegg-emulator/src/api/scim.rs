//! The SCIM 2.0 server of a provisioning connection (RFC 7644): from requests to the domain and back.
//!
//! It is no operation of a document: paths, bodies and errors are those of the standard, and its callers have a token of their
//! own.

mod answer;
mod request;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use http::{Method, StatusCode};
use serde_json::Value;

use self::{
    answer::{Refusal, created, empty, found, listed, plain},
    request::{Asked, Endpoint, Place},
};
use crate::{
    domain::{
        audits::events,
        scim::{self as provisioning, Answer, Failure, Shown, connections, groups, listing, users},
    },
    scim::{
        discovery,
        message::{Listed, Search},
        projection::Projection,
        schema::{GROUP, ResourceType, USER},
    },
    service::{Service, audits},
    store::{Read, Write, entity::scim_connection, trail::Event},
};

/// Where the servers of all connections are.
const BASE: &str = "/directory/resources/scim/v2.0/{connection_id}";

/// The routes.
pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route(BASE, any(serve)).route(&format!("{BASE}/{{*rest}}"), any(serve))
}

async fn serve(State(service): State<Arc<Service>>, request: Request) -> Response {
    answer(&service, request).await.unwrap_or_else(Refusal::into_response)
}

type Served = Result<Response, Refusal>;

/// Looks at the token before anything else.
async fn answer(service: &Service, request: Request) -> Served {
    let asked = Asked::of(&request)?;
    let tx = service.store().read().await.map_err(Failure::from)?;
    let connection = connections::authenticate(&tx, &asked.connection_id, &asked.token).await?;
    drop(tx);
    let place = asked.place()?;
    if let Some(event) = event(&asked.method, &place).filter(|_| service.store().has_audits()) {
        audits::provisions(&connection.tenant_id, event, &request);
    }
    match place {
        Place::Discovery(document) => discover(service, &asked, &connection, document).await,
        Place::Search(endpoint) => {
            asked.only(&[Method::POST])?;
            let search = Search::of_body(&asked.body(request).await?).map_err(Failure::from)?;
            list(service, &asked, endpoint, &search).await
        }
        Place::All(endpoint) => match asked.method {
            Method::GET => list(service, &asked, Some(endpoint), &asked.search()?).await,
            Method::POST => create(service, &asked, endpoint, asked.body(request).await?).await,
            _ => Err(asked.not_allowed(&[Method::GET, Method::POST])),
        },
        Place::One(endpoint, ref id) => match asked.method {
            Method::GET => get(service, &asked, endpoint, id).await,
            Method::PUT => replace(service, &asked, endpoint, id, asked.body(request).await?).await,
            Method::PATCH => patch(service, &asked, endpoint, id, &asked.body(request).await?).await,
            Method::DELETE => delete(service, &asked, endpoint, id).await,
            _ => Err(asked.not_allowed(&[Method::GET, Method::PUT, Method::PATCH, Method::DELETE])),
        },
        Place::NotImplemented => Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, "This part of SCIM is not implemented")),
    }
}

/// What a change says in the audit trail.
fn event(method: &Method, place: &Place) -> Option<Event> {
    let (Place::All(endpoint) | Place::One(endpoint, _)) = place else { return None };
    let provisioned = match endpoint {
        Endpoint::Users => events::PROVISIONED_USERS,
        Endpoint::Groups => events::PROVISIONED_GROUPS,
    };
    match *method {
        Method::POST => Some(provisioned.added),
        Method::PUT | Method::PATCH => Some(provisioned.updated),
        Method::DELETE => Some(provisioned.removed),
        _ => None,
    }
}

/// A document about the server.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Document {
    Configuration,
    /// All, or the one with that id.
    ResourceTypes(Option<String>),
    Schemas(Option<String>),
}

async fn discover(service: &Service, asked: &Asked, connection: &scim_connection::Model, document: Document) -> Served {
    asked.only(&[Method::GET])?;
    // A filter would be ignored, and more be told than was asked for (RFC 7644, 4).
    if asked.has_parameter("filter") {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "These are not filtered"));
    }
    let tx = service.store().read().await.map_err(Failure::from)?;
    let base = provisioning::base(&tx, connection);
    let (all, id) = match document {
        Document::Configuration => return Ok(plain(&discovery::service_provider_config(&base))),
        Document::ResourceTypes(id) => (discovery::resource_types(&base), id),
        Document::Schemas(id) => (discovery::schemas(&base), id),
    };
    let Some(id) = id else {
        let resources = all.into_iter().filter_map(|one| one.as_object().cloned()).collect::<Vec<_>>();
        let total = u64::try_from(resources.len()).unwrap_or(u64::MAX);
        return Ok(listed(Search::default().window, &Listed { total, resources }));
    };
    let one = all.into_iter().find(|one| one["id"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(&id)));
    one.map(|one| plain(&one)).ok_or_else(|| Failure::NotFound.into())
}

async fn list(service: &Service, asked: &Asked, endpoint: Option<Endpoint>, search: &Search) -> Served {
    let tx = service.store().read().await.map_err(Failure::from)?;
    let connection = connections::authenticate(&tx, &asked.connection_id, &asked.token).await?;
    let found = match endpoint {
        Some(Endpoint::Users) => listing::users(&tx, &connection, search).await?,
        Some(Endpoint::Groups) => listing::groups(&tx, &connection, search).await?,
        None => listing::all(&tx, &connection, search).await?,
    };
    Ok(listed(search.window, &found))
}

async fn get(service: &Service, asked: &Asked, endpoint: Endpoint, id: &str) -> Served {
    let tx = service.store().read().await.map_err(Failure::from)?;
    let connection = connections::authenticate(&tx, &asked.connection_id, &asked.token).await?;
    let shown = endpoint.get(&tx, &connection, id, &asked.projection(endpoint)?).await?;
    if asked.if_none_match.as_ref().is_some_and(|tags| tags.name(shown.version)) {
        return Ok(answer::not_modified(&shown));
    }
    Ok(found(&shown))
}

async fn create(service: &Service, asked: &Asked, endpoint: Endpoint, body: Value) -> Served {
    let projection = asked.projection(endpoint)?;
    let shown = write(service, asked, async |tx, connection| {
        let id = match endpoint {
            Endpoint::Users => users::create(tx, connection, body).await?,
            Endpoint::Groups => groups::create(tx, connection, body).await?,
        };
        endpoint.get(tx, connection, &id, &projection).await
    });
    Ok(created(&shown.await?))
}

async fn replace(service: &Service, asked: &Asked, endpoint: Endpoint, id: &str, body: Value) -> Served {
    let projection = asked.projection(endpoint)?;
    let shown = write(service, asked, async |tx, connection| {
        let wanted = asked.if_match.as_ref();
        match endpoint {
            Endpoint::Users => users::replace(tx, connection, id, wanted, body).await?,
            Endpoint::Groups => groups::replace(tx, connection, id, wanted, body).await?,
        }
        endpoint.get(tx, connection, id, &projection).await
    });
    Ok(found(&shown.await?))
}

/// Answers with the user, or with nothing for a group: all of its members are not to be sent for each that comes or goes.
async fn patch(service: &Service, asked: &Asked, endpoint: Endpoint, id: &str, body: &Value) -> Served {
    let projection = asked.projection(endpoint)?;
    let wanted = asked.if_match.as_ref();
    match endpoint {
        Endpoint::Users => {
            let shown = write(service, asked, async |tx, connection| {
                users::patch(tx, connection, id, wanted, body).await?;
                endpoint.get(tx, connection, id, &projection).await
            });
            Ok(found(&shown.await?))
        }
        Endpoint::Groups => {
            write(service, asked, async |tx, connection| groups::patch(tx, connection, id, wanted, body).await).await?;
            Ok(empty())
        }
    }
}

async fn delete(service: &Service, asked: &Asked, endpoint: Endpoint, id: &str) -> Served {
    let wanted = asked.if_match.as_ref();
    write(service, asked, async |tx, connection| match endpoint {
        Endpoint::Users => users::delete(tx, connection, id, wanted).await,
        Endpoint::Groups => groups::delete(tx, connection, id, wanted).await,
    })
    .await?;
    Ok(empty())
}

/// Writes to the connection, whose token is looked at again: it may be void meanwhile.
async fn write<T>(
    service: &Service,
    asked: &Asked,
    act: impl AsyncFnOnce(&Write, &scim_connection::Model) -> Answer<T>,
) -> Answer<T> {
    let write = service.store().write(async |tx| {
        let connection = connections::authenticate(tx, &asked.connection_id, &asked.token).await?;
        act(tx, &connection).await
    });
    write.await
}

impl Endpoint {
    fn of(self) -> &'static ResourceType {
        match self {
            Self::Users => &USER,
            Self::Groups => &GROUP,
        }
    }

    async fn get(
        self,
        tx: &Read,
        connection: &scim_connection::Model,
        id: &str,
        projection: &Projection,
    ) -> Answer<Shown> {
        match self {
            Self::Users => users::get(tx, connection, id, projection).await,
            Self::Groups => groups::get(tx, connection, id, projection).await,
        }
    }
}
