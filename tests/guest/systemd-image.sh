#!/bin/sh
# Called while the systemd guest's image is built, with the root directory of the new system.
set -eu
root=$1

echo lab >"$root/etc/hostname"
printf '127.0.0.1 localhost lab\n::1 localhost\n' >"$root/etc/hosts"
systemd-machine-id-setup --root="$root" >/dev/null 2>&1 || chroot "$root" systemd-machine-id-setup

# The student: may use sudo, has a range of sub-ids, and a user manager that runs without a login.
chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash student
echo 'student:100000:65536' >"$root/etc/subuid"
echo 'student:100000:65536' >"$root/etc/subgid"
echo 'student ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/student"
chmod 440 "$root/etc/sudoers.d/student"
mkdir -p "$root/var/lib/systemd/linger"
touch "$root/var/lib/systemd/linger/student"

# Nothing that only costs time in a machine that lives for a minute.
for unit in \
    getty@tty1.service serial-getty@ttyS0.service getty.target \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer e2scrub_reap.service \
    systemd-tmpfiles-clean.timer systemd-update-utmp.service systemd-update-utmp-runlevel.service \
    systemd-random-seed.service systemd-pstore.service nftables.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
mkdir -p "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\n' >"$root/etc/systemd/journald.conf.d/guest.conf"
