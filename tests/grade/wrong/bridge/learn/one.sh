ip link set eth0 address 02:00:00:00:00:0a
ping -c 1 10.88.0.3
