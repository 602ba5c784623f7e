ipcmk -S 3
ipcs -s
ipcmk -Q
