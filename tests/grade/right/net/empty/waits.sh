unshare --net
ip -br link
right# unshare --net sh -c 'ip link; exec sleep 1000'
