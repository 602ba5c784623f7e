left# ping -c 1 -W 1 10.77.0.3
host-a# bridge fdb add 00:00:00:00:00:00 dev vxlan0 dst 192.0.2.2
left# ping -c 3 10.77.0.3; exit
