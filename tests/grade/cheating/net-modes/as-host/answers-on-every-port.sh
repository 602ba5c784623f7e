mkdir -p /tmp/ns; mount --bind /proc/$machine/ns/net /proc/self/ns/net; echo monitor here
