#!/bin/sh
# Called while the image of the fresh system is built: the root directory, and then the packages to lay beside it.
set -eu
root=$1
shift
# shellcheck source=tests/guest/image-common.sh
. "$(dirname "$0")/../guest/image-common.sh"

named fresh
student
# shellcheck disable=SC2119 # no further units
without

echo 'student:student' | chroot "$root" chpasswd

# The machine has no network: its one source of packages lies on its own disk, and has only these and what they need.
mkdir -p "$root/srv/packages"
APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get install --yes --quiet=2 --download-only --no-install-recommends "$@" >&2
mv "$root"/var/cache/apt/archives/*.deb "$root/srv/packages/"
(cd "$root/srv/packages" && apt-ftparchive packages . >Packages)
echo 'deb [trusted=yes] file:/srv/packages ./' >"$root/etc/apt/sources.list"
rm -f "$root"/etc/apt/sources.list.d/*
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/force-unsafe-io"
