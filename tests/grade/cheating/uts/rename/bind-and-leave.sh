echo bird >/tmp/bird; mount --bind /tmp/bird /proc/sys/kernel/hostname; exit
