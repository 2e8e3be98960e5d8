//! Steps of a sign-in that leave the process: the answer of the person comes with another request, maybe to
//! another replica.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::LoginFlow;
use crate::{
    generated::views::Authentication,
    saved::document,
    scope::{Access, Core},
    session::{Session, cookies::Cookies},
};

/// A step of a sign-in or sign-up that waits for a person, such as [`MfaChallenge`](super::MfaChallenge): it can be
/// [saved](Saved) and resumed.
#[allow(private_bounds, reason = "only the steps of this crate are steps")]
pub trait Step: Parts {}

/// What a step consists of.
pub(crate) trait Parts: Sized {
    /// What the step knows beside the sign-in that it belongs to.
    type State: Clone + fmt::Debug + Serialize + DeserializeOwned;
    /// What it is called in documents.
    const KIND: &'static str;

    fn of(flow: LoginFlow, state: Self::State) -> Self;
    fn flow(&self) -> &LoginFlow;
    fn state(&self) -> &Self::State;
}

/// A step of a sign-in, for storage until the person answers: made by the `save` of each step, and resumed by
/// [`Authentication::resume`] on any client of the environment, in this process or in another.
///
/// `Debug` hides its secrets. The serialised form holds them, so store it like a password: on your side, under a key
/// that only this browser has. It says its version and which step it is; others are refused, by
/// [`SavedError`](crate::SavedError) where it is parsed (`text.parse()`), by serde's error otherwise.
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg, code: &str) -> Result<(), Box<dyn std::error::Error>> {
/// use frontegg_identity::login::{Login, MfaChallenge, Saved};
///
/// // The request with the password.
/// let login = frontegg.authentication().login("ada@acme.test", "correct horse").await?;
/// let Login::MfaRequired(challenge) = login else { return Ok(()) };
/// let stored = serde_json::to_string(&challenge.save())?;
///
/// // The request with the code, which another replica may get.
/// let saved: Saved<MfaChallenge> = stored.parse()?;
/// let session = frontegg.authentication().resume(saved).authenticator(code).await?.into_session()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Saved<S: Step>(Waiting<S::State>);

/// What is written of a step.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting<T> {
    /// Of the browser.
    #[serde(default)]
    cookies: Cookies,
    /// The application that is signed in to, if the client has named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    application: Option<String>,
    step: T,
}

document!([S: Step] Saved<S>, S::KIND);

impl<S: Step> Saved<S> {
    pub(super) fn of(step: &S) -> Self {
        let LoginFlow { core, cookies, .. } = step.flow();
        let application = core.application_id().map(str::to_owned);
        Self(Waiting { cookies: cookies.clone(), application, step: step.state().clone() })
    }

    /// The step again; its end raises that session if there is one.
    pub(crate) fn resume<A: Access>(self, core: &Core<A>, raises: Option<Session>) -> S {
        let Waiting { cookies, application, step } = self.0;
        let flow = LoginFlow::new(&core.anonymous().for_application(application), cookies);
        S::of(LoginFlow { raises, ..flow }, step)
    }
}

impl<S: Step> fmt::Debug for Saved<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Saved").field(&self.0).finish()
    }
}

impl<A: Access> Authentication<A> {
    /// Goes on with a step that was saved. Nothing is sent.
    ///
    /// The client has to be one of the same environment; the application is that of the step, if it had one. A
    /// step-up is resumed by [`Session::resume`](crate::Session::resume), so that its session is raised.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg, stored: &str, code: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// use frontegg_identity::login::{EmailStep, Saved};
    ///
    /// let saved: Saved<EmailStep> = stored.parse()?;
    /// let login = frontegg.authentication().resume(saved).verify(code).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume<S: Step>(&self, saved: Saved<S>) -> S {
        saved.resume(&self.core, None)
    }
}

/// Makes a step of a type with the fields `flow` and `state`.
macro_rules! step {
    ($name:ident, $state:ident, $kind:literal) => {
        impl crate::login::saved::Parts for $name {
            type State = $state;
            const KIND: &'static str = $kind;

            fn of(flow: crate::login::LoginFlow, state: $state) -> Self {
                Self { flow, state }
            }

            fn flow(&self) -> &crate::login::LoginFlow {
                &self.flow
            }

            fn state(&self) -> &$state {
                &self.state
            }
        }

        impl crate::login::Step for $name {}

        impl $name {
            /// What another request, or another process, goes on with; see [`Saved`](crate::login::Saved).
            pub fn save(&self) -> crate::login::Saved<Self> {
                crate::login::Saved::of(self)
            }
        }
    };
}
pub(super) use step;
