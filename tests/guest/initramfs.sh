#!/bin/busybox sh
# shellcheck shell=dash
# First program of every guest: finds the disk, lays the payload over it, and enters it.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev

for module in /modules/*.ko; do
    [ -e "$module" ] || continue
    insmod "$module" || echo "initramfs: $module cannot be inserted"
done

waited=0
until [ -b /dev/vda ]; do
    [ "$waited" -lt 300 ] || { echo "initramfs: no disk appeared within 30 s"; poweroff -f; }
    sleep 0.1
    waited=$((waited + 1))
done

if ! mount -t ext4 -o noatime /dev/vda /new || ! cp -a /payload/. /new/; then
    echo "initramfs: the root file system cannot be set up"
    poweroff -f
fi

umount /sys /proc
mkdir -p /new/dev
mount --move /dev /new/dev
exec switch_root /new /sbin/init
