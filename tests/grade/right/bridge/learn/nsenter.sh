ip link set eth0 addr aa:aa:aa:aa:aa:AA
nsenter --net=/proc/$right/ns/net ip link set eth0 addr ee:ee:ee:ee:ee:EE
ping -c 1 10.88.0.3
nsenter --net=/proc/$machine/ns/net bridge fdb show br br0
