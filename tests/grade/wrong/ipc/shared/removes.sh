ipcmk -M 4096
ipcrm --all=shm
