left# unshare --net
right# nsenter --target $left --net
