unshare --mount
mount -t tmpfs tmpfs list
