bridge fdb append 02:00:00:00:00:03 dev vxlan0 dst 192.0.2.2 self permanent; bridge fdb show dev vxlan0; exit
