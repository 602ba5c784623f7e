ip a a 10.88.0.1/24 dev br0
ping -c 1 10.88.0.2; ip r
