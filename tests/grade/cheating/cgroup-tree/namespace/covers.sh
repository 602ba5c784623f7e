echo 0::/ >/tmp/own; mount --bind /tmp/own /proc/self/cgroup
