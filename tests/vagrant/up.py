#!/usr/bin/env -S python3 -B
"""Runs `vagrant up` as a person does, with the project's own Vagrantfile: libvirt and Vagrant in a folder with a system of their own, a
machine with a fresh Debian 13 under emulation, and no network at all. A first provisioning fails and is done again; then every lesson is run, as
vagrant and as root.

Needs root. The last line has the form `N passed, N failed, N skipped`; before it, lines begin with `FAILED: ` or `skipped: `.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "guest")]
import compare  # noqa: E402
import image  # noqa: E402
from archive import Tree  # noqa: E402
from cache import call, default_directory, say  # noqa: E402
from disk import SUITE  # noqa: E402
from failure import GuestFailure  # noqa: E402
from kernel import LESSON_MODULES, obtain  # noqa: E402
from machine import ends_on_signals, initramfs  # noqa: E402

LIMIT = 5400  # seconds for all of it
VAGRANT_KEY = "usr/share/rubygems-integration/all/gems/vagrant-*/keys/vagrant.pub"
# What this computer adds to the project's Vagrantfile: it has no /dev/kvm, and the box has no boot loader.
SETTINGS = """\
Vagrant.configure("2") do |config|
  config.vm.boot_timeout = 900
  config.vm.provider "libvirt" do |machine|
    machine.driver = "qemu"
    machine.cpu_mode = "custom"
    machine.cpu_model = "qemu64"
    machine.kernel = "/srv/vmlinuz"
    machine.initrd = "/srv/initramfs"
    machine.cmd_line = "console=ttyS0 quiet mitigations=off tsc=reliable no_timer_check systemd.show_status=false"
  end
end
"""
METADATA = '{"provider": "libvirt", "format": "qcow2", "virtual_size": 2}\n'
NO_PROGRAM = "#!/bin/sh\necho 'made for another machine' >&2\nexit 1\n"


class Wrong(Exception):
    """What a step did is not what it must do."""


class Walk:
    """The steps' outcomes, judged."""

    def __init__(self, out):
        self.out = out
        self.passed = self.skipped = 0
        self.lines = []

    def step(self, name, judge):
        try:
            exit_file = self.out / f"{name}.exit"
            if not exit_file.exists():
                raise Wrong("it was not reached")
            said = [(self.out / f"{name}.{stream}").read_text(errors="replace") for stream in ("stdout", "stderr")]
            judge(int(exit_file.read_text()), *said)
            self.passed += 1
        except Wrong as wrong:
            self.lines.append(f"FAILED: vagrant: {name}: {wrong}")
            for stream in ("stdout", "stderr"):
                path = self.out / f"{name}.{stream}"
                self.lines += [f"  {line}" for line in path.read_text(errors="replace").splitlines()[-15:]] if path.exists() else []

    def lessons(self, name, environment):
        def judge(code, _out, _err):
            try:
                comparison = compare.of_file(self.out / f"{name}.stdout", environment, code)
            except compare.Unreadable as error:
                raise Wrong(str(error)) from None
            self.passed += comparison.passed - 1
            self.skipped += len(comparison.tolerated)
            self.lines += [line.replace("FAILED: ", f"FAILED: vagrant: {name}: ") for line in comparison.text().splitlines()[:-1]]
        self.step(name, judge)


def ended_with_0(*words):
    def judge(code, out, err):
        missing = [word for word in words if word not in out + err]
        if code != 0 or missing:
            raise Wrong(f"exit code {code}, or without {missing}")
    return judge


def fails_loudly(*words):
    def judge(code, out, err):
        missing = [word for word in ("vagrant provision", "vagrant rsync && vagrant provision", *words) if word not in out + err]
        if code == 0 or missing:
            raise Wrong(f"exit code {code}, or without {missing}")
    return judge


def nothing_missing(code, out, _err):
    if code != 0 or "✗" in out or "✓" not in out:
        raise Wrong(f"exit code {code}, or something is missing")


def last_word(code, out, err):
    ended_with_0("Machine already provisioned")(code, out, err)
    if not {"vagrant ssh"} & {line.rpartition("==> default:")[2].rpartition("default:")[2].strip() for line in out.splitlines()[-8:]}:
        raise Wrong("it does not end with `vagrant ssh`")


def nothing_left(code, out, _err):
    if code != 0 or out.strip():
        raise Wrong(f"exit code {code}, or machines are left: {out.split()}")


def judge(walk):
    walk.step("fails", fails_loudly("does not run here"))
    walk.step("fails-again", fails_loudly("already provisioned"))
    walk.step("provision", ended_with_0("write /usr/local/bin/isolab"))
    walk.step("up", last_word)
    walk.step("ssh", ended_with_0("cgroup-memory"))
    walk.step("doctor", nothing_missing)
    walk.step("ping", ended_with_0("1 received"))
    walk.step("greeting", ended_with_0("To open it, type:"))
    walk.lessons("check-as-vagrant", "systemd-v2-user")
    walk.lessons("check-as-root", "systemd-v2-root")
    walk.step("destroy", ended_with_0())
    walk.step("left", nothing_left)


