right# ip addr add 10.77.0.2/24 brd + dev to-left
left# ip link set up dev to-right; ip addr add 10.77.0.1/24 broadcast 10.77.0.255 dev to-right
left# ip route
