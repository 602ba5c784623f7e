unshare --mount mount -t tmpfs none /mnt
