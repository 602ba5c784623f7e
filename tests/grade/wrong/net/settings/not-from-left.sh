guest# unshare --net
