#!/usr/bin/env -S python3 -B
"""Runs commands in a Debian 12 guest under systemd: pure cgroup v2, or cgroup v1 in systemd's hybrid layout."""

import hashlib
import os
import sys

import commandline
from archive import Tree
from cache import call, kept, need, say, scratch
from failure import GuestFailure
from kernel import LESSON_MODULES, obtain
from machine import HERE, Machine

SUITE = "bookworm"
DISK_MIB = 1500
PACKAGES = (
    "systemd systemd-sysv dbus dbus-user-session libpam-systemd udev sudo uidmap "
    "iproute2 iputils-ping iptables nftables netcat-openbsd kmod libcap2-bin procps psmisc strace util-linux-extra"
).split()
LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*")
CGROUPS = {"v2": "systemd.unified_cgroup_hierarchy=1", "hybrid": "systemd.unified_cgroup_hierarchy=0"}
AGENT_UNIT = """\
[Unit]
Description=Jobs of the test
After=multi-user.target user@1000.service

[Service]
ExecStart=/opt/guest/agent
StandardInput=null
KillMode=process

[Install]
WantedBy=multi-user.target
"""


HOOK = HERE / "systemd-image.sh"


def image_path(cache):
    """Where the system's disk is in the cache: named by its recipe, so that another one than today's is not taken for it."""
    recipe = repr((SUITE, DISK_MIB, PACKAGES, LEFT_OUT)).encode() + HOOK.read_bytes()
    return cache / f"systemd-{hashlib.sha256(recipe).hexdigest()[:12]}.img"


def image(cache):
    """The system's disk from the cache; built when it is not there."""
    return kept(image_path(cache), _build)


def _build(path):
    need("mmdebstrap", "mkfs.ext4")
    if os.geteuid() != 0:
        raise GuestFailure("building the system image needs root (running it later does not)")
    say("building the system image, which takes a minute or two")
    with scratch(path.parent, "image-") as work:
        call(
            ["mmdebstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}",
             *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
             f"--customize-hook={HOOK}", SUITE, work / "root"],
            deadline=1800,
        )
        disk = work / "disk"
        with open(disk, "wb") as file:
            file.truncate(DISK_MIB << 20)
        call(["mkfs.ext4", "-q", "-F", "-d", work / "root", disk], deadline=600)
        for outdated in path.parent.glob("systemd-*.img"):
            outdated.unlink()
        disk.rename(path)


def make_machine(options, work):
    need("depmod")
    kernel = obtain(options.kernel_package, options.cache)
    tree = Tree()
    tree.file("etc/systemd/system/guest-agent.service", AGENT_UNIT)
    tree.link("etc/systemd/system/multi-user.target.wants/guest-agent.service", "../guest-agent.service")
    tree.graft(kernel.module_tree(LESSON_MODULES, work), "usr/lib")
    commandline.add_files(tree, options)
    arguments = f"{CGROUPS[options.cgroups]} systemd.show_status=false {options.kernel_args}"
    return Machine(kernel, tree, image(options.cache), arguments, options.memory or 1024, options.cpus,
                   options.accelerator, options.boot_timeout)


if __name__ == "__main__":
    parser = commandline.parser(__doc__)
    parser.add_argument("--cgroups", choices=CGROUPS, default="v2", help="the layout of the control groups")
    chosen = parser.parse_args()
    sys.exit(commandline.main(chosen, lambda work: make_machine(chosen, work)))
