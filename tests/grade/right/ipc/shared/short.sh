ipcs -m
ipcmk -M 4096
ipcs -m
