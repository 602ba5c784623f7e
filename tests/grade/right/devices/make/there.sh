cd dev && mknod -m 600 hole c 0 0; mknod null c 1 3
