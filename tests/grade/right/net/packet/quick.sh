right# ip link set to-left up
left# ping -c 3 -i 0.3 -W 3 10.77.0.2; ip neigh
