right# ip link set to-left up
left# ping -c 3 10.77.0.2
