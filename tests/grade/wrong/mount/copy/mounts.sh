mkdir -p x; mount -t tmpfs none x
