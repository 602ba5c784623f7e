readlink /proc/self/ns/mnt
exec unshare --mount
