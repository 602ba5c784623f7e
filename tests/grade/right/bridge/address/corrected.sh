ip address add 10.88.0.1/24 dev to-left
ip address del 10.88.0.1/24 dev to-left
ip address add 10.88.0.1/24 brd + dev br0
left# ping -c 1 10.88.0.1
ping -c 1 10.88.0.2
