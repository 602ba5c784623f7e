umount stage/own
umount /proc
