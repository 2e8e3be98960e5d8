//! Where the programs of a server are, and who is to run them.

use std::{
    env, fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// Where Debian and Ubuntu put the programs of PostgreSQL, by version, off the path.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A program of the path.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// A program of PostgreSQL: that of the path, else that of the newest version installed.
pub(crate) fn of_postgres(name: &str) -> Option<PathBuf> {
    on_path(name).or_else(|| newest(Path::new(DEBIAN), name))
}

fn newest(folder: &Path, name: &str) -> Option<PathBuf> {
    let versions = fs::read_dir(folder).ok()?.filter_map(Result::ok).filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let program = entry.path().join("bin").join(name);
        program.is_file().then_some((version, program))
    });
    versions.max().map(|(_, program)| program)
}

/// Who runs a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// Whom a server is to be run as by this process, whose files belong to `uid`: nobody else, unless
/// that is root, as whom PostgreSQL refuses to run.
pub(crate) fn unprivileged(uid: u32) -> Option<User> {
    if uid != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("a list of users");
    let user = ["postgres", "nobody"].into_iter().find_map(|name| user(&users, name));
    Some(user.expect("a user `postgres` or `nobody`, since PostgreSQL does not run as root"))
}

fn user(users: &str, name: &str) -> Option<User> {
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut numbers = line.split(':').skip(2).map(|number| number.parse().ok());
    Some(User { uid: numbers.next()??, gid: numbers.next()?? })
}

/// Whom a folder belongs to.
pub(crate) fn owner(folder: &Path) -> u32 {
    fs::metadata(folder).expect("a folder").uid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_name() {
        let users = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\npostgresql:x:7:7::/:\n";
        assert_eq!(user(users, "nobody"), Some(User { uid: 65534, gid: 65533 }));
        assert_eq!(user(users, "postgres"), None);
        assert_eq!(unprivileged(1000), None);
    }

    #[test]
    fn the_newest_version_is_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(newest(folder.path(), "initdb"), None);
        for version in ["9", "15", "16beta"] {
            let bin = folder.path().join(version).join("bin");
            fs::create_dir_all(&bin).expect("a folder");
            fs::write(bin.join("initdb"), "").expect("a file");
        }
        assert_eq!(newest(folder.path(), "initdb"), Some(folder.path().join("15/bin/initdb")));
        assert_eq!(newest(folder.path(), "postgres"), None);
    }
}
