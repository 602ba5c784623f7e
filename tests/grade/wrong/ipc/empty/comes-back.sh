unshare --ipc true
