unshare -p sh
