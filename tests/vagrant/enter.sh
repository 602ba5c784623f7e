#!/bin/sh
# Makes a folder with a system the root of everything, in namespaces that nobody else is in, and runs a command there:
#   unshare --mount --pid --fork --net … enter.sh FOLDER MOUNT-NAMESPACE-OF-THE-HOST COMMAND…
# It has no network but its own loopback, and sees none of the machine's cgroups: libvirt would make some.
set -eu
folder=$1
host=$2
shift 2

if [ "$(readlink /proc/self/ns/mnt)" = "$host" ] || [ "$$" -ne 1 ]; then
    echo "enter.sh: not in namespaces of its own" >&2
    exit 125
fi

mount --bind "$folder" "$folder"
cd "$folder"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=755 dev dev
mkdir dev/pts dev/shm dev/net
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
for name in null zero full random urandom tty net/tun; do
    : >"dev/$name"
    mount --bind "/dev/$name" "dev/$name"
done
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd

pivot_root . mnt
cd /
umount --lazy /mnt
exec "$@"