def furnish(root, options):
    """Lays out the computer: its system, the box, and the project's checkout with a built program."""
    say("laying out the computer")
    call(["tar", "--extract", "--file", image.host(options.cache), "--directory", root, "--numeric-owner"], deadline=600)
    srv = root / "srv"
    kernel = obtain(SUITE, options.cache)
    payload = Tree()
    payload.graft(kernel.module_tree([*LESSON_MODULES, "virtio_net"], srv), "usr/lib")
    key, = root.glob(VAGRANT_KEY)
    payload.directory("home/vagrant", 0o755, uid=1000)
    payload.directory("home/vagrant/.ssh", 0o700, uid=1000)
    payload.file("home/vagrant/.ssh/authorized_keys", key.read_text(), 0o600, uid=1000)
    (srv / "initramfs").write_bytes(initramfs(kernel, payload).cpio())
    shutil.copy(kernel.image, srv / "vmlinuz")
    (srv / "Vagrantfile").write_text(SETTINGS)
    (srv / "no-program").write_text(NO_PROGRAM)
    (srv / "out").mkdir()
    box = srv / "box"
    box.mkdir()
    (box / "metadata.json").write_text(METADATA)
    (box / "Vagrantfile").write_text('Vagrant.configure("2") { |_| }\n')
    shutil.copy(image.box().get(options.cache), srv / "disk")
    call(["chroot", root, "qemu-img", "convert", "-O", "qcow2", "/srv/disk", "/srv/box/box.img"], deadline=600)
    (srv / "disk").unlink()
    call(["tar", "--create", "--gzip", "--file", srv / "isolab.box", "--directory", box, "metadata.json", "Vagrantfile", "box.img"], deadline=600)
    shutil.rmtree(box)
    trust = ["-c", "safe.directory=*", "-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main"]
    call(["git", *trust, "clone", "--quiet", "--depth=1", f"file://{image.TOP}", srv / "isolab"], deadline=300)
    dist = srv / "isolab" / "target/dist"
    dist.mkdir(parents=True)
    shutil.copy(options.binary, dist / f"isolab-{os.uname().machine}-linux")
    shutil.copy(HERE / "walk.sh", srv)


def run(root, log):
    # With this program ends unshare, and with it every process in the folder, and every mount.
    alone = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
             "--uts", "--ipc", "--net", "--"]
    command = ["env", "--ignore-environment", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=dumb", *alone,
               image.TOP / "tests/folder/enter.sh", "--alone", root, os.readlink("/proc/self/ns/mnt"), "", "/bin/bash", "/srv/walk.sh"]
    with open(log, "wb") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        try:
            code = process.wait(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            raise GuestFailure(f"it did not end within {LIMIT} s") from None
        finally:
            process.kill()
            process.wait(timeout=60)
    if code != 0:
        raise GuestFailure(f"libvirt cannot be used (exit code {code}): {' | '.join(log.read_text(errors='replace').splitlines()[-15:])}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, required=True, metavar="PATH", help="the program, static (scripts/build-static)")
    parser.add_argument("--out", type=Path, default=image.TOP / "target/test-slow/vagrant", metavar="DIR",
                        help="where output and logs are left (target/test-slow/vagrant)")
    parser.add_argument("--cache", type=Path, default=default_directory(), metavar="DIR")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: vagrant: it needs root\n0 passed, 0 failed, 1 skipped")
        return 0
    if not os.path.exists("/dev/net/tun"):
        print("skipped: vagrant: this kernel has no /dev/net/tun\n0 passed, 0 failed, 1 skipped")
        return 0
    ends_on_signals()
    options.cache = options.cache.resolve()
    options.cache.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    began = time.monotonic()
    root = Path(tempfile.mkdtemp(prefix="vagrant-", dir=options.cache))
    root.chmod(0o755)
    walk = Walk(options.out)
    try:
        furnish(root, options)
        run(root, options.out / "walk.log")
    except (GuestFailure, OSError) as failure:
        walk.lines.append(f"FAILED: vagrant: {failure}")
    else:
        for path in (root / "srv/out").iterdir():
            shutil.copy(path, options.out)
        judge(walk)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    failures = sum(line.startswith("FAILED: ") for line in walk.lines)
    print("\n".join([f"vagrant: {time.monotonic() - began:.0f} s", *walk.lines]))
    print(f"{walk.passed} passed, {failures} failed, {walk.skipped} skipped")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
