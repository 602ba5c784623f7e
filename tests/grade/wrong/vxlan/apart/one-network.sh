# the bridges are joined through the cable: one Ethernet, and no overlay
left# ip addr add 10.77.0.2/24 dev eth0
right# ip addr add 10.77.0.3/24 dev eth0
host-a# ping -c 1 192.0.2.2; ip link set eth0 master br0
host-b# ip link set eth0 master br0
left# ping -c 1 10.77.0.3
