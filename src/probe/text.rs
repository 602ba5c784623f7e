//! Texts that the kernel gives: bytes, which need not be UTF-8.

use rustix::fs::{Mode, OFlags};
use std::fmt::Write;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

/// Room for the text of most of the kernel's files, in bytes.
const PIECE: usize = 4096;

/// Bytes as a text that shows each of them: what is UTF-8 as it stands, every other byte as `\xNN`.
pub fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a text cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// A file's text, see [`shown`].
///
/// # Errors
/// What the kernel answers.
pub fn read(path: &Path) -> io::Result<String> {
    bytes(path).map(|bytes| shown(&bytes))
}

/// The bytes of a file that the kernel makes as it is read. Such a file does not tell its size, and `std::fs::read` then begins with pieces of
/// 32 bytes; most of these files fit into one piece of this size.
///
/// # Errors
/// What the kernel answers.
pub fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    bytes_from(rustix::fs::open(path, flags, Mode::empty())?)
}

/// The same of a file that is open.
///
/// # Errors
/// What the kernel answers.
pub fn bytes_from(file: impl AsFd) -> io::Result<Vec<u8>> {
    let mut all = Vec::with_capacity(PIECE);
    loop {
        all.reserve(PIECE / 4);
        match rustix::io::read(&file, rustix::buffer::spare_capacity(&mut all)) {
            Ok(0) => return Ok(all),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

/// A path, or another name from the kernel, see [`shown`].
pub fn name(name: &(impl AsRef<std::ffi::OsStr> + ?Sized)) -> String {
    shown(name.as_ref().as_encoded_bytes())
}

/// There is no value, and no error of the kernel's either, so nobody may show one: a field that its file does not have, a file that is too large
/// to be taken whole. See [`is_absent`].
pub(super) fn absent() -> io::Error {
    io::ErrorKind::NotFound.into()
}

/// Whether an error is [`absent`]: the kernel's own `ENOENT` has a number.
pub(super) fn is_absent(error: &io::Error) -> bool {
    error.raw_os_error().is_none() && error.kind() == io::ErrorKind::NotFound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_shown() {
        assert_eq!(shown(b"caf\xe9\n"), "caf\\xe9\n");
        assert_eq!(shown("café".as_bytes()), "café");
        assert_eq!(shown(b"\xff\xfe"), "\\xff\\xfe");
        assert_eq!(shown(b"\xe2\x82"), "\\xe2\\x82", "a character that is cut");
    }
}
