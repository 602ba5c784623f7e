mount --make-rshared /
unshare --mount --pid --fork
mount -t proc proc /proc
