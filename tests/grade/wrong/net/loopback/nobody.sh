ip link set lo up
host# ip link set lo up
