left# unshare --net
