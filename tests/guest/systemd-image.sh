#!/bin/sh
# Called while the systemd guest's image is built, with the root directory of the new system.
set -eu
root=$1
# shellcheck source=tests/guest/image-common.sh
. "$(dirname "$0")/image-common.sh"

named lab
student
without getty.target nftables.service

# The student has a range of sub-ids, and a user manager that runs without a login.
echo 'student:100000:65536' >"$root/etc/subuid"
echo 'student:100000:65536' >"$root/etc/subgid"
mkdir -p "$root/var/lib/systemd/linger"
touch "$root/var/lib/systemd/linger/student"
