ipcmk -M 4095
