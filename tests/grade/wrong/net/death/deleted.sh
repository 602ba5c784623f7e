ip link delete to-right
