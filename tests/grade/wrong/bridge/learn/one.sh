ip link set eth0 address aa:aa:aa:aa:aa:aa
ping -c 1 10.88.0.3
