ip route add 203.0.113.0/24 via 10.88.0.1
ping -c 1 -W 1 203.0.113.2
