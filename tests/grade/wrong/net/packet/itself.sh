right# ip link set to-left up
left# ping -c 3 -i 0.3 10.77.0.1
