ipcmk -Q -S 3
