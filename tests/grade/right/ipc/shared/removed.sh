ipcmk -M 512
ipcrm --all=shm
ipcmk -M 4096
