unshare --mount --pid --fork --propagation unchanged
mount -t proc proc /proc
