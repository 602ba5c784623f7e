ip link set eth0 mtu 1450
ping -c 1 -W 1 -M do -s 1472 10.77.0.3
ping -c 1 -W 2 -M do -s 1422 10.77.0.3
