ip address add 10.88.0.3/24 dev eth0
