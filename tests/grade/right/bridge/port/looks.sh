nsenter -t $right -n ip addr add 10.88.1.2/24 dev eth0
ip addr add 10.88.1.1/24 dev to-right
ping -c 1 -W 1 10.88.1.2; ip neigh; ip route
ip link set to-right nomaster && ping -c 1 -W 4 10.88.1.2
