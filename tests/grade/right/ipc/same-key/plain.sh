ipcmk --queue
ipcmk --semaphore 3
