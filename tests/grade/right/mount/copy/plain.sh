unshare --mount
