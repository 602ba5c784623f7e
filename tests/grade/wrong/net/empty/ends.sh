left# unshare --net ip link
right# unshare --net ip link
