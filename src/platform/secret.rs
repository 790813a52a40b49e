//! Keys, sealed columns, keyed look-up hashes, random tokens and passwords.
use super::once::hex;
use anyhow::{Context, bail};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, Key, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::Semaphore;

/// The secrets of one installation, kept in a file outside the database: whoever has only the
/// database has no names, phones or identity numbers.
#[derive(Clone)]
pub struct Keys(Arc<Material>);

struct Material {
    cipher: XChaCha20Poly1305,
    look_up: [u8; 32],
}

const KEY_FILE: &str = "nightfair.key";
const NONCE: usize = 24;

/// Where the keys of a data folder stand.
pub fn key_file(data: &Path) -> PathBuf {
    data.join(KEY_FILE)
}

impl Keys {
    /// Reads the key file of a data folder, making it (mode 0600) the first time.
    ///
    /// # Errors
    /// When the file cannot be read or made, or is not 64 bytes of base64.
    pub fn load_or_create(data: &Path) -> anyhow::Result<Self> {
        let path = key_file(data);
        if !path.exists() {
            create(&path).with_context(|| format!("cannot make {}", path.display()))?;
        }
        Self::load(data)
    }

    /// Reads the key file of a data folder that must have one.
    ///
    /// # Errors
    /// When the file cannot be read, or is not 64 bytes of base64.
    pub fn load(data: &Path) -> anyhow::Result<Self> {
        let path = key_file(data);
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text)
    }

    /// The keys of the text of a key file.
    ///
    /// # Errors
    /// When it is not 64 bytes of base64.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let bytes = URL_SAFE_NO_PAD
            .decode(text.trim())
            .context("the key file is not base64")?;
        let Some((seal, look_up)) = bytes.split_first_chunk::<32>() else {
            bail!("the key file is too short");
        };
        let look_up = look_up
            .try_into()
            .context("the key file must hold 64 bytes")?;
        let cipher = XChaCha20Poly1305::new(&Key::<XChaCha20Poly1305>::from(*seal));
        Ok(Self(Arc::new(Material { cipher, look_up })))
    }

    /// Seals `plain` for one column of one row: `place` (such as `person:UID:phone`) is
    /// authenticated, so a value moved to another row does not open.
    ///
    /// # Errors
    /// Only when the cipher fails, which it does for texts beyond 256 GiB.
    pub fn seal(&self, place: &str, plain: &str) -> anyhow::Result<Vec<u8>> {
        let nonce = XNonce::generate();
        let payload = Payload {
            msg: plain.as_bytes(),
            aad: place.as_bytes(),
        };
        let mut sealed = nonce.to_vec();
        sealed.extend(
            self.0
                .cipher
                .encrypt(&nonce, payload)
                .map_err(|_| anyhow::anyhow!("cannot seal"))?,
        );
        Ok(sealed)
    }

    /// # Errors
    /// When the value was changed, moved, or sealed with another key.
    pub fn open(&self, place: &str, sealed: &[u8]) -> anyhow::Result<String> {
        let (nonce, msg) = sealed
            .split_at_checked(NONCE)
            .context("sealed value too short")?;
        let payload = Payload {
            msg,
            aad: place.as_bytes(),
        };
        let nonce = XNonce::try_from(nonce).context("sealed value without nonce")?;
        let plain = self
            .0
            .cipher
            .decrypt(&nonce, payload)
            .map_err(|_| anyhow::anyhow!("cannot open {place}"))?;
        Ok(String::from_utf8(plain)?)
    }

    /// A keyed hash by which a sealed value can be found again; `kind` keeps phones and identity
    /// numbers apart.
    pub fn look_up(&self, kind: &str, plain: &str) -> String {
        let Ok(mut mac) = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.0.look_up) else {
            unreachable!("HMAC takes keys of any length")
        };
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(plain.as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}

fn create(path: &Path) -> std::io::Result<()> {
    let mut file = private_file(path)?;
    file.write_all(URL_SAFE_NO_PAD.encode(random::<64>()).as_bytes())?;
    file.sync_all()
}

/// Makes a file that its owner alone may read and write.
///
/// # Errors
/// When it is there already, or the disk refuses.
pub fn private_file(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    options.open(path)
}

pub fn random<const N: usize>() -> [u8; N] {
    std::array::from_fn(|_| rand::random())
}

/// 256 random bits for a cookie, an API token or a one-time link.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// A password for one use that can be read out and typed: four groups of four without letters that
/// look alike, 79 bits.
pub fn one_time_password() -> String {
    const LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut text = String::with_capacity(19);
    for at in 0..16 {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[rand::random_range(0..LETTERS.len())]));
    }
    text
}

/// 128 random bits that name a row without telling its order.
pub fn uid() -> String {
    hex(&random::<16>())
}

/// What the database keeps of a token.
pub fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token))
}

/// Password hashing takes 19 MiB and tens of milliseconds: two at a time, off the async threads.
#[derive(Clone)]
pub struct Passwords(Arc<Semaphore>);

impl Passwords {
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(2)))
    }

    /// argon2id, m=19 MiB, t=2, p=1 (OWASP Password Storage).
    pub async fn hash(&self, password: String) -> anyhow::Result<String> {
        let _permit = self.0.acquire().await?;
        tokio::task::spawn_blocking(move || {
            let hash = argon2id()?.hash_password(password.as_bytes());
            hash.map(|h| h.to_string())
                .map_err(|e| anyhow::anyhow!("cannot hash: {e}"))
        })
        .await?
    }

    /// With no stored hash it works as long and says no, so that an unknown account cannot be told
    /// from a wrong password.
    pub async fn verify(&self, password: String, stored: Option<String>) -> anyhow::Result<bool> {
        let _permit = self.0.acquire().await?;
        tokio::task::spawn_blocking(move || {
            let argon2 = argon2id()?;
            let Some(stored) = stored else {
                drop(argon2.hash_password(password.as_bytes()));
                return Ok(false);
            };
            match PasswordHash::new(&stored) {
                Ok(hash) => Ok(argon2.verify_password(password.as_bytes(), &hash).is_ok()),
                Err(error) => {
                    tracing::error!(%error, "a stored password hash cannot be read");
                    Ok(false)
                }
            }
        })
        .await?
    }
}

fn argon2id() -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|e| anyhow::anyhow!("argon2: {e}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_in_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::load_or_create(dir.path()).unwrap();
        let sealed = keys.seal("person:a:phone", "13800138000").unwrap();
        assert_eq!(keys.open("person:a:phone", &sealed).unwrap(), "13800138000");
        assert!(keys.open("person:b:phone", &sealed).is_err());
        assert!(keys.open("person:a:phone", &sealed[..20]).is_err());
        let again = Keys::load_or_create(dir.path()).unwrap();
        assert_eq!(
            again.open("person:a:phone", &sealed).unwrap(),
            "13800138000"
        );
        assert_eq!(again.look_up("phone", "1"), keys.look_up("phone", "1"));
        assert_ne!(keys.look_up("phone", "1"), keys.look_up("id", "1"));
    }
}
