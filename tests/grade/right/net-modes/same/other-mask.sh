ip addr add 10.88.0.3/24 brd + dev eth0
ip addr
