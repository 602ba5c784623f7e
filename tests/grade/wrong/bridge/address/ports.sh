ip address add 10.88.0.1/24 dev to-left
ip address add 10.88.0.1/24 dev to-right
ping -c 1 -W 1 10.88.0.2
