unshare --pid
