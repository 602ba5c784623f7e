ip link set dev eth0 mtu 1450; ping -c 1 -M want -s 1422 10.77.0.3 && ip link show eth0; exit
