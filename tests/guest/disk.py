"""A disk with a Debian system on it: made once with the package client, kept in the cache under a name made of its recipe."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cache import call, kept, need, say, scratch
from failure import GuestFailure

SUITE = "bookworm"
LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*")
# What the hooks have in common.
COMMON = Path(__file__).resolve().parent / "image-common.sh"


@dataclass(frozen=True)
class Disk:
    """What is on it. The hook is called with the new root directory, and then `words`."""

    name: str
    mib: int
    packages: tuple
    hook: Path
    words: tuple = ()
    tools: tuple = ()  # programs that the hook calls
    suite: str = SUITE

    def path(self, cache):
        """Where it is in the cache: named by its recipe, so that another one than today's is not taken for it."""
        recipe = repr((self.suite, self.mib, self.packages, LEFT_OUT, self.words)).encode() + self.hook.read_bytes() + COMMON.read_bytes()
        return cache / f"{self.name}-{hashlib.sha256(recipe).hexdigest()[:12]}.img"

    def get(self, cache):
        """From the cache; built when it is not there, which needs root."""
        return kept(self.path(cache), self._build)

    def _build(self, path):
        need("mmdebstrap", "mkfs.ext4", *self.tools)
        if os.geteuid() != 0:
            raise GuestFailure(f"building the image of the {self.name} system needs root (running it later does not)")
        say(f"building the image of the {self.name} system, which takes a minute or two")
        with scratch(path.parent, "image-") as work:
            call(
                ["mmdebstrap", "--variant=minbase", "--aptopt=Acquire::Retries \"3\"", f"--include={','.join(self.packages)}",
                 *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
                 f"--customize-hook={self.hook} \"$1\" {' '.join(self.words)}", self.suite, work / "root"],
                deadline=1800,
            )
            disk = work / "disk"
            with open(disk, "wb") as file:
                file.truncate(self.mib << 20)
            call(["mkfs.ext4", "-q", "-F", "-d", work / "root", disk], deadline=600)
            for outdated in path.parent.glob(f"{self.name}-*.img"):
                outdated.unlink()
            disk.rename(path)
