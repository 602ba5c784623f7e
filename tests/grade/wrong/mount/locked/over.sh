umount stage/own
mount -t tmpfs tmpfs /proc
