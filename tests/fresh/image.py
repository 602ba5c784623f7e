"""A Debian system as it is after the installation: nothing is on it that scripts/provision.sh is to bring."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "guest"))
from disk import Disk  # noqa: E402

SYSTEM = tuple("systemd systemd-sysv dbus udev kmod login passwd sudo".split())
PROVISION = HERE.parents[1] / "scripts" / "provision.sh"


def disk():
    """It has the packages that provision.sh asks for beside it, as a source."""
    return Disk("fresh", 1200, SYSTEM, HERE / "image.sh", words=tuple(wanted()), tools=("apt-ftparchive",))


def wanted():
    """The packages that provision.sh asks for on this system. It gets them from a source that lies on the disk."""
    with tempfile.NamedTemporaryFile("w", suffix="-os-release") as release:
        release.write("ID=debian\nVERSION_ID=12\nPRETTY_NAME=Debian\n")
        release.flush()
        command = [PROVISION, "--list-packages", "--binary", "prebuilt"]
        environment = {**os.environ, "ISOLAB_OS_RELEASE": release.name}
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout.split()
