umount /proc; cd stage && umount own
