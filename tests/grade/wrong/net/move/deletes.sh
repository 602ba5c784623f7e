ip link delete plug
