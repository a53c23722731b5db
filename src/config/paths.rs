//! Where the files are: the platform's folders, unless a flag or a variable says otherwise.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// The folders of one profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Folders {
    /// `config.toml`, `keys.toml`, `health.toml`, `plays.toml`, `themes/`, `connectors/`.
    pub config: PathBuf,
    /// `cache.db`, `own.db`, the log.
    pub data: PathBuf,
}

/// The folders by flags, else by the platform. `None` where the platform names no home folder.
pub fn folders(config: Option<&Path>, data: Option<&Path>, profile: Option<&str>) -> Option<Folders> {
    let project = ProjectDirs::from("", "", "rounds");
    let base = |given: Option<&Path>, standard: Option<&Path>| {
        let folder = given.or(standard)?.to_owned();
        Some(match profile {
            Some(name) => folder.join("profiles").join(name),
            None => folder,
        })
    };
    Some(Folders {
        config: base(config, project.as_ref().map(ProjectDirs::config_dir))?,
        data: base(data, project.as_ref().map(ProjectDirs::data_local_dir))?,
    })
}
