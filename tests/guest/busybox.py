#!/usr/bin/env -S python3 -B
"""Runs commands in the smallest guest that has all of the kernel: busybox on an ext4 disk, cgroup v2, no systemd."""

import sys

import commandline
from archive import Tree
from cache import call, need
from emulator import command as emulator
from failure import GuestFailure
from kernel import LESSON_MODULES, obtain
from machine import HERE, Machine, is_static, static_busybox

DISK_MIB = 512
PASSWD = "root:x:0:0:root:/root:/bin/sh\nstudent:x:1000:1000:student:/home/student:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
GROUP = "root:x:0:\nstudent:x:1000:\nnogroup:x:65534:\n"
PROFILE = "export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\n"
INITTAB = "::sysinit:/etc/rc\n::once:/opt/guest/agent\n"


def root_tree(kernel, work):
    """The whole root file system; the disk under it is empty."""
    tree = Tree()
    for directory in ("proc", "sys", "dev", "run", "mnt", "usr/bin", "usr/sbin", "usr/lib", "usr/local/bin", "root"):
        tree.directory(directory)
    for directory in ("tmp", "var/tmp"):
        tree.directory(directory, 0o1777)
    for name in ("bin", "sbin", "lib"):
        tree.link(name, f"usr/{name}")
    tree.directory("home/student", uid=1000)
    tree.file("usr/bin/busybox", static_busybox(), 0o755)
    for path in ("usr/bin/sh", "usr/sbin/init", "usr/sbin/modprobe"):
        tree.link(path, "/usr/bin/busybox")
    tree.file("etc/passwd", PASSWD)
    tree.file("etc/group", GROUP)
    tree.file("etc/profile", PROFILE)
    tree.file("etc/hostname", "lab\n")
    tree.file("etc/hosts", "127.0.0.1 localhost lab\n")
    tree.file("etc/inittab", INITTAB)
    tree.copy(HERE / "busybox-rc.sh", "etc/rc")
    tree.file("etc/modules", "\n".join(LESSON_MODULES) + "\n")
    tree.graft(kernel.module_tree(LESSON_MODULES, work), "usr/lib")
    return tree


def empty_disk(path):
    with open(path, "wb") as file:
        file.truncate(DISK_MIB << 20)
    call(["mkfs.ext4", "-q", "-F", path], deadline=120)
    return path


def make_machine(options, work):
    need("mkfs.ext4", "depmod")
    for binary in options.binary:
        if binary.is_file() and not is_static(binary):
            raise GuestFailure(f"--binary: {binary} is not static, and this guest has no libraries (scripts/build-static)")
    kernel = obtain(options.kernel_package, options.cache)
    tree = root_tree(kernel, work)
    commandline.add_files(tree, options)
    return Machine(kernel, emulator(options.cache), tree, empty_disk(work / "disk"), options.kernel_args, options.memory or 512,
                   options.cpus, options.accelerator, options.boot_timeout)


if __name__ == "__main__":
    chosen = commandline.parser(__doc__).parse_args()
    sys.exit(commandline.main(chosen, lambda work: make_machine(chosen, work)))
