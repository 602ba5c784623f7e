ip link set lo up
nsenter --net=/proc/$right/ns/net ip link set lo up
