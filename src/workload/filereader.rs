//! Writes a file and reads it, so that its pages fill the page cache of the cgroup.

use super::spec::Announcement;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

const CHUNK: usize = 64 << 10;
/// Bytes between two syncs. Pages that are not on the disk yet cannot be dropped; too many of them in a small cgroup end in an out-of-memory kill.
const SYNC_EVERY: u64 = 2 << 20;

/// A file that only this descriptor refers to: unlinked at once, it disappears with the process, however that ends.
fn nameless(directory: &Path) -> io::Result<File> {
    let path = directory.join(format!(".isolab-filereader-{}", std::process::id()));
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// Writes `size` bytes, reads them, and ends.
pub(super) fn run(size: u64, directory: &Path, announce: &mut dyn FnMut(Announcement)) -> io::Result<()> {
    let mut file = nameless(directory)?;
    announce(Announcement::Ready);
    let mut buffer = vec![0x5a; CHUNK];
    let (mut written, mut synced) = (0, 0);
    while written < size {
        let now = (CHUNK as u64).min(size - written);
        file.write_all(&buffer[..now as usize])?;
        written += now;
        if written - synced >= SYNC_EVERY {
            file.sync_data()?;
            synced = written;
        }
    }
    file.rewind()?;
    let mut found = 0;
    while found < size {
        match file.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => found += n as u64,
        }
    }
    Ok(())
}
