ip address add 10.88.1.1/24 dev br0
right# ip address add 10.88.1.2/24 dev eth0
ping -c 1 10.88.1.2
