#!/bin/sh
# The busybox guest's way from an entered root file system to a machine that lessons can run on.
/usr/bin/busybox --install -s /usr/bin
export PATH=/usr/bin

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
ln -s /proc/self/fd /dev/fd
mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup

hostname -F /etc/hostname
ip link set lo up
while read -r module; do
    modprobe "$module" || echo "rc: $module cannot be loaded"
done </etc/modules
