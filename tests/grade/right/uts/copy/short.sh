unshare -u
