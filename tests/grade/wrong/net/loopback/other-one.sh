right# ip link set lo up
