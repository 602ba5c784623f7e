ip link set to-left nomaster
