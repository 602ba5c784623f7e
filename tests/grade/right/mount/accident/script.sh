mount --make-rshared /
unshare -mpf --propagation unchanged sh -c 'mount -t proc none /proc; exec sleep 1000'
