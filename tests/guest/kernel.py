"""A Debian cloud kernel, unpacked into the cache and never installed, and the modules of it that a guest needs."""

import lzma
from pathlib import PurePosixPath

from archive import Tree
from cache import call, kept, need, say, scratch
from failure import GuestFailure

# The name on the command line, and the package that always depends on the newest kernel of that series.
SERIES = {"bookworm": "linux-image-cloud-amd64", "6.12": "linux-image-6.12-cloud-amd64"}

# What the lessons use, as module names; one that is built into a kernel is passed over.
LESSON_MODULES = (
    "overlay veth bridge br_netfilter vxlan dummy macvlan ipvlan tun "
    "nf_tables nft_chain_nat nft_masq nft_nat nft_ct nft_compat nf_conntrack_netlink ip_tables iptable_nat iptable_filter "
    "xt_MASQUERADE xt_conntrack xt_comment squashfs loop"
).split()
BOOT_MODULES = ["virtio_pci", "virtio_blk", "virtio_console"]


class Kernel:
    def __init__(self, directory):
        self.image = directory / "vmlinuz"
        self.release = (directory / "release").read_text().strip()
        self._modules = directory / "lib" / "modules" / self.release
        self._needs = dict(_dependencies(self._modules / "modules.dep"))
        self._builtin = {_name(line) for line in (self._modules / "modules.builtin").read_text().split()}

    def load_order(self, names):
        """The files of these modules and of all they depend on, in the order in which they can be inserted."""
        order = []
        for name in names:
            if name not in self._needs:
                if name not in self._builtin:
                    raise GuestFailure(f"kernel {self.release} has no module {name}")
                continue
            path, needed = self._needs[name]
            order += [file for file in [*reversed(needed), path] if file not in order]
        return order

    def module(self, file):
        data = (self._modules / file).read_bytes()
        return lzma.decompress(data) if file.endswith(".xz") else data

    def module_tree(self, names, scratch_in):
        """lib/modules with nothing but these modules, uncompressed and indexed, for `modprobe` in the guest."""
        with scratch(scratch_in, "modules-") as root:
            base = root / "lib" / "modules" / self.release
            for file in self.load_order(names):
                target = base / file.removesuffix(".xz")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self.module(file))
            for index in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
                (base / index).write_bytes((self._modules / index).read_bytes())
            call(["depmod", "-b", root, self.release], deadline=120)
            tree = Tree()
            tree.copy(root / "lib" / "modules", "modules")
            return tree


def obtain(series, cache):
    """The kernel of a series from the cache; fetched with the package client when it is not there yet."""
    return Kernel(kept(cache / f"kernel-{series}", lambda directory: _fetch(SERIES[series], directory)))


def _fetch(package, directory):
    need("apt-get", "apt-cache", "dpkg-deb", "depmod")
    real = _dependency_of(package)
    say(f"fetching {real}")
    with scratch(directory.parent, "kernel-") as work:
        call(["apt-get", "download", "--option=Acquire::Retries=3", real], deadline=900, cwd=work)
        call(["dpkg-deb", "-x", *work.glob("*.deb"), work / "all"], deadline=300)
        images = list((work / "all").glob("boot/vmlinuz-*"))
        if len(images) != 1:
            raise GuestFailure(f"{real} does not hold exactly one kernel")
        release = images[0].name.removeprefix("vmlinuz-")
        wanted = work / "wanted"
        (wanted / "lib" / "modules").mkdir(parents=True)
        images[0].rename(wanted / "vmlinuz")
        modules = [top / "lib" / "modules" / release for top in (work / "all", work / "all" / "usr")]
        next(path for path in modules if path.is_dir()).rename(wanted / "lib" / "modules" / release)
        call(["depmod", "-b", wanted, release], deadline=300)
        (wanted / "release").write_text(release + "\n")
        wanted.rename(directory)


def _dependency_of(package):
    for line in call(["apt-cache", "depends", package], deadline=120).splitlines():
        kind, _, name = line.strip().partition(": ")
        if kind == "Depends" and name.startswith("linux-image-"):
            return name
    raise GuestFailure(f"the package lists do not know {package} (has `apt-get update` been run?)")


def _dependencies(index):
    for line in index.read_text().splitlines():
        file, _, needed = line.partition(":")
        yield _name(file), (file, needed.split())


def _name(file):
    return PurePosixPath(file).name.partition(".ko")[0].replace("-", "_")
