sysctl -w net.ipv4.ip_forward=1
ip address add 10.88.0.1/24 dev to-left
ip address add 10.88.0.4/24 dev to-right
left# ping -c 1 -W 1 10.88.0.3
