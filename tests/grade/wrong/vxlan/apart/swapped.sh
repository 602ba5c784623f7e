left# ip addr add 10.77.0.3/24 dev eth0
right# ip addr add 10.77.0.2/24 dev eth0
host-a# ping -c 1 192.0.2.2
