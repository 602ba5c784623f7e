right# ip link set lo down
