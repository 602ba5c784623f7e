ip link set eth0 mtu 1422; ping -c 1 10.77.0.3
