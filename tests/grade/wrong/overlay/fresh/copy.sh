umount merged
mount -t tmpfs none merged; cp -a lower/. merged
