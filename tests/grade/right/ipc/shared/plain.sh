ipcmk --shmem 4096
