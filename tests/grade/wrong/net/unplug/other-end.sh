left# ip link set to-right down
