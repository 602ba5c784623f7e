nsenter --ipc=/proc/$reader/ns/ipc ipcmk -M 4096
