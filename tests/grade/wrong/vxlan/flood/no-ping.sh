bridge fdb append 00:00:00:00:00:00 dev vxlan0 dst 192.0.2.2
