unshare --net
