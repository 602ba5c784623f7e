left# ip address add 10.77.0.1 dev to-right
left# ip link set to-right up
right# ip address add 10.77.0.2 dev to-left
