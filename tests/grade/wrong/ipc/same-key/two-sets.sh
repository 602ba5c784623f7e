ipcmk -Q
ipcmk -S 2
