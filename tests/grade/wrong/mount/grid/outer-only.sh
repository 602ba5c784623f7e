outer# for k in shared slave private; do mount -t tmpfs none stage/$k/o; mount -t tmpfs none stage/$k/i; done
