"""What `vagrant up` is run with: a box with Debian 13, and the system of a computer on which Vagrant and libvirt are installed."""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "guest"))
from cache import call, kept, need, say  # noqa: E402
from disk import Disk  # noqa: E402

SUITE = "trixie"
MIB = 1500
BOX = tuple("systemd systemd-sysv dbus udev kmod login passwd sudo openssh-server rsync iproute2".split())
# Debian 12's: it is what the emulator of this machine comes from as well.
HOST_SUITE = "bookworm"
HOST = tuple((
    "vagrant vagrant-libvirt libvirt-daemon-system qemu-system-x86 qemu-utils dnsmasq-base iptables iproute2 rsync openssh-client procps"
).split())
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")


def box():
    """The disk of the box. It has what provision.sh asks for beside it, as a source of packages."""
    return Disk("box", MIB, BOX, HERE / "image.sh", words=tuple(_wanted()), tools=("apt-ftparchive",), suite=SUITE)


def _wanted():
    with tempfile.NamedTemporaryFile("w", suffix="-os-release") as release:
        release.write("ID=debian\nVERSION_ID=13\nPRETTY_NAME=Debian\n")
        release.flush()
        command = [TOP / "scripts/provision.sh", "--list-packages", "--binary", "prebuilt"]
        environment = {**os.environ, "ISOLAB_OS_RELEASE": release.name}
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout.split()


def host(cache):
    """The archive with the computer's system; made when it is not there."""
    recipe = repr((HOST_SUITE, HOST, LEFT_OUT)).encode()
    return kept(cache / f"vagrant-host-{hashlib.sha256(recipe).hexdigest()[:12]}.tar", _build_host)


def _build_host(path):
    need("mmdebstrap")
    say("building the system with Vagrant and libvirt, which takes some minutes")
    part = path.with_suffix(".part")
    call(["mmdebstrap", "--format=tar", "--variant=minbase", "--aptopt=Acquire::Retries \"3\"",
          *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT), f"--include={','.join(HOST)}", HOST_SUITE, part], deadline=1800)
    for outdated in path.parent.glob("vagrant-host-*.tar"):
        outdated.unlink()
    part.rename(path)


if __name__ == "__main__":
    cache_ = Path(sys.argv[1])
    print(box().get(cache_))
