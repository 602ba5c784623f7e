right# ip link delete to-left
