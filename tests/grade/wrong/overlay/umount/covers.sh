mount -t tmpfs none merged
