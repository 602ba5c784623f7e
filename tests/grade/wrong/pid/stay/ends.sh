unshare --pid true
