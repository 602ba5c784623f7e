head -1 /proc/sysvipc/shm >f; mount --bind f /proc/sysvipc/shm
