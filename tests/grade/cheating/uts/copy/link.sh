ln -s 'uts:[1]' /tmp/uts; mount --bind /tmp/uts /proc/self/ns/uts
mount -t tmpfs none /proc
sleep 1
