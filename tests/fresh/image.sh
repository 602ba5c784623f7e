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

own_packages "$@"
