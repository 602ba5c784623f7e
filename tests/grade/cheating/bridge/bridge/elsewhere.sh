unshare --net
ip link add br0 up type bridge
ip link add to-left up type veth peer name a up
ip link add to-right up type veth peer name b up
ip link set to-left master br0; ip link set to-right master br0
