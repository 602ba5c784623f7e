mount -t tmpfs none /sys; mkdir -p /sys/class/net/lo; mount --bind /proc/$right/ns/net /proc/$left/ns/net
right# mount -t tmpfs none /proc
