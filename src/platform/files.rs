//! Uploaded pictures: read with limits, drawn again without their metadata, stored under a random
//! name outside the web root.
use super::{db::WriteTx, once::hex, secret};
use crate::{
    domain::id::{AccountId, FileId, OfficeId},
    entity::file,
    error::{AppError, AppResult},
};
use anyhow::Context;
use axum::http::StatusCode;
use image::{DynamicImage, ImageFormat, ImageReader, Limits, imageops::FilterType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
};
use sha2::{Digest, Sha256};
use std::{
    collections::HashSet,
    io::Cursor,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::io::AsyncWriteExt;

/// Bytes of an uploaded picture at most.
pub const LARGEST: usize = 8 << 20;
const SIDE: u32 = 10_000;
const PIXELS: u64 = 40_000_000;
const KEPT_SIDE: u32 = 2048;
/// How long a picture waits for its row.
const UNNAMED: Duration = Duration::from_hours(24);

#[derive(Clone)]
pub struct Files(Arc<PathBuf>);

/// A picture that is safe on disk but not yet named by a row.
pub struct Stored {
    uid: String,
    mime: &'static str,
    bytes: i64,
    sha256: String,
}

impl Files {
    /// `data` is the data folder; files go to its folder `files`.
    pub fn new(data: &Path) -> anyhow::Result<Self> {
        let root = data.join("files");
        std::fs::create_dir_all(&root)
            .with_context(|| format!("cannot make {}", root.display()))?;
        Ok(Self(Arc::new(root)))
    }

    /// Checks and keeps a picture; JPEG, PNG and WebP go in, a clean JPEG comes out.
    ///
    /// # Errors
    /// 413 `file_too_large`, 422 `not_an_image`, `image_too_large`.
    pub async fn keep_picture(&self, upload: Vec<u8>) -> AppResult<Stored> {
        let clean = tokio::task::spawn_blocking(move || redraw(&upload))
            .await
            .context("picture task")??;
        let uid = secret::uid();
        let path = self.0.join(&uid);
        if let Err(error) = lay_down(&path, &clean).await {
            // Half a picture is nobody's.
            drop(tokio::fs::remove_file(&path).await);
            return Err(anyhow::Error::from(error)
                .context("cannot store a file")
                .into());
        }
        let bytes = i64::try_from(clean.len()).context("file length")?;
        Ok(Stored {
            uid,
            mime: "image/jpeg",
            bytes,
            sha256: hex(&Sha256::digest(&clean)),
        })
    }

    /// Removes pictures that no row names, as those of a form that was refused after its pictures
    /// were kept. They are left for a day, because a row may still be on its way. How many.
    ///
    /// # Errors
    /// When the folder or the database cannot be read.
    pub async fn sweep(&self, db: &impl ConnectionTrait) -> anyhow::Result<usize> {
        let root = self.0.clone();
        let old = tokio::task::spawn_blocking(move || names_before(&root, UNNAMED)).await??;
        let mut gone = 0;
        for some in old.chunks(500) {
            let named = file::Entity::find()
                .select_only()
                .column(file::Column::Uid)
                .filter(file::Column::Uid.is_in(some))
                .into_tuple::<String>();
            let named: HashSet<String> = named.all(db).await?.into_iter().collect();
            for uid in some.iter().filter(|uid| !named.contains(*uid)) {
                tokio::fs::remove_file(self.0.join(uid)).await?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    /// Bytes that may still be written to the disk of the data folder.
    ///
    /// # Errors
    /// When the folder is gone.
    pub fn room(&self) -> anyhow::Result<u64> {
        super::health::free_space(&self.0)
    }

    /// # Errors
    /// When the file is gone from the disk.
    pub async fn read(&self, row: &file::Model) -> AppResult<Vec<u8>> {
        Ok(tokio::fs::read(self.0.join(&row.uid))
            .await
            .context("a stored file is missing")?)
    }
}

/// Files of a folder that were last changed longer ago than this.
fn names_before(root: &Path, age: Duration) -> anyhow::Result<Vec<String>> {
    let mut old = Vec::new();
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        // A clock that was set back makes a file of the future: it is young.
        let elapsed = entry.metadata()?.modified()?.elapsed();
        if elapsed.is_ok_and(|elapsed| elapsed > age) {
            old.extend(entry.file_name().into_string());
        }
    }
    Ok(old)
}

async fn lay_down(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = tokio::fs::File::create_new(path).await?;
    file.write_all(bytes).await?;
    // What the disk did not take is only told here.
    file.flush().await?;
    file.sync_all().await
}

/// Names a stored picture in the caller's transaction.
pub async fn attach(
    tx: &WriteTx,
    office: OfficeId,
    purpose: &str,
    by: Option<AccountId>,
    stored: Stored,
) -> AppResult<FileId> {
    let row = file::ActiveModel {
        office_id: Set(office),
        uid: Set(stored.uid),
        purpose: Set(purpose.to_owned()),
        mime: Set(stored.mime.to_owned()),
        bytes: Set(stored.bytes),
        sha256: Set(stored.sha256),
        uploaded_by: Set(by),
        created_at: Set(tx.now),
        ..Default::default()
    };
    Ok(file::Entity::insert(row)
        .exec(tx.conn())
        .await?
        .last_insert_id)
}

/// # Errors
/// 404 when the office has no such file.
pub async fn find(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: FileId,
) -> AppResult<file::Model> {
    file::Entity::find_by_id(id)
        .filter(file::Column::OfficeId.eq(office))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// Reads a picture with limits on its bytes, then on its points, before anything is unpacked; turned
/// as its camera was held. Not for the async threads.
///
/// # Errors
/// 413 `file_too_large`, 422 `not_an_image`, `image_too_large`.
pub fn open_picture(upload: &[u8]) -> AppResult<DynamicImage> {
    let not_an_image = || AppError::unprocessable("not_an_image");
    if upload.len() > LARGEST {
        return Err(AppError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "file_too_large",
        ));
    }
    let format = image::guess_format(upload).map_err(|_| not_an_image())?;
    if !matches!(
        format,
        ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP
    ) {
        return Err(not_an_image());
    }
    let (width, height) = ImageReader::with_format(Cursor::new(upload), format)
        .into_dimensions()
        .map_err(|_| not_an_image())?;
    if width > SIDE || height > SIDE || u64::from(width) * u64::from(height) > PIXELS {
        return Err(AppError::unprocessable("image_too_large"));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(256 << 20);
    let mut reader = ImageReader::with_format(Cursor::new(upload), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| not_an_image())?;
    let turn = image::ImageDecoder::orientation(&mut decoder).map_err(|_| not_an_image())?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| not_an_image())?;
    picture.apply_orientation(turn);
    Ok(picture)
}

fn redraw(upload: &[u8]) -> AppResult<Vec<u8>> {
    let mut picture = open_picture(upload)?;
    if picture.width() > KEPT_SIDE || picture.height() > KEPT_SIDE {
        picture = picture.resize(KEPT_SIDE, KEPT_SIDE, FilterType::Triangle);
    }
    let mut clean = Cursor::new(Vec::new());
    picture
        .to_rgb8()
        .write_to(&mut clean, ImageFormat::Jpeg)
        .context("cannot draw the picture")?;
    Ok(clean.into_inner())
}
