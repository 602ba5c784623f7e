ip address add 10.88.1.1/24 dev to-right
right# ip address add 10.88.1.2/24 dev eth0
ip link set to-right nomaster
ping -c 1 -W 4 10.88.1.2
