//! Making what a seed describes: all of it or nothing, by the rules of the domain. What is there already stays as it is.

mod applications;
mod environment;
mod people;
mod place;
mod policies;
mod rights;
mod sso;
mod tenants;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fmt, io,
};

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::OnceCell;

pub(crate) use self::place::Refused;
use self::place::{Place, Seen};
use crate::{
    domain::{
        DomainResult,
        passwords::{self, Passwords},
        seed::fresh_environment,
    },
    seed::{Seed, SeedSecret, Sources, State, Unusable, Written},
    service::{Service, settle_application},
    store::{Image, Store, StoreError, Write},
    wire::SeedReport,
};

/// How many passwords wait to be hashed at once: more would keep others from signing in.
const AT_ONCE: usize = 64;

/// What came of a step.
type Step<T = ()> = Result<T, Refused>;

/// Seeds with what takes its time, so that no transaction waits for it.
#[derive(Clone)]
pub(crate) struct Plan {
    written: Vec<Written>,
    /// The hash of each password.
    hashes: HashMap<String, String>,
}

/// Without the passwords.
impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("written", &self.written).finish_non_exhaustive()
    }
}

/// What an emulator begins with, to go back to.
#[derive(Debug, Default)]
pub(crate) struct Beginning {
    state: Option<State>,
    seeds: Vec<Written>,
    /// Made when it is needed for the first time.
    plan: OnceCell<Plan>,
    /// The state that it has led to, in memory.
    image: Option<Image>,
}

impl Beginning {
    pub(crate) fn new(Sources { state, seeds }: Sources) -> Self {
        Self { state, seeds, plan: OnceCell::new(), image: None }
    }

    /// Begins to read the exported state, if there is one.
    pub(crate) fn open(&self) -> Result<Option<Box<dyn io::Read + Send>>, Unusable> {
        self.state.as_ref().map(State::open).transpose()
    }

    /// What the seeds describe, ready to be made.
    pub(crate) async fn plan(&self, passwords: &Passwords) -> DomainResult<&Plan> {
        self.plan.get_or_try_init(|| Plan::of(passwords, self.seeds.clone())).await
    }

    /// Whether anybody is described, beside what a state holds.
    pub(crate) fn has_seeds(&self) -> bool {
        !self.seeds.is_empty()
    }

    /// Whether there is nothing.
    fn is_empty(&self) -> bool {
        self.state.is_none() && self.seeds.is_empty()
    }

    /// Keeps the present state as the one that it has led to.
    pub(crate) async fn keep(&mut self, store: &Store) -> Result<(), StoreError> {
        if !self.is_empty() {
            self.image = store.image().await?;
        }
        Ok(())
    }
}

impl Service {
    /// Adds what seeds describe to what is there, or changes nothing.
    pub(crate) async fn seed(&self, written: Vec<Written>) -> Step<SeedReport> {
        // No request began with it where it is done in Rust.
        self.follow().await;
        let plan = Plan::of(self.passwords(), written).await?;
        self.store().write(async |tx| plan.apply(tx).await).await
    }

    /// Begins anew with what the emulator began with. Keys and clock stay; tokens of before are refused.
    pub(crate) async fn reset_to_seed(&self) -> Step {
        let beginning = self.beginning();
        if let Some(image) = &beginning.image {
            self.begun_anew(self.store().reset_to(image).await?);
            return Ok(());
        }
        let source = beginning.open().map_err(Refused::from)?;
        let plan = beginning.plan(self.passwords()).await?;
        let comes_later = source.is_some();
        let fill = async |tx: &Write| -> Step {
            fresh_environment(tx).await?;
            if comes_later { Ok(()) } else { Box::pin(plan.apply(tx)).await.map(drop) }
        };
        self.begun_anew(self.store().reset(fill).await?);
        match source {
            Some(source) => Box::pin(self.begin_with(source, plan)).await,
            None => Ok(()),
        }
    }

