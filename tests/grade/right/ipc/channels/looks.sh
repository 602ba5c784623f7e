ipcs -m; cat shm/note
unshare -i
ipcs -m; cat shm/note
