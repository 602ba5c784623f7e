unshare --mount mount -t tmpfs tmpfs stage
