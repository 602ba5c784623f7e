ip link add br0 type bridge
ip link set br0 up
ip link set to-right master br0
ip link set to-left master br0
nsenter --net=/proc/$left/ns/net ping -c 1 -W 5 10.88.0.3
