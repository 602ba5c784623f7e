ip address add 10.88.0.1 dev br0
ping -c 1 -W 1 10.88.0.2
