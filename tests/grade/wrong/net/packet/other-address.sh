right# ip link set to-left up
left# ping -c 1 -W 1 10.77.0.3
