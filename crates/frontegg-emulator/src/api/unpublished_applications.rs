//! Which applications several people use, as portals ask it, and no document publishes.

use frontegg_contract::{
    ApiResult, RequestContext,
    unpublished_applications::{ListApplicationsOfUsersParams, UnpublishedApplicationsApi},
};
use frontegg_model::types;

use super::{caller::caller, paging};
use crate::{domain::application_assignments::people, service::Service};

impl UnpublishedApplicationsApi for Service {
    async fn list_applications_of_users(
        &self,
        cx: &RequestContext,
        params: ListApplicationsOfUsersParams,
    ) -> ApiResult<Vec<types::UserApplications>> {
        let tx = self.store().read().await?;
        let people = people::applications_of_all(&tx, caller(cx), paging::ids(&params.user_ids)).await?;
        let shown =
            |one: people::UserApplications| types::UserApplications { user_id: one.user_id, app_ids: one.app_ids };
        Ok(people.into_iter().map(shown).collect())
    }
}
