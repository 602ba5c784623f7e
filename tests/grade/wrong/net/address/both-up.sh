left# ip address add 10.77.0.1/24 dev to-right; ip link set to-right up
right# ip address add 10.77.0.2/24 dev to-left; ip link set to-left up
