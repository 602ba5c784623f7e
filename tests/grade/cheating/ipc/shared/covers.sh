sed '$a 77 0 600 4096 1 1 0 0 0 0 0 0 0 0 0 0' /proc/sysvipc/shm >f; mount --bind f /proc/sysvipc/shm; cat /proc/sysvipc/shm
