mkdir -p /tmp/net; mount --bind /proc/$web/ns /proc/self/ns; ip route flush table main
