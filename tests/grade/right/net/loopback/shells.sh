ip link set lo up
right# ip link set lo up
