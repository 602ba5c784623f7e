ip route add default dev eth0
ping -c 1 -W 1 203.0.113.2
