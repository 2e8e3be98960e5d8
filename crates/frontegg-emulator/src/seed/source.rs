//! Where seeds come from: Rust, text, files, folders; and exported states, which a fresh store begins with.

use std::{
    fmt,
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use bytes::{Buf, Bytes};
use serde::de::{Deserializer as _, MapAccess, Visitor};

use super::{Seed, SeedError};

/// What an emulator is told to begin with.
#[derive(Clone, Debug)]
pub(crate) enum SeedSource {
    Seed(Box<Seed>),
    /// An exported state.
    Document(Document),
    /// A seed, an exported state, or a folder of such.
    Path(PathBuf),
}

/// A seed with the file that it was written in.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) file: Option<String>,
    pub(crate) seed: Seed,
}

/// What is behind all sources of an emulator.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// What is there first, if anything.
    pub(crate) state: Option<State>,
    pub(crate) seeds: Vec<Written>,
}

/// An exported state.
#[derive(Clone, Debug)]
pub(crate) enum State {
    Document(Document),
    File(PathBuf),
}

/// The text of an exported state, which `Debug` does not show: it may have secrets.
#[derive(Clone)]
pub(crate) struct Document(pub(crate) Bytes);

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Document").finish_non_exhaustive()
    }
}

/// Why sources cannot be used.
#[derive(Debug)]
pub(crate) enum Unusable {
    Unread { path: PathBuf, source: io::Error },
    Refused(SeedError),
}

impl State {
    /// Begins to read it.
    pub(crate) fn open(&self) -> Result<Box<dyn Read + Send>, Unusable> {
        match self {
            Self::Document(Document(document)) => Ok(Box::new(document.clone().reader())),
            Self::File(path) => Ok(Box::new(File::open(path).map_err(unread(path))?)),
        }
    }
}

impl Sources {
    /// Reads seeds, and finds exported states.
    pub(crate) fn read(sources: impl IntoIterator<Item = SeedSource>) -> Result<Self, Unusable> {
        let mut all = Self::default();
        for source in sources {
            match source {
                SeedSource::Seed(seed) => all.seeds.push(Written { file: None, seed: *seed }),
                SeedSource::Document(document) => all.begin_with(State::Document(document), None)?,
                SeedSource::Path(path) => all.take(&path)?,
            }
        }
        Ok(all)
    }

    /// Takes a file, or those of a folder by their names.
    fn take(&mut self, path: &Path) -> Result<(), Unusable> {
        if !fs::metadata(path).map_err(unread(path))?.is_dir() {
            return self.take_file(path);
        }
        let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(unread(path))?;
        let mut files: Vec<PathBuf> =
            entries.into_iter().map(|entry| entry.path()).filter(|path| is_seed(path)).collect();
        if files.is_empty() {
            let none = io::Error::new(io::ErrorKind::NotFound, "no file of it ends with .yaml, .yml or .json");
            return Err(Unusable::Unread { path: path.to_owned(), source: none });
        }
        files.sort();
        files.iter().try_for_each(|file| self.take_file(file))
    }

    fn take_file(&mut self, path: &Path) -> Result<(), Unusable> {
        let file = path.display().to_string();
        if is_state(File::open(path).map_err(unread(path))?) {
            return self.begin_with(State::File(path.to_owned()), Some(file));
        }
        let text = fs::read_to_string(path).map_err(unread(path))?;
        let seed = Seed::read(&text, Some(&file)).map_err(Unusable::Refused)?;
        self.seeds.push(Written { file: Some(file), seed });
        Ok(())
    }

    fn begin_with(&mut self, state: State, file: Option<String>) -> Result<(), Unusable> {
        if self.state.is_some() {
            let message = "only one exported state can be begun with".to_owned();
            return Err(Unusable::Refused(SeedError { file, position: None, path: String::new(), message }));
        }
        self.state = Some(state);
        Ok(())
    }
}

fn unread(path: &Path) -> impl Fn(io::Error) -> Unusable + use<'_> {
    |source| Unusable::Unread { path: path.to_owned(), source }
}

/// Whether a file of a folder is meant.
fn is_seed(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| ["yaml", "yml", "json"].contains(&extension)) && path.is_file()
}

/// Members of an exported state, none of which a seed has.
const STATE: [&str; 8] = ["exportedAt", "format", "issuers", "jwtSecret", "keys", "schema", "tables", "version"];

/// Whether that is an exported state, which may be larger than memory: its first member tells.
pub(crate) fn is_state(file: impl Read) -> bool {
    struct First<'a>(&'a mut Option<String>);

    impl<'de> Visitor<'de> for First<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            *self.0 = map.next_key()?;
            Ok(())
        }
    }

    let mut first = None;
    // What is left of it is a fault to this reader, and none here.
    let _ = serde_json::Deserializer::from_reader(BufReader::new(file)).deserialize_map(First(&mut first));
    first.is_some_and(|name| STATE.contains(&name.as_str()))
}
