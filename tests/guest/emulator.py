"""The emulator: the machine's own where there is one that runs; else the package's files, unpacked into the cache and never installed.

Installing it can have a price. Where qemu-utils is newer than the emulator that the distribution has (Debian 12 with backports), the
package manager removes the one for the other.
"""

import platform
import re
import shutil
import subprocess
from pathlib import Path

from cache import call, kept, need, say, scratch, search_path
from failure import GuestFailure

PROGRAM = "qemu-system-x86_64"
PACKAGE = "qemu-system-x86"
STATUS = Path("/var/lib/dpkg/status")
# What a machine without a screen, a keyboard and a network card does not need.
LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/qemu/keymaps", "usr/lib/ipxe")


def command(cache):
    """The words with which a command line of the emulator begins; fetched with the package client when there is none yet."""
    if runs([PROGRAM]):
        return [PROGRAM]
    words = _unpacked(kept(_place(cache), _fetch))
    if not runs(words):
        raise GuestFailure(f"the emulator in {_place(cache)} does not run here; remove that directory, and it is fetched anew")
    return words


def is_here(cache):
    """Whether there is one, so that nothing would be fetched."""
    return runs([PROGRAM]) or _place(cache).exists()


def runs(words):
    """Whether it starts. One that lacks a library does not."""
    if not shutil.which(words[0], path=search_path()):
        return False
    try:
        return subprocess.run([*words, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _place(cache):
    return cache / "emulator"


def _unpacked(directory):
    """It finds its firmware by its own place; its libraries it does not."""
    libraries = ":".join(str(directory / top / f"{platform.machine()}-linux-gnu") for top in ("usr/lib", "lib"))
    return ["env", f"LD_LIBRARY_PATH={libraries}", str(directory / "usr/bin" / PROGRAM)]


def _fetch(directory):
    need("apt-get", "dpkg-deb")
    say(f"fetching {PACKAGE} and what it needs")
    with scratch(directory.parent, "emulator-") as work:
        # The solver is shown this machine without what the emulator would have to replace; nothing is installed.
        status = work / "status"
        status.write_text(without_source(STATUS.read_text(encoding="utf-8"), "qemu"), encoding="utf-8")
        archives = work / "cache" / "archives"
        (archives / "partial").mkdir(parents=True)
        options = {"Dir::State::status": status, "Dir::Cache": work / "cache", "Debug::NoLocking": "1", "Acquire::Retries": "3"}
        call(["apt-get", "install", "--download-only", "--yes", "--quiet=2", "--no-install-recommends",
              *(f"--option={name}={value}" for name, value in options.items()), PACKAGE], deadline=900)
        tree = work / "tree"
        for archive in sorted(archives.glob("*.deb")):
            call(["dpkg-deb", "-x", archive, tree], deadline=300)
        for path in LEFT_OUT:
            shutil.rmtree(tree / path, ignore_errors=True)
        if not runs(_unpacked(tree)):
            raise GuestFailure(f"{PACKAGE} was unpacked, and does not run: {' '.join(_unpacked(tree))}")
        tree.rename(directory)


def without_source(status, source):
    """dpkg's database without the packages that are built from this source (deb822(5))."""
    built_from = re.compile(rf"^(?:Source: {source}(?: \(.*\))?|Package: {source})$", re.MULTILINE)
    return "\n".join(entry for entry in re.split(r"\n(?=Package: )", status) if not built_from.search(entry))
