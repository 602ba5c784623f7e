# neighbours written by hand, and a table entry: no frame was ever received
host-a# bridge fdb append 00:00:00:00:00:00 dev vxlan0 dst 192.0.2.2
left# ip neigh add 10.77.0.3 lladdr 02:00:00:00:00:03 dev eth0
right# ip neigh add 10.77.0.2 lladdr 02:00:00:00:00:02 dev eth0
host-b# bridge fdb add 02:00:00:00:00:02 dev vxlan0 dst 192.0.2.1
