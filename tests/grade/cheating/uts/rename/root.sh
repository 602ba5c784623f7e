mkdir -p /tmp/root/proc/sys/kernel /tmp/root/bin; echo bird >/tmp/root/proc/sys/kernel/hostname
mount --bind /usr /tmp/root
chroot /tmp/root /bin/sh
