ip link set to-left nomaster
ip link set to-left master br0
ip link set to-right nomaster
left# ping -c 1 -W 1 10.88.0.3
