twin# for k in shared slave private; do mount -t tmpfs none stage/$k/i; done
outer# for k in shared slave private; do mount -t tmpfs none stage/$k/o; done
