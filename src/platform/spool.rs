//! 出站文件夹: the one channel that every installation has. A message becomes the file
//! `outbox/ID.txt` in the data folder, whole or not at all; writing it again under the same id
//! changes nothing, so whoever takes the files away sees each message once however often it was
//! tried.
use super::secret;
use anyhow::Context;
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

#[derive(Clone)]
pub struct Spool(Arc<PathBuf>);

impl Spool {
    /// `data` is the data folder; the folder `outbox` in it is made with the first message.
    pub fn new(data: &Path) -> Self {
        Self(Arc::new(data.join("outbox")))
    }

    /// Lays a message down; it is durable when this returns.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub async fn put(&self, id: &str, text: String) -> anyhow::Result<()> {
        let (folder, id) = (self.0.clone(), id.to_owned());
        tokio::task::spawn_blocking(move || lay_down(&folder, &id, &text))
            .await
            .context("the outbox folder")?
    }

    /// Where a message lies.
    pub fn place(&self, id: &str) -> PathBuf {
        self.0.join(format!("{id}.txt"))
    }
}

fn lay_down(folder: &Path, id: &str, text: &str) -> anyhow::Result<()> {
    fs::create_dir_all(folder).context("cannot make the outbox folder")?;
    let draft = folder.join(format!(".{id}.{}", secret::uid()));
    let mut file = File::create_new(&draft).context("cannot write into the outbox folder")?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&draft, folder.join(format!("{id}.txt"))));
    if let Err(error) = written {
        // Half a message is nobody's.
        drop(fs::remove_file(&draft));
        return Err(error).context("cannot write into the outbox folder");
    }
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .context("cannot keep the outbox folder")
}
