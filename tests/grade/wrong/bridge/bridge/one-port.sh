ip link add br0 type bridge
ip link set br0 up
ip link set to-left master br0
left# ping -c 1 -W 1 10.88.0.3
