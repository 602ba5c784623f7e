#!/usr/bin/env -S python3 -B
"""Runs commands in a Debian 12 guest under systemd: pure cgroup v2, or cgroup v1 in systemd's hybrid layout."""

import sys

import commandline
from archive import Tree
from cache import need
from disk import Disk
from emulator import command as emulator
from kernel import LESSON_MODULES, obtain
from machine import HERE, Machine

PACKAGES = tuple((
    "systemd systemd-sysv dbus dbus-user-session libpam-systemd udev sudo uidmap "
    "iproute2 iputils-ping iptables nftables netcat-openbsd kmod libcap2-bin procps psmisc strace util-linux-extra"
).split())
DISK = Disk("systemd", 1500, PACKAGES, HERE / "systemd-image.sh")
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


def make_machine(options, work):
    need("depmod")
    kernel = obtain(options.kernel_package, options.cache)
    tree = Tree()
    tree.file("etc/systemd/system/guest-agent.service", AGENT_UNIT)
    tree.link("etc/systemd/system/multi-user.target.wants/guest-agent.service", "../guest-agent.service")
    tree.graft(kernel.module_tree(LESSON_MODULES, work), "usr/lib")
    commandline.add_files(tree, options)
    arguments = f"{CGROUPS[options.cgroups]} systemd.show_status=false {options.kernel_args}"
    return Machine(kernel, emulator(options.cache), tree, DISK.get(options.cache), arguments, options.memory or 1024,
                   options.cpus, options.accelerator, options.boot_timeout)


if __name__ == "__main__":
    parser = commandline.parser(__doc__)
    parser.add_argument("--cgroups", choices=CGROUPS, default="v2", help="the layout of the control groups")
    chosen = parser.parse_args()
    sys.exit(commandline.main(chosen, lambda work: make_machine(chosen, work)))
