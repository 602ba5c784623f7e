mkdir -p /tmp/proc/sys/kernel /tmp/proc/self/ns; echo bird >/tmp/proc/sys/kernel/hostname
mount --bind /tmp/proc /proc
cat /proc/sys/kernel/hostname
