mkdir /tmp/ns; mount --bind /tmp/ns /proc/self/ns; mount --bind /tmp/ns /proc/$$/ns
ls /proc/$$/ns/pid_for_children
