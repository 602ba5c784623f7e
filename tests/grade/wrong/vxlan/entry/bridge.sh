bridge fdb add 02:00:00:00:00:03 dev vxlan0 master static
