ip route add default via 10.88.0.1 dev eth0
ping -c 1 -W 1 203.0.113.2