    /// Puts an exported state in place of the present one, and adds what seeds describe.
    pub(crate) async fn begin_with(&self, source: impl io::Read + Send + 'static, plan: &Plan) -> Step {
        self.import(source).await?;
        let wished = self.config().identity.application_id.as_deref();
        self.store()
            .write(async |tx| {
                settle_application(tx, wished, self.application_id()).await?;
                plan.apply(tx).await.map(drop)
            })
            .await
    }
}

/// The passwords of all people, as far as anybody could have them.
fn passwords_of(seed: &Seed) -> impl Iterator<Item = &str> {
    let members = seed.tenants.iter().flat_map(|(_, tenant)| tenant.users.iter());
    let people = members.chain(seed.users.iter()).filter_map(|(_, user)| user.password.as_ref());
    people.map(SeedSecret::expose).filter(|password| passwords::check_size(password).is_ok())
}

impl Plan {
    /// Hashes each password of these seeds once.
    async fn of(passwords: &Passwords, written: Vec<Written>) -> DomainResult<Self> {
        let distinct: BTreeSet<&str> = written.iter().flat_map(|written| passwords_of(&written.seed)).collect();
        let hash = |password: &str| {
            let password = password.to_owned();
            async move {
                let hash = passwords.hash(&password).await?;
                DomainResult::Ok((password, hash))
            }
        };
        let hashes = stream::iter(distinct.into_iter().map(hash)).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(Self { written, hashes })
    }

    /// Makes what is not there yet.
    pub(crate) async fn apply(&self, tx: &Write) -> Step<SeedReport> {
        tx.derive_ids();
        let mut making = Making {
            tx,
            hashes: &self.hashes,
            seen: Seen::default(),
            applications: HashMap::new(),
            fresh_tenants: HashSet::new(),
            role_ids: HashMap::new(),
            report: SeedReport::default(),
        };
        let all: Vec<(Place, &Seed)> =
            self.written.iter().map(|written| (Place::of(written.file.as_deref()), &written.seed)).collect();
        // What is referred to comes before what refers to it, whichever file it stands in.
        for (place, seed) in &all {
            making.configure(place, seed).await?;
            making.permissions(place, seed).await?;
        }
        for (place, seed) in &all {
            making.roles(place, None, &seed.roles).await?;
            making.applications(place, seed).await?;
            making.social_providers(place, seed).await?;
            making.templates(place, seed).await?;
            making.tenants(place, seed).await?;
        }
        for (place, seed) in &all {
            making.hierarchy(place, seed).await?;
            making.inside_tenants(place, seed).await?;
        }
        let mut made = people::Made::default();
        for (place, seed) in &all {
            making.people(place, seed, &mut made).await?;
        }
        making.put_into_groups(made).await?;
        for (place, seed) in &all {
            making.lock_tenants(place, seed).await?;
        }
        Ok(making.report)
    }
}

/// Seeds that are being made.
struct Making<'a> {
    tx: &'a Write,
    hashes: &'a HashMap<String, String>,
    seen: Seen,
    /// The ids of the applications that seeds describe, by their keys.
    applications: HashMap<String, String>,
    /// The tenants that were not there before.
    fresh_tenants: HashSet<String>,
    /// The ids of roles that tenants see, by tenant and key.
    role_ids: HashMap<(String, String), String>,
    report: SeedReport,
}

impl Making<'_> {
    /// Notes that a thing is there now.
    fn made(&mut self, place: &Place<'_>, id: impl Into<String>) {
        self.report.added += 1;
        self.report.ids.insert(place.path().to_owned(), id.into());
    }

    /// Notes that a thing was there, or refuses one whose id is another.
    fn is_present(&mut self, place: &Place<'_>, id: &str, wished: Option<&str>) -> Step {
        if wished.is_some_and(|wished| wished != id) {
            return Err(place.refuse(format!("is there already, with the id {id}")));
        }
        self.report.present += 1;
        self.report.ids.insert(place.path().to_owned(), id.to_owned());
        Ok(())
    }
}
