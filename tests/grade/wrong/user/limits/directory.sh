unshare --mount
ls stage
