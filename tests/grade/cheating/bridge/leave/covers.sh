mkdir -p /tmp/ns; mount --bind /proc/$left/ns /proc/self/ns; mount --bind /proc/$left/net /proc/net
