#!/bin/sh
# Sourced while an image is built: what all systems of the test guests have, in the root directory $root.
: "${root:?}"

# NAME: of the machine.
named() {
    echo "$1" >"$root/etc/hostname"
    printf '127.0.0.1 localhost %s\n::1 localhost\n' "$1" >"$root/etc/hosts"
    systemd-machine-id-setup --root="$root" >/dev/null 2>&1 || chroot "$root" systemd-machine-id-setup
}

# A person who may use sudo.
student() {
    chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash student
    echo 'student ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/student"
    chmod 440 "$root/etc/sudoers.d/student"
}

# [UNIT…]: nothing that only costs time in a machine that lives for some minutes, and not these units.
without() {
    for unit in \
        getty@tty1.service serial-getty@ttyS0.service \
        apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer e2scrub_reap.service \
        systemd-tmpfiles-clean.timer systemd-update-utmp.service systemd-update-utmp-runlevel.service \
        systemd-random-seed.service systemd-pstore.service "$@"; do
        ln -sf /dev/null "$root/etc/systemd/system/$unit"
    done
    mkdir -p "$root/etc/systemd/journald.conf.d"
    printf '[Journal]\nStorage=volatile\n' >"$root/etc/systemd/journald.conf.d/guest.conf"
}

# PACKAGE…: the machine has no network: its one source of packages lies on its own disk, and has only these and what they need.
own_packages() {
    mkdir -p "$root/srv/packages"
    APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get install --yes --quiet=2 --download-only --no-install-recommends "$@" >&2
    mv "$root"/var/cache/apt/archives/*.deb "$root/srv/packages/"
    (cd "$root/srv/packages" && apt-ftparchive packages . >Packages)
    echo 'deb [trusted=yes] file:/srv/packages ./' >"$root/etc/apt/sources.list"
    rm -f "$root"/etc/apt/sources.list.d/*
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/force-unsafe-io"
}
