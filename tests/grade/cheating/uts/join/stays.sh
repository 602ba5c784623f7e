echo robin >/tmp/robin; mount --bind /tmp/robin /proc/sys/kernel/hostname
mount --bind /proc/$box/ns/uts /tmp/robin
