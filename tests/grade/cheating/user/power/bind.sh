unshare --user --map-root-user --mount
echo bird >/tmp/bird; mount --bind /tmp/bird /proc/sys/kernel/hostname; cat /proc/sys/kernel/hostname
