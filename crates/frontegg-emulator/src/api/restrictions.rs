//! The two lists of restrictions, as the API names them.

use frontegg_contract::{ApiFailure, ApiResult};
use frontegg_model::enums::RestrictionType;

use crate::store::entity::RestrictionList;

/// The list that is meant by a member of a body.
pub(super) fn list(member: &str, kind: &RestrictionType) -> ApiResult<RestrictionList> {
    match kind {
        RestrictionType::Allow => Ok(RestrictionList::Allow),
        RestrictionType::Block => Ok(RestrictionList::Block),
        _ => Err(ApiFailure::bad_request(format!("{member} must be one of the following values: ALLOW, BLOCK"))),
    }
}

pub(super) fn kind(list: RestrictionList) -> RestrictionType {
    match list {
        RestrictionList::Allow => RestrictionType::Allow,
        RestrictionList::Block => RestrictionType::Block,
    }
}
