unshare --mount sh -c 'mount -t tmpfs x stage; exec sleep 1000'
