ip link set eth0 addr 02:00:00:00:00:0A
nsenter --net=/proc/$right/ns/net ip link set eth0 addr 02:00:00:00:00:0B
ping -c 1 10.88.0.3
nsenter --net=/proc/$machine/ns/net bridge fdb show br br0
