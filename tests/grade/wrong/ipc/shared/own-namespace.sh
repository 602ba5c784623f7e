unshare --ipc
ipcmk -M 4096
