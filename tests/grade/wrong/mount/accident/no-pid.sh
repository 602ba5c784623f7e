mount --make-rshared /
unshare --mount --propagation unchanged
mount -t proc proc /proc
