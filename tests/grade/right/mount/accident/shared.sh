mount -o rshared / || mount --make-rshared /
unshare -p -m --propagation shared --fork bash
mount none /proc -t proc
ls /proc | head -3
