nsenter --ipc=/proc/$writer/ns/ipc ipcmk -Q -S 3
