//! The encrypted file of tokens: sealed under a passphrase, written whole or not at all.
//!
//! Decides its form. It never writes a token in the clear.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use argon2::Argon2;
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};

use super::SecretError;

/// The encrypted file: how the key was made, and the sealed tokens by source. Bytes as hexadecimal text.
#[derive(Serialize, Deserialize)]
struct Sealed {
    rounds_secrets: u32,
    salt: String,
    nonce: String,
    sealed: String,
}

/// Bound to what is sealed, so that one file's content can't stand in another format's place.
const AAD: &[u8] = b"rounds secrets 1";

fn key(passphrase: &SecretString, salt: &[u8]) -> Result<XChaCha20Poly1305, String> {
    let mut bytes = [0_u8; 32];
    Argon2::default()
        .hash_password_into(passphrase.expose_secret().as_bytes(), salt, &mut bytes)
        .map_err(|error| error.to_string())?;
    let cipher = XChaCha20Poly1305::new(&Key::from(bytes));
    bytes.fill(0);
    Ok(cipher)
}

pub(super) fn open(file: &Path, passphrase: &SecretString) -> Result<BTreeMap<String, String>, SecretError> {
    let wrong = |because: String| SecretError::File { file: file.display().to_string(), because };
    let damaged = || wrong("it is damaged; sign in again after moving it away".to_owned());
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let sealed: Sealed = serde_json::from_str(&text).map_err(|_| damaged())?;
    if sealed.rounds_secrets != 1 {
        return Err(wrong("a newer Rounds wrote it".to_owned()));
    }
    let (Some(salt), Some(nonce), Some(bytes)) = (unhex(&sealed.salt), unhex(&sealed.nonce), unhex(&sealed.sealed))
    else {
        return Err(damaged());
    };
    let nonce: [u8; 24] = nonce.try_into().map_err(|_| damaged())?;
    let cipher = key(passphrase, &salt).map_err(wrong)?;
    let plain = cipher
        .decrypt(&XNonce::from(nonce), Payload { msg: &bytes, aad: AAD })
        .map_err(|_| wrong("the passphrase is wrong, or the file is damaged".to_owned()))?;
    let plain = SecretSlice::from(plain);
    serde_json::from_slice(plain.expose_secret()).map_err(|_| damaged())
}

/// Held while the file is read and written anew: two sources may renew their tokens at once, and neither may be lost.
pub(super) fn lock(file: &Path) -> Result<std::fs::File, SecretError> {
    let wrong = |error: std::io::Error| SecretError::File {
        file: file.display().to_string(),
        because: format!("it can't be locked: {error}"),
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(wrong)?;
    }
    let lock = private().open(file.with_extension("lock")).map_err(wrong)?;
    lock.lock().map_err(wrong)?;
    Ok(lock)
}

/// Writes beside and renames, readable by its owner only, so that a crash leaves the old file whole.
pub(super) fn seal(file: &Path, passphrase: &SecretString, all: &BTreeMap<String, String>) -> Result<(), SecretError> {
    let wrong = |because: String| SecretError::File { file: file.display().to_string(), because };
    let salt: Key = Key::generate();
    let nonce = XNonce::generate();
    let plain = SecretSlice::from(serde_json::to_vec(all).map_err(|error| wrong(error.to_string()))?);
    let bytes = key(passphrase, &salt)
        .map_err(wrong)?
        .encrypt(&nonce, Payload { msg: plain.expose_secret(), aad: AAD })
        .map_err(|_| wrong("it could not be sealed".to_owned()))?;
    let sealed = Sealed { rounds_secrets: 1, salt: hex(&salt), nonce: hex(&nonce), sealed: hex(&bytes) };
    let text = serde_json::to_string(&sealed).map_err(|error| wrong(error.to_string()))?;
    let beside = file.with_extension("new");
    write_private(&beside, text.as_bytes())
        .and_then(|()| std::fs::rename(&beside, file))
        .map_err(|error| wrong(format!("it can't be written: {error}")))
}

fn write_private(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut out = private().open(file)?;
    out.write_all(bytes)?;
    out.sync_all()
}

/// Opens files that only their owner may read.
fn private() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}
