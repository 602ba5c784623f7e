"""A Debian system as it is after the installation: nothing is on it that scripts/provision.sh is to bring."""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "guest"))
from cache import call, kept, need, say, scratch  # noqa: E402
from failure import GuestFailure  # noqa: E402

SUITE = "bookworm"
DISK_MIB = 1200
SYSTEM = "systemd systemd-sysv dbus udev kmod login passwd sudo".split()
LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*")
HOOK = HERE / "image.sh"
PROVISION = HERE.parents[1] / "scripts" / "provision.sh"


def image_path(cache):
    """Where the disk is in the cache: named by its recipe, as that of tests/guest is."""
    recipe = repr((SUITE, DISK_MIB, SYSTEM, LEFT_OUT, wanted())).encode() + HOOK.read_bytes()
    return cache / f"fresh-{hashlib.sha256(recipe).hexdigest()[:12]}.img"


def image(cache):
    """The disk from the cache; built when it is not there."""
    return kept(image_path(cache), _build)


def wanted():
    """The packages that provision.sh asks for on this system. It gets them from a source that lies on the disk."""
    with tempfile.NamedTemporaryFile("w", suffix="-os-release") as release:
        release.write("ID=debian\nPRETTY_NAME=Debian\n")
        release.flush()
        command = [PROVISION, "--list-packages", "--binary", "prebuilt"]
        environment = {**os.environ, "ISOLAB_OS_RELEASE": release.name}
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout.split()


def _build(path):
    need("mmdebstrap", "mkfs.ext4", "apt-ftparchive")
    if os.geteuid() != 0:
        raise GuestFailure("building the image of the fresh system needs root (running it later does not)")
    say("building the image of the fresh system, which takes a minute or two")
    with scratch(path.parent, "image-") as work:
        call(
            ["mmdebstrap", "--variant=minbase", f"--include={','.join(SYSTEM)}",
             *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
             f"--customize-hook={HOOK} \"$1\" {' '.join(wanted())}", SUITE, work / "root"],
            deadline=1800,
        )
        disk = work / "disk"
        with open(disk, "wb") as file:
            file.truncate(DISK_MIB << 20)
        call(["mkfs.ext4", "-q", "-F", "-d", work / "root", disk], deadline=600)
        for outdated in path.parent.glob("fresh-*.img"):
            outdated.unlink()
        disk.rename(path)
