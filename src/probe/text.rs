//! Texts that the kernel gives: bytes, which need not be UTF-8.

use std::fmt::Write;
use std::io;
use std::path::Path;

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
    std::fs::read(path).map(|bytes| shown(&bytes))
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
