left# unshare --uts
right# unshare --ipc
