ip link add br0 type bridge; ip link set br0 up; ip link set to-left master br0; ip link set to-right master br0
right# ping -c 2 10.88.0.2
