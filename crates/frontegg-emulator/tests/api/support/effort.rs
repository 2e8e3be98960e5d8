//! What requests cost an emulator, counted: a clock would judge the machine along with them.

use frontegg_emulator::Work;

use super::World;

/// How often a request is measured.
pub(crate) const ROUNDS: usize = 3;

/// Does that a few times, with the number of the round; gives the least work that it took. A process
/// that shares its store asks now and then whether another one has changed keys or epoch, and not for
/// the request's sake.
pub(crate) async fn effort(world: &World, mut request: impl AsyncFnMut(usize)) -> Work {
    let mut least: Option<Work> = None;
    for round in 0..ROUNDS {
        let before = world.emulator.work();
        request(round).await;
        let after = world.emulator.work();
        let work = Work {
            statements: after.statements - before.statements,
            commits: after.commits - before.commits,
            password_hashes: after.password_hashes - before.password_hashes,
        };
        least = Some(least.map_or(work, |least| Work {
            statements: least.statements.min(work.statements),
            commits: least.commits.min(work.commits),
            password_hashes: least.password_hashes.min(work.password_hashes),
        }));
    }
    least.expect("a round")
}

/// Nobody can tell one from the other by how long it takes: as many statements, writes to the disk and
/// hashes.
#[track_caller]
pub(crate) fn assert_alike(known: Work, unknown: Work) {
    assert_eq!(known, unknown);
}
