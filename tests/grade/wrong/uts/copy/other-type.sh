unshare --ipc
