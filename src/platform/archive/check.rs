//! Opens an archive and proves that it is whole before anything is done with it.
use super::format::{
    FORMAT, KEY, KEY_CHECK, KEY_WORD, LARGEST_MANIFEST, MANIFEST, Manifest, Meter, Part, SEAL,
    SEALED_MANIFEST, UPLOADS, Upload, VERSION,
};
use crate::platform::secret::{self, Keys};
use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};
use subtle::ConstantTimeEq;
use zip::ZipArchive;

/// An archive whose table of contents was read.
#[derive(Clone, Debug)]
pub struct Archive {
    path: PathBuf,
    pub manifest: Manifest,
    /// The manifest to the letter, as it is sealed.
    text: String,
    seal: String,
}

pub(super) type Zip = ZipArchive<BufReader<File>>;

impl Archive {
    /// Reads the table of contents.
    ///
    /// # Errors
    /// When the file is no archive of this program, was cut, or comes from a newer program.
    pub fn open(path: &Path) -> Result<Self> {
        let mut zip = zip(path)?;
        let foreign = || format!("{} is no backup of Nightfair", path.display());
        let text = short(&mut zip, MANIFEST, LARGEST_MANIFEST).with_context(foreign)?;
        let seal = short(&mut zip, SEAL, 1024).with_context(foreign)?;
        let head: Head = serde_json::from_str(&text).with_context(foreign)?;
        ensure!(head.format == FORMAT, foreign());
        ensure!(
            head.version <= VERSION,
            "{} was made by a newer Nightfair ({}); restore it with that one",
            path.display(),
            head.program
        );
        let manifest: Manifest = serde_json::from_str(&text).with_context(foreign)?;
        Ok(Self {
            path: path.to_owned(),
            manifest,
            text,
            seal,
        })
    }

    pub(super) fn zip(&self) -> Result<Zip> {
        zip(&self.path)
    }

    /// Reads every part to its end and compares it with the table of contents.
    ///
    /// # Errors
    /// Names the first part that is not as it was taken.
    pub fn prove(&self) -> Result<()> {
        let mut zip = self.zip()?;
        for table in &self.manifest.tables {
            prove_part(&mut zip, &table.part)?;
        }
        prove_part(&mut zip, &self.manifest.uploads)?;
        let (mut count, mut bytes) = (0, 0);
        for upload in self.uploads()? {
            let upload = upload?;
            ensure!(upload.is_named_well(), "an upload has an impossible name");
            let name = upload.part();
            let mut part = zip
                .by_name(&name)
                .with_context(|| format!("{name} is not in the archive"))?;
            let found = Meter::default().copy(name, &mut part, &mut io::sink())?;
            ensure!(
                found.sha256 == upload.sha256 && found.bytes == upload.bytes,
                "{} is damaged",
                found.name
            );
            count += 1;
            bytes += upload.bytes;
        }
        ensure!(
            count == self.manifest.upload_count && bytes == self.manifest.upload_bytes,
            "the list of uploads is not whole"
        );
        Ok(())
    }

    /// The uploads as they are listed.
    pub(super) fn uploads(&self) -> Result<impl Iterator<Item = Result<Upload>>> {
        let mut text = Vec::new();
        self.zip()?.by_name(UPLOADS)?.read_to_end(&mut text)?;
        let lines = io::Cursor::new(text).lines();
        Ok(lines.map(|line| Ok(serde_json::from_str(&line?)?)))
    }

    /// The key for what is sealed: that of the data folder, or the one that came along. Answers
    /// also with the text of a key that has to be laid down.
    ///
    /// # Errors
    /// When there is none, or it is that of another installation.
    pub(super) fn key(&self, data: &Path) -> Result<(Keys, Option<String>)> {
        let mut zip = self.zip()?;
        let enclosed = if self.manifest.with_key {
            Some(short(&mut zip, KEY, 1024)?)
        } else {
            None
        };
        let here = secret::key_file(data);
        let (keys, new) = match enclosed {
            _ if here.exists() => (Keys::load(data)?, None),
            Some(text) => (Keys::parse(&text)?, Some(text)),
            None => bail!(
                "the key is not in the archive: put the office's nightfair.key into {} first",
                data.display()
            ),
        };
        self.fits(&keys)?;
        Ok((keys, new))
    }

    /// Whether a key opens what is sealed in the archive, and sealed its table of contents.
    fn fits(&self, keys: &Keys) -> Result<()> {
        let sealed = STANDARD.decode(&self.manifest.key_check);
        let word = sealed
            .ok()
            .and_then(|sealed| keys.open(KEY_CHECK, &sealed).ok());
        ensure!(
            word.as_deref() == Some(KEY_WORD),
            "the key does not open this archive: it is that of another installation"
        );
        let seal = keys.look_up(SEALED_MANIFEST, &self.text);
        let same: bool = seal.as_bytes().ct_eq(self.seal.trim().as_bytes()).into();
        ensure!(same, "the table of contents was changed after it was taken");
        Ok(())
    }
}

/// What is read first of a manifest, of whatever version.
#[derive(serde::Deserialize)]
struct Head {
    format: String,
    version: u32,
    #[serde(default)]
    program: String,
}

fn zip(path: &Path) -> Result<Zip> {
    let file = File::open(path).with_context(|| format!("--from: {}", path.display()))?;
    ZipArchive::new(BufReader::with_capacity(super::CHUNK, file)).with_context(|| {
        format!(
            "{} is no backup of Nightfair, or its end is missing",
            path.display()
        )
    })
}

fn short(zip: &mut Zip, name: &str, most: u64) -> Result<String> {
    let part = zip.by_name(name)?;
    let mut text = String::new();
    part.take(most).read_to_string(&mut text)?;
    Ok(text)
}

fn prove_part(zip: &mut Zip, part: &Part) -> Result<()> {
    let mut inside = zip
        .by_name(&part.name)
        .with_context(|| format!("{} is not in the archive", part.name))?;
    let found = Meter::default()
        .copy(part.name.clone(), &mut inside, &mut io::sink())
        .with_context(|| format!("{} is damaged", part.name))?;
    ensure!(found == *part, "{} is damaged", part.name);
    Ok(())
}
