"""A file tree in memory, written out as the initramfs that carries it into the guest."""

import os
import stat
from pathlib import Path, PurePosixPath

from failure import GuestFailure


class Tree:
    """Files by their path in the guest. Everything belongs to root unless it is said otherwise."""

    def __init__(self):
        self._nodes = {}

    def directory(self, path, mode=0o755, uid=0):
        self._put(path, stat.S_IFDIR | mode, b"", uid)

    def file(self, path, data, mode=0o644, uid=0):
        if isinstance(data, str):
            data = data.encode()
        self._put(path, stat.S_IFREG | mode, data, uid)

    def link(self, path, target):
        self._put(path, stat.S_IFLNK | 0o777, os.fsencode(target), 0)

    def copy(self, local, path):
        """Takes over a file or a whole directory of this machine, with its modes."""
        local = Path(local)
        if local.is_symlink():
            self.link(path, os.readlink(local))
        elif local.is_dir():
            self.directory(path, stat.S_IMODE(local.stat().st_mode))
            for entry in sorted(local.iterdir()):
                self.copy(entry, f"{path}/{entry.name}")
        elif local.is_file():
            self.file(path, local.read_bytes(), stat.S_IMODE(local.stat().st_mode))
        else:
            raise GuestFailure(f"cannot copy {local} into the guest: no such file or directory")

    def graft(self, other, under):
        """Hangs another tree below a directory of this one."""
        for path, (mode, data, uid) in other._nodes.items():
            self._put(f"{under}/{path}", mode, data, uid)

    def _put(self, path, mode, data, uid):
        path = str(path).strip("/")
        if not path:
            return
        for parent in reversed(PurePosixPath(path).parents):
            if str(parent) != ".":
                self._nodes.setdefault(str(parent), (stat.S_IFDIR | 0o755, b"", 0))
        self._nodes[path] = (mode, data, uid)

    def cpio(self):
        """The tree in the kernel's initramfs format (cpio "newc")."""
        out = bytearray()
        for number, (path, (mode, data, uid)) in enumerate(self._nodes.items(), start=1):
            _append(out, number, path, mode, data, uid)
        _append(out, 0, "TRAILER!!!", 0, b"", 0)
        return bytes(out)


def _append(out, number, path, mode, data, uid):
    name = os.fsencode(path) + b"\0"
    links, mtime, device = 1, 0, 0
    fields = (number, mode, uid, uid, links, mtime, len(data), device, device, device, device, len(name), 0)
    for part in (b"070701" + b"".join(b"%08x" % field for field in fields) + name, data):
        out += part
        out += b"\0" * (-len(out) % 4)
