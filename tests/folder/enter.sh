#!/bin/sh
# Makes a folder with a system the root of everything, in namespaces that nobody else is in, and runs a command there:
#   unshare --mount --pid --fork … enter.sh [--alone] FOLDER MOUNT-NAMESPACE-OF-THE-HOST TOOLCHAIN COMMAND…
# With --alone, for which unshare needs --net, it has no network but its own loopback, and sees none of the machine's cgroups.
# TOOLCHAIN is a directory of this machine to be read in the folder as /opt/rust, or empty.
# A chroot would not do: the kernel makes no user namespace in one (user_namespaces(7), EPERM).
set -eu
alone=
if [ "$1" = --alone ]; then
    alone=yes
    shift
fi
folder=$1
host=$2
toolchain=$3
shift 3

if [ "$(readlink /proc/self/ns/mnt)" = "$host" ] || [ "$$" -ne 1 ]; then
    echo "enter.sh: not in namespaces of its own" >&2
    exit 125
fi

mount --bind "$folder" "$folder"
cd "$folder"
mount -t proc proc proc
mount -t tmpfs -o mode=755 dev dev
mkdir dev/pts dev/shm
devices='null zero full random urandom tty'
if [ -n "$alone" ]; then
    # Such a mount shows the network of whoever makes it, and no cgroups.
    mount -t sysfs sysfs sys
    mount -t tmpfs -o mode=755 run run
    mkdir dev/net
    devices="$devices net/tun"
else
    mount --rbind /sys sys
fi
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
for name in $devices; do
    : >"dev/$name"
    mount --bind "/dev/$name" "dev/$name"
done
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
if [ -n "$toolchain" ]; then
    mkdir -p opt/rust
    mount --bind -o ro "$toolchain" opt/rust
fi

pivot_root . mnt
cd /
umount --lazy /mnt
exec "$@"
