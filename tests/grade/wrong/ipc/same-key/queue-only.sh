ipcmk -Q
