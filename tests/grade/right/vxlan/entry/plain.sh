bridge fdb add 02:00:00:00:00:03 dev vxlan0 dst 192.0.2.2
left# ping -c 1 -W 1 10.77.0.3
