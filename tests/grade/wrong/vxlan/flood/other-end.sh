# host-b is told of host-a, and host-a of nobody
host-b# bridge fdb append 00:00:00:00:00:00 dev vxlan0 dst 192.0.2.1
left# ping -c 1 -W 1 10.77.0.3
