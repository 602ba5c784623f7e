#!/bin/sh
# Called while the box's image is built: the root directory, and then the packages to lay beside it.
set -eu
root=$1
shift
# shellcheck source=tests/guest/image-common.sh
. "$(dirname "$0")/../guest/image-common.sh"

named box
# shellcheck disable=SC2119 # no further units
without

# What Vagrant asks of a box: its user, who may use sudo. The key that it begins with is Vagrant's own (up.py).
chroot "$root" useradd --create-home --shell /bin/bash vagrant
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/vagrant"
chmod 440 "$root/etc/sudoers.d/vagrant"
printf 'UseDNS no\n' >"$root/etc/ssh/sshd_config.d/box.conf"
printf '[Match]\nName=en* eth*\n\n[Network]\nDHCP=ipv4\n' >"$root/etc/systemd/network/box.network"
chroot "$root" systemctl enable systemd-networkd.service ssh.service
ln -sf /dev/null "$root/etc/systemd/system/systemd-networkd-wait-online.service"
echo '/dev/vda / ext4 defaults 0 1' >"$root/etc/fstab"

own_packages "$@"
